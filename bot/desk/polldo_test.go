package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"linli/bot"
	"linli/flows"
	"linli/flows/poll"
	"linli/prompts"
	"linli/prompts/local"
	"linli/storage"
)

// notes is a receiver that notes what it was given before it hands it on.
type notes struct {
	to   Receiver
	seen []string
}

func (n *notes) Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error) {
	text := in.Press
	if in.Kind == bot.Said {
		text = in.Message.Text
	}
	n.seen = append(n.seen, fmt.Sprintf("%s as %s: %s", in.Kind, in.As, text))
	return n.to.Receive(ctx, in)
}

func listening(t *testing.T) (*house, *notes) {
	n := &notes{}
	h := build(t, "", func(o *Options) { n.to, o.Receive = o.Receive, n })
	return h, n
}

func (h *house) newForm() string { h.n++; return strings.Repeat("0", 26) + itoa(100000+h.n) }

// A new poll is one line of text and presses; its preview is the page, and from there
// it is sent.
func TestNewPoll(t *testing.T) {
	h, n := listening(t)
	chen := h.session("chen")
	page := h.page("/desk/polls/new", chen)
	h.has(page, "3号楼", "全社区", `value="c"`, `value="sound"`, "datetime-local")
	form := url.Values{"form": {h.form(page)}, "text": {"要不要在楼前装充电桩？"}, "options": {"要\n不要\r\n 再商量 \n"}, "until": {"2026-03-13T20:00"}, "whom": {"b/3"},
		"force": {"opinion"}, "unit": {"person"}, "named": {"named"}}
	a := h.ask("POST", "/desk/polls", chen, form)
	if a.Status != 303 {
		t.Fatalf("%d %s\n%v", a.Status, a.Body, n.seen)
	}
	want := "said as chen: 要不要在楼前装充电桩？要/不要/再商量，3月13日20:00截止"
	if n.seen[0] != want {
		t.Errorf("handed over: %s", n.seen[0])
	}
	id := strings.TrimPrefix(a.Header.Get("Location"), "/desk/polls/")
	s := h.state(id)
	got := poll.State{Stage: s.Stage, Starter: s.Starter, Question: s.Question, Options: s.Options, Force: s.Force, Unit: s.Unit, Named: s.Named, Scope: s.Scope}
	if d := cmp.Diff(poll.State{Stage: poll.Preview, Starter: "chen", Question: "要不要在楼前装充电桩？", Options: []string{"要", "不要", "再商量"}, Force: flows.Opinion,
		Unit: flows.PerPerson, Named: true, Scope: flows.Scope{Building: "3"}}, got); d != "" {
		t.Error(d)
	}
	if want := time.Date(2026, 3, 13, 20, 0, 0, 0, h.current().Zone); !s.Until.Equal(want) {
		t.Errorf("until %s", s.Until)
	}
	again := h.ask("POST", "/desk/polls", chen, form)
	if again.Header.Get("Location") != a.Header.Get("Location") {
		t.Errorf("the same form once more: %d %s", again.Status, again.Header.Get("Location"))
	}
	page = h.page("/desk/polls/"+id, chen)
	h.has(page, "还没发", "协商意见", "每人一票", "记名", "发给3号楼")
	h.ask("POST", "/desk/polls/"+id, chen, url.Values{"form": {h.newForm()}, "choice": {"send"}})
	if s := h.state(id); s.Stage != poll.Open {
		t.Errorf("after send it is %s", s.Stage)
	}
	h.has(h.page("/desk/polls/"+id, h.session("zheng")), "征询中", "陈社区")
}

// A poll of a grid and of the whole community is asked of them, also by who has
// other posts.
func TestNewPollOfAGrid(t *testing.T) {
	h, n := listening(t)
	grid := h.current().Grids[0].ID
	a := h.ask("POST", "/desk/polls", h.session("chen"), url.Values{"form": {h.newForm()}, "text": {"周末办不办邻里节"}, "options": {"办\n不办"}, "until": {"2026-03-20T18:30"}, "whom": {"g/" + grid}})
	if a.Status != 303 {
		t.Fatalf("%d %v\n%s", a.Status, n.seen, a.Body)
	}
	s := h.state(strings.TrimPrefix(a.Header.Get("Location"), "/desk/polls/"))
	if s.Scope != (flows.Scope{Grid: grid}) || s.Question != "周末办不办邻里节？" {
		t.Errorf("%+v", s)
	}
}

