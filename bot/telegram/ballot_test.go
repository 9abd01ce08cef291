package telegram

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/telegram/fake"
	"linli/flows"
	"linli/flows/flowstest"
)

func charging() *bot.Poll {
	return &bot.Poll{Question: "要不要在楼前装充电桩？", Options: []string{"要", "0412", `["不要"]`}}
}

// A poll of Telegram's own is regular, tells who votes, and takes one option.
func TestBallotSent(t *testing.T) {
	s, _, group := known(t)
	page := [][]bot.Button{{{Label: "匿名答", URL: "https://linli.example/poll/1"}}}
	ref, err := s.tg.Send(t.Context(), group, bot.Message{Poll: charging(), Buttons: page, Silent: true, Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	m := s.server.Sent(number(t, group))[0]
	if p := m.Poll; p == nil || ref != "1!"+p.ID || p.Anonymous || p.Multiple || p.Closed || p.Question != charging().Question || !slices.Equal(p.Options, charging().Options) {
		t.Fatalf("the poll %s is %+v", ref, m.Poll)
	}
	if !m.Silent || fmt.Sprint(m.Buttons) != "[[{匿名答  https://linli.example/poll/1}]]" || m.Text != "" {
		t.Errorf("sent %+v", m)
	}
	if c := s.server.Calls("sendPoll")[0]; c.Params["type"] != "regular" || c.Params["is_anonymous"] != "false" || c.Params["correct_option_id"] != "" || !c.JSON {
		t.Errorf("called with %v", c.Params)
	}
	if _, err := s.tg.Send(t.Context(), group, bot.Message{Edit: ref, StopPoll: true, Buttons: page}); err != nil {
		t.Fatal(err)
	}
	if m := s.server.Sent(number(t, group))[0]; !m.Poll.Closed || len(m.Buttons) != 1 {
		t.Errorf("ended as %+v", m)
	}
	if n := len(s.server.Sent(number(t, group))); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// In a forum a poll stands in its topic, and its reference says so.
func TestBallotInTopic(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	g := s.server.AddGroup("3号楼群")
	g.Forum = true
	topic := g.Topic(wang, "议事")
	near := "9@" + strconv.FormatInt(topic, 10)
	ref, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{Poll: charging(), Near: near})
	if err != nil {
		t.Fatal(err)
	}
	m := s.server.Sent(g.ID)[0]
	if want := fmt.Sprintf("%d!%s@%d", m.ID, m.Poll.ID, topic); ref != want || m.Topic != topic {
		t.Errorf("the reference is %q in topic %d, want %q", ref, m.Topic, want)
	}
	if id, in, ok := parseRef(ref); !ok || int64(id) != m.ID || int64(in) != topic {
		t.Errorf("read as %d in %d", id, in)
	}
	// What is said near it lands beside it, also after it was closed.
	if near, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{Text: "已有人答", Near: ref}); err != nil || !strings.HasSuffix(near, "@"+strconv.FormatInt(topic, 10)) {
		t.Errorf("near it: %q, %v", near, err)
	}
	g.CloseTopic(topic)
	if ref, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{Poll: charging(), Near: near}); err != nil || strings.Contains(ref, "@") {
		t.Errorf("into a closed topic: %q, %v", ref, err)
	}
	if _, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{Edit: ref, StopPoll: true}); err != nil {
		t.Errorf("its end in a closed topic: %v", err)
	}
}