// What is not complete is said, what was put in stays, and nothing is handed over.
func TestNewPollThatIsNotComplete(t *testing.T) {
	h, n := listening(t)
	li := h.session("li")
	good := url.Values{"text": {"要不要换门禁"}, "options": {"换\n不换"}, "until": {"2026-03-13T20:00"}, "whom": {"b/3"}}
	for field, bad := range map[string][]string{
		"text": {"", "？", "要不要？还是不要？", strings.Repeat("长", 101)}, "options": {"换", "换/不换\n都行", "好，行\n不好", strings.Repeat("长", 21) + "\n不换"},
		"until": {"", "明天", "2026-03-11T09:00"}, "whom": {"", "c", "b/9", "b/77", "g/g3"},
	} {
		for _, v := range bad {
			form := url.Values{"form": {h.newForm()}}
			for k, x := range good {
				form[k] = x
			}
			form.Set(field, v)
			a := h.ask("POST", "/desk/polls", li, form)
			if a.Status != 422 || !strings.Contains(a.Body, `role="alert"`) {
				t.Errorf("%s %q: %d", field, v, a.Status)
			}
			if field != "options" {
				h.has(a.Body, "换\n不换</textarea>")
			}
		}
	}
	h.update(func(tx storage.Tx) error {
		p, err := tx.Person("li")
		if err != nil {
			return err
		}
		p.Expect = storage.Expect{Case: "other", Tag: "reason", Until: h.clock.Now().Add(time.Minute)}
		return tx.PutPerson(p)
	})
	good.Set("form", h.newForm())
	h.has(h.ask("POST", "/desk/polls", li, good).Body, "邻里在聊天里问了您一句")
	if len(n.seen) > 0 {
		t.Errorf("handed over: %v", n.seen)
	}
}

// A list shows everybody who chose what, so it is offered where that was announced, and
// for what decides nothing.
func TestWhereAListIsOffered(t *testing.T) {
	h, _ := listening(t)
	for id, c := range map[string]struct {
		change func(*poll.State)
		want   bool
	}{
		"named":    {func(s *poll.State) { s.Named = true }, true},
		"secret":   {func(s *poll.State) {}, false},
		"disputed": {func(s *poll.State) { s.Named, s.Disputed = true, true }, false},
		"persons":  {func(s *poll.State) { s.Named, s.Unit = true, flows.PerPerson }, false},
		"assembly": {func(s *poll.State) { s.Named, s.Force = true, flows.Assembly }, false},
	} {
		h.poll(id, c.change)
		page := h.ask("GET", "/desk/polls/"+id, h.session("chen"), nil).Body
		for _, choice := range []string{"chain", "disputed"} {
			if got := strings.Contains(page, `value="`+choice+`"`); got != c.want {
				t.Errorf("%s: %s is offered: %t", id, choice, got)
			}
		}
	}
}

// The line that the form makes is read as what was put in.
func TestSentenceIsReadAsMeant(t *testing.T) {
	h := build(t, "", nil)
	s, r := h.current(), local.New()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SampledFrom([]string{"要不要在楼前装充电桩", "楼道什么时候刷白好", "周末办不办邻里节", "电动车棚放哪里", "Shall we plant roses"}).Draw(rt, "text")
		options := rapid.SampledFrom([][]string{nil, {"要", "不要"}, {"要", "不要", "再商量"}, {"楼东头", "楼西头", "地下车库", "都不要"}, {"Yes", "No"}}).Draw(rt, "options")
		until := h.clock.Now().Add(time.Duration(rapid.IntRange(3*60, 30*24*60).Draw(rt, "minutes")) * time.Minute).Truncate(time.Minute)
		line := sentence(s, text, options, until, h.clock.Now())
		got := r.Read(line, prompts.Context{At: h.clock.Now(), Direct: true, Settings: s})
		if got.Poll == nil {
			rt.Fatalf("%q is no poll", line)
		}
		if strings.TrimRight(got.Poll.Question, "？") != text || !got.Poll.Until.Equal(until) || cmp.Diff(options, got.Poll.Options) != "" {
			rt.Errorf("%q is read as %+v, want %s until %s", line, *got.Poll, options, until)
		}
	})
}