// What goes wrong with a poll is said as of every other message; that it has ended
// already is not wrong.
func TestBallotErrors(t *testing.T) {
	s, _, group := known(t)
	kicked := s.server.AddGroup("踢了")
	kicked.Kick(s.server.AddUser("群主"))
	old := s.server.AddGroup("旧")
	next := old.Migrate(s.server.AddUser("群主"))
	send := func(to string, m bot.Message) error {
		t.Helper()
		_, err := s.tg.Send(t.Context(), to, m)
		return err
	}
	question := bot.Message{Poll: charging()}
	ref, err := s.tg.Send(t.Context(), group, question)
	if err != nil {
		t.Fatal(err)
	}
	end := bot.Message{Edit: ref, StopPoll: true}
	for _, m := range []bot.Message{question, end} {
		var (
			busy    bot.Busy
			gone    bot.Gone
			moved   bot.Moved
			refused bot.Refused
		)
		method := "sendPoll"
		if m.StopPoll {
			method = "stopPoll"
		}
		s.server.Fail(method, 1, fake.TooMany(17))
		if err := send(group, m); !errors.As(err, &busy) || busy.After != 17*time.Second {
			t.Errorf("%s, 429: %v", method, err)
		}
		if err := send(address(kicked.ID), m); !errors.As(err, &gone) {
			t.Errorf("%s, kicked: %v", method, err)
		}
		if err := send("-100424242", m); !errors.As(err, &gone) {
			t.Errorf("%s, nowhere: %v", method, err)
		}
		if err := send(address(old.ID), m); !errors.As(err, &moved) || moved.Address != address(next.ID) {
			t.Errorf("%s, moved: %v", method, err)
		}
		s.server.Fail(method, 1, fake.Refuse(400, "Bad Request: not enough rights to send polls to the chat"))
		if err := send(group, m); !errors.As(err, &refused) || !strings.Contains(refused.Why, "请群主") {
			t.Errorf("%s, no rights: %v", method, err)
		}
		for _, f := range []fake.Fault{fake.BadGateway, fake.CloseBefore, fake.Garbage, fake.Refuse(500, "Internal Server Error")} {
			s.server.Fail(method, 1, f)
			if err := send(group, m); err == nil || errors.As(err, &refused) || errors.As(err, &gone) || errors.As(err, &busy) {
				t.Errorf("%s, an end that is not known: %v", method, err)
			}
		}
	}
	for what, m := range map[string]bot.Message{"ended": end, "never was": {Edit: "4711!5", StopPoll: true}, "once more": end} {
		if err := send(group, m); err != nil {
			t.Errorf("the end of one that %s: %v", what, err)
		}
	}
	text, err := s.tg.Send(t.Context(), group, bot.Message{Text: "别的"})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(group, bot.Message{Edit: text, StopPoll: true}); err != nil {
		t.Errorf("the end of what is no poll: %v", err)
	}
	refused := bot.Refused{}
	if err := send(group, bot.Message{Edit: "wx-1", StopPoll: true}); !errors.As(err, &refused) {
		t.Errorf("the end of another channel's: %v", err)
	}
}