// Buttons are presses of the visitor; one with a sentence says it where it was asked for.
func TestButtonsOfAPoll(t *testing.T) {
	h, n := listening(t)
	h.poll("p1", nil)
	li := h.session("li")
	press := func(choice string, more ...string) answer {
		form := url.Values{"form": {h.newForm()}, "choice": {choice}}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return h.ask("POST", "/desk/polls/p1", li, form)
	}
	h.has(press("extend", "extend", "3", "text", " ").Body, "没有延长")
	if a := press("extend", "extend", "30", "text", "人少"); a.Status != 400 {
		t.Errorf("by thirty days: %d", a.Status)
	}
	for _, choice := range []string{"v!=A", "v!", "slip!=3/1/501;A;paper;;", "open", "force=else", "p2/send", "", "scope=", "extend=2", "send=1"} {
		if a := press(choice); a.Status != 400 {
			t.Errorf("%q: %d", choice, a.Status)
		}
	}
	if len(n.seen) > 0 {
		t.Fatalf("handed over: %v", n.seen)
	}
	was := h.state("p1").Until
	page := press("extend", "extend", "3", "text", "周末出差的多").Body
	if d := cmp.Diff([]string{"pressed as li: p1/extend=3", "said as li: 周末出差的多"}, n.seen); d != "" {
		t.Error(d)
	}
	if s := h.state("p1"); s.Moved != 1 || s.Why != "周末出差的多" || !s.Until.Equal(was.AddDate(0, 0, 3)) {
		t.Errorf("moved %d times to %s because of %q", s.Moved, s.Until, s.Why)
	}
	h.has(page, "延长过一次", "周末出差的多")
	h.hasNot(page, `value="extend"`)
	n.seen = nil
	press("extend", "extend", "1", "text", "再等等")
	if len(n.seen) != 1 || h.state("p1").Moved != 1 {
		t.Errorf("moved once more: %v", n.seen)
	}
	press("then", "text", "议事会接着谈")
	if h.state("p1").Then != "议事会接着谈" {
		t.Error("what happens next was not kept")
	}
	press("hush")
	if !h.state("p1").Hushed {
		t.Error("the turnout is still shown")
	}
	h.has(press("stop", "text", "问错了").Body, "已撤回，没有计票")
	if s := h.state("p1"); !s.Stopped || s.Why != "问错了" {
		t.Errorf("%+v", s)
	}
}

// A sentence that nobody waits for is not said: it would be heard as something else.
func TestSentenceThatIsNotAskedFor(t *testing.T) {
	h, n := listening(t)
	h.poll("p1", nil)
	h.update(func(tx storage.Tx) error { // nobody can ask them
		p, err := tx.Person("li")
		p.Reach = nil
		return errors.Join(err, tx.PutPerson(p))
	})
	a := h.ask("POST", "/desk/polls/p1", h.session("li"), url.Values{"form": {h.newForm()}, "choice": {"then"}, "text": {"议事会接着谈"}})
	h.has(a.Body, "这一句没有记下")
	if d := cmp.Diff([]string{"pressed as li: p1/then"}, n.seen); d != "" {
		t.Error(d)
	}
}

// What cannot be sent is not said to have been.
func TestPollThatIsNotSent(t *testing.T) {
	h, _ := listening(t)
	h.poll("p1", func(s *poll.State) {
		s.Stage, s.Sent, s.Starter, s.Options = poll.Preview, time.Time{}, "chen", []string{"要"}
	})
	a := h.ask("POST", "/desk/polls/p1", h.session("chen"), url.Values{"form": {h.newForm()}, "choice": {"send"}})
	h.has(a.Body, "还没有发出去")
	h.hasNot(a.Body, "发出去了。")
}

// A preview is changed by presses, and is gone when it is dropped.
func TestPreviewAtTheDesk(t *testing.T) {
	h, _ := listening(t)
	h.poll("p1", func(s *poll.State) { s.Stage, s.Sent, s.Starter = poll.Preview, time.Time{}, "chen" })
	chen := h.session("chen")
	form := func(v url.Values) answer { v.Set("form", h.newForm()); return h.ask("POST", "/desk/polls/p1", chen, v) }
	form(url.Values{"choice": {"force"}, "force": {"opinion"}})
	form(url.Values{"choice": {"scope"}, "scope": {"c"}})
	form(url.Values{"choice": {"named"}})
	if s := h.state("p1"); s.Force != flows.Opinion || s.Scope != flows.Everywhere || !s.Named {
		t.Errorf("%+v", s)
	}
	h.has(form(url.Values{"choice": {"drop"}}).Body, "好，不发了", "正在征询")
	if a := h.get("/desk/polls/p1", chen); a.Status != 404 {
		t.Errorf("a dropped preview: %d", a.Status)
	}
}

// Two people put a paper vote in; neither sees what the other has put in, and a list
// says for which households it is half done and which have voted.
func TestSlipsAtTheDesk(t *testing.T) {
	h, n := listening(t)
	h.poll("p1", nil)
	enter := func(who flows.PersonID, more ...string) answer {
		form := url.Values{"form": {h.newForm()}, "building": {"3"}, "unit": {"1"}, "room": {"501"}, "option": {"B"}, "way": {"paper"}, "day": {"2026-03-11"}}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return h.ask("POST", "/desk/polls/p1/slips", h.session(who), form)
	}
	for field, bad := range map[string][]string{"building": {"", "3/1", "3;A"}, "room": {"", "501;B;paper", "5 01", "1=2"}, "unit": {"1/2"}, "option": {"", "D", "a", "A;B"}, "way": {"", "tap", "web"}, "day": {"昨天", "2026-3-1"}, "proxy-room": {"5;0"}} {
		for _, v := range bad {
			h.has(enter("chen", field, v).Body, `role="alert"`)
		}
	}
	if len(n.seen) > 0 {
		t.Fatalf("handed over: %v", n.seen)
	}
	first := enter("chen")
	if d := cmp.Diff([]string{"pressed as chen: p1/slip!=3/1/501;B;paper;2026-03-11;"}, n.seen); d != "" {
		t.Error(d)
	}
	h.has(first.Body, "1-501 <small>您录的", "另一位")
	mine, other := h.page("/desk/polls/p1/slips", h.session("chen")), h.page("/desk/polls/p1/slips", h.session("zheng"))
	h.has(mine, "1-501 <small>您录的")
	h.has(other, "1-501</li>")
	h.hasNot(other, "1-501 <small>您录的", "1-501 <small>纸质")
	h.has(h.page("/desk/polls/p1", h.session("zheng")), "1户等第二个人")
	second := enter("zheng")
	h.has(second.Body, "1-501 <small>纸质", "1/96户")
	h.hasNot(h.page("/desk/polls/p1", h.session("zheng")), "等第二个人")
	n.seen = nil
	enter("chen", "room", "502", "way", "phone", "day", "", "proxy-building", "3", "proxy-unit", "1", "proxy-room", "601")
	if n.seen[0] != "pressed as chen: p1/slip!=3/1/502;B;phone;;3/1/601" {
		t.Errorf("handed over: %v", n.seen)
	}
	h.poll("p2", func(s *poll.State) { s.Stage, s.Outcome = poll.Closed, &poll.Outcome{Voters: 9, Votes: []int{9, 0, 0}} })
	h.has(h.page("/desk/polls/p2/slips", h.session("chen")), "征询已经结束")
	h.poll("p3", func(s *poll.State) { s.Unit = flows.PerPerson })
	h.update(func(tx storage.Tx) error {
		return tx.PutEntry("p3", flows.Entry{Key: "r7", Tag: poll.Tag("A", "3"), Data: flows.Data(poll.Vote{Choice: "A", By: "r7"})})
	})
	page := h.page("/desk/polls/p3/slips", h.session("chen"))
	h.has(page, "不按户列出")
	h.hasNot(page, "r7")
}

// The votes of owners are listed by the households they own.
func TestVotersWhoOwnSeveral(t *testing.T) {
	h := build(t, "", nil)
	h.change(func(s *flows.Settings) {
		s.Households = []flows.Household{{Building: "3", Unit: "1", Room: "101", Area: 9000, Owner: "yan"}, {Building: "3", Unit: "2", Room: "1201", Area: 9000, Owner: "yan"}, {Building: "3", Unit: "1", Room: "201", Area: 9000}}
	})
	h.poll("p1", func(s *poll.State) { s.Unit = flows.PerOwner })
	h.update(func(tx storage.Tx) error {
		return tx.PutEntry("p1", flows.Entry{Key: "o/yan", Tag: poll.Tag("A", "3"), Data: flows.Data(poll.Vote{Choice: "A", How: poll.Paper})})
	})
	page := h.page("/desk/polls/p1/slips", h.session("chen"))
	h.has(page, "1-101 <small>纸质", "2-1201 <small>纸质")
	h.hasNot(page, "1-201", "yan")
}