// asking is a flow that asks "#question/option/option" in the group where it was said,
// and shows the count with the button "end".
func asking(t *testing.T) flows.Flow {
	words := flowstest.Words("ask: '{{.q}}'\nresult: '{{.q}}：{{.n}}人答'\nvoted: '收到'\nopen: '在这里答'\nask-private: '私下答'\n")
	f, err := flows.Define("asking", words, func(_ string, s asked, e flows.Event) (asked, []flows.Effect) {
		group := flows.To{Chat: s.Chat}
		switch w := e.What.(type) {
		case flows.Opened:
			parts := strings.Split(strings.TrimPrefix(w.Said.Message.Text, "#"), "/")
			s = asked{Stage: "open", Chat: e.Chat.ID, Question: parts[0], Options: parts[1:]}
			return s, []flows.Effect{s.say()}
		case flows.Chose:
			if w.Choice == "end" {
				s.Stage = "over"
				n := 0
				chart := &flows.Chart{}
				for i := range s.Options {
					l := string(rune('A' + i))
					n += e.Counts["v/"+l]
					chart.Bars = append(chart.Bars, flows.Bar{Label: l, N: e.Counts["v/"+l]})
				}
				vars := flows.Vars{"q": flows.Text(s.Question), "n": flows.Num(n)}
				return s, []flows.Effect{
					flows.Say{To: group, Class: flows.Notice, Words: "result", Vars: vars, Slot: "vote", Reply: true},
					flows.Say{To: group, Class: flows.Notice, Words: "result", Vars: vars, Chart: chart, Reply: true},
				}
			}
			put := flows.Put{Entry: flows.Entry{Key: string(e.By.Person), Tag: "v/" + w.Value}, Delete: w.Value == ""}
			return s, []flows.Effect{put, s.say(), flows.Say{Words: "voted", Class: flows.Personal, Toast: true}}
		}
		return s, nil
	}, func(e flows.Event) []flows.Effect {
		w := e.What.(flows.Said)
		if !strings.HasPrefix(w.Message.Text, "#") {
			return nil
		}
		return []flows.Effect{flows.Open{Flow: "asking", Said: &w}}
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

type asked struct {
	Stage    string
	Chat     flows.ChatID
	Question string
	Options  []string
}

func (s asked) Summary() flows.Summary {
	return flows.Summary{Stage: s.Stage, Numbered: true, Done: s.Stage == "over"}
}

func (s asked) say() flows.Say {
	return flows.Say{To: flows.To{Chat: s.Chat}, Class: flows.Notice, Words: "ask", Vars: flows.Vars{"q": flows.Text(s.Question)}, Slot: "vote", Reply: true,
		Ballot:  &flows.Ballot{Words: "ask", Options: s.Options, Choice: "v!"},
		Buttons: []flows.Button{{Words: "open", Choice: "v!=A"}, {Words: "ask-private", Link: "private"}, {Words: "open", Link: "page"}}}
}

// The whole of it: a question becomes a poll, people vote, change their minds and take
// it back, some of them unknown and unreachable, an anonymous admin is nobody, and what
// is told again counts once; the end ends the poll and brings the picture.
func TestWholeBallot(t *testing.T) {
	w := newTown(t, nil, asking(t))
	g := w.bound("3号楼群", "g-b3")
	wang, zhang, lin, gao := w.known("王阿姨"), w.person("张大爷", ""), w.person("小林", ""), w.person("高叔", "")
	w.log = nil
	w.say(wang, g.ID, "#要不要装充电桩？/要/不要")
	w.went("> 王阿姨@3号楼群: #要不要装充电桩？/要/不要",
		`< 3号楼群: （投票）要不要装充电桩？[{"text":"要"},{"text":"不要"}] [私下答]→`)
	sent := w.server.Sent(g.ID)
	poll := sent[len(sent)-1]
	vote := func(u *fake.User, options ...int) int64 {
		t.Helper()
		update, err := w.server.Vote(u, g.ID, poll.ID, options...)
		if err != nil {
			t.Fatal(err)
		}
		return update
	}
	calls := len(w.server.Calls(""))
	first := vote(wang, 0)
	vote(zhang, 1)
	vote(zhang, 0) // changes it
	vote(lin, 1)
	vote(gao, 1)
	vote(gao) // takes it back
	if _, err := w.server.VoteAs(g.ID, "3号楼群", g.ID, poll.ID, 1); err != nil {
		t.Fatal(err)
	}
	w.server.Again(first)
	w.pass(time.Minute)
	w.went("< 王阿姨: 收到", "< 王阿姨: 收到") // told again under another number it is the same vote once more; the others cannot be written to
	for _, c := range w.server.Calls("")[calls:] {
		if c.Chat == g.ID {
			t.Errorf("a vote led to %s in the group", c.Method)
		}
	}
	id, ok := caseOf(w, poll)
	if !ok {
		t.Fatal("the poll has no button to the private chat")
	}
	w.forge(wang, g.ID, poll.ID, id+"/end")
	w.pass(time.Minute)
	log := w.log
	if len(log) < 3 || !slices.Contains(log, fmt.Sprintf("< 3号楼群 (投票结束): %d", poll.ID)) || !slices.Contains(log, "< 3号楼群: （照片）要不要装充电桩？：3人答") {
		t.Errorf("the end went\n%s", strings.Join(log, "\n"))
	}
	sent = w.server.Sent(g.ID)
	last := sent[len(sent)-1]
	if len(last.Photos) != 1 {
		t.Fatalf("the last message is %+v", last)
	}
	if img, err := png.Decode(bytes.NewReader(w.server.File(last.Photos[0]))); err != nil || img.Bounds().Dx() != 1080 {
		t.Errorf("its picture is none: %v", err)
	}
	if m := sent[len(sent)-2]; m.ID != poll.ID || !m.Poll.Closed || len(m.Edits) != 0 {
		t.Errorf("the poll is %+v", m)
	}
	if list, err := w.bot.Troubles(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("troubles %+v, %v", list, err)
	}
}

// caseOf gives the case that the button to the private chat is about.
func caseOf(w *town, m fake.Message) (id string, ok bool) {
	for _, row := range m.Buttons {
		for _, b := range row {
			if id, ok = strings.CutPrefix(b.URL, "https://t.me/"+w.server.Username+"?start=v"); ok {
				return id, true
			}
		}
	}
	return "", false
}