// Codes are made when the forms are asked for, not when the page is looked at.
func TestPaperForms(t *testing.T) {
	h := build(t, "", nil)
	var scopes []flows.Scope
	h.desk.o.HomeCodes = func(_ context.Context, o flows.Scope) (map[flows.Place]string, error) {
		scopes = append(scopes, o)
		return map[flows.Place]string{{Building: "3", Unit: "1", Room: "501"}: "AAAAA-BBBBB"}, nil
	}
	h.poll("p1", nil)
	li := h.session("li")
	h.has(h.page("/desk/polls/p1", li), "/desk/polls/p1/paper")
	h.has(h.page("/desk/polls/p1/paper", li), `method="post"`)
	if len(scopes) > 0 {
		t.Error("looking at the page makes codes")
	}
	a := h.ask("POST", "/desk/polls/p1/paper", li, url.Values{})
	if a.Body != "1 forms of p1" || len(scopes) != 1 || scopes[0] != (flows.Scope{Building: "3"}) {
		t.Errorf("%q for %v", a.Body, scopes)
	}
	h.has(h.page("/desk/polls/p1", li), "打印了带码的表")
	if h.ask("POST", "/desk/polls/p1/paper", li, url.Values{}); strings.Count(h.page("/desk/polls/p1", li), "打印了带码的表") != 2 {
		t.Error("the journal does not say each time that the codes were printed")
	}
	scopes = scopes[:1]
	h.poll("p2", func(s *poll.State) { s.Stage = poll.Closed })
	if a := h.ask("POST", "/desk/polls/p2/paper", li, url.Values{}); a.Status != 404 || len(scopes) != 1 {
		t.Errorf("of a poll that is over: %d", a.Status)
	}
}

// What is kept for good can be taken along when there is a result, and only then.
func TestArchiveOfAPoll(t *testing.T) {
	h := build(t, "", nil)
	li := h.session("li")
	for stage, want := range map[string]int{poll.Preview: 404, poll.Open: 404, poll.Counting: 404, poll.Result: 200, poll.Closed: 200} {
		h.poll("of-"+stage, func(s *poll.State) {
			s.Stage = stage
			if want == 200 {
				s.Outcome = &poll.Outcome{At: h.clock.Now(), Votes: []int{5, 5, 5}, Voters: 15}
			}
		})
		a := h.get("/desk/polls/of-"+stage+"/archive", li)
		if a.Status != want {
			t.Errorf("%s: %d", stage, a.Status)
		}
		if want == 200 && (a.Body != "PK of of-"+stage || a.Header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(a.Header.Get("Content-Disposition"), `attachment; filename="poll-000`)) {
			t.Errorf("%s: %v %q", stage, a.Header, a.Body)
		}
		if link := strings.Contains(h.page("/desk/polls/of-"+stage, li), "/archive"); link != (want == 200) {
			t.Errorf("%s: a link to the archive: %v", stage, link)
		}
	}
	h.poll("stopped", func(s *poll.State) { s.Stage, s.Stopped = poll.Closed, true })
	if a := h.get("/desk/polls/stopped/archive", li); a.Status != 404 {
		t.Errorf("taken back: %d", a.Status)
	}
	h.desk.o.Archive = func(_ context.Context, _ flows.ID, w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return io.ErrShortWrite
	}
	if a := h.get("/desk/polls/of-result/archive", li); a.Status != 500 || strings.Contains(a.Body, "half") {
		t.Errorf("one that cannot be made: %d %q", a.Status, a.Body)
	}
}

// English for who reads English.
func TestPollsInEnglish(t *testing.T) {
	h := build(t, "", nil)
	h.poll("p1", nil)
	h.update(func(tx storage.Tx) error { return tx.PutPerson(storage.Person{ID: "evil", Lang: "en"}) })
	token := h.session("evil")
	h.has(h.page("/desk/polls/p1", token), "one vote a household", "A sounding, not a vote")
	h.has(h.page("/desk/polls", token), "New poll", "0/96 households answered")
	h.has(h.page("/desk/polls/p1/slips", token), "Two people put each vote in")
}
