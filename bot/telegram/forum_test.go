package telegram

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/bot/telegram/fake"
)

var errBusy = errors.New("store is busy")

func address(id int64) string { return strconv.FormatInt(id, 10) }

// What is said in a topic is answered in it, whatever it is answered with.
func TestTopics(t *testing.T) {
	voice := []bot.Photo{{Data: opus}}
	photo := []bot.Photo{{Data: jpeg}}
	two := []bot.Photo{{Data: jpeg}, {Data: jpeg}}
	type where struct{ Topic, ReplyTo int64 }
	for _, test := range []struct {
		name    string
		message bot.Message
		change  func(s *stage, g *fake.Group, topic int64)
		want    []where // of each message sent; topic 1 stands for the one of the test, reply 1 for the message in it
		ref     string  // its form
		why     string  // of a refusal
	}{
		{name: "an answer", message: bot.Message{Text: "好", Quote: "ref"}, want: []where{{1, 1}}, ref: "@"},
		{name: "an answer by a bare number", message: bot.Message{Text: "好", Quote: "bare"}, want: []where{{1, 1}}, ref: "@"},
		{name: "near it", message: bot.Message{Text: "好", Near: "ref"}, want: []where{{1, 0}}, ref: "@"},
		{name: "near a bare number", message: bot.Message{Text: "好", Near: "bare"}, want: []where{{0, 0}}},
		{name: "near what was said in no topic", message: bot.Message{Text: "好", Near: "general"}, want: []where{{0, 0}}},
		{name: "an answer elsewhere, near it", message: bot.Message{Text: "好", Quote: "wx-1", Near: "ref"}, want: []where{{1, 0}}, ref: "@"},
		{name: "near what is broken", message: bot.Message{Text: "好", Near: "31@x"}, want: []where{{0, 0}}},
		{name: "neither", message: bot.Message{Text: "好"}, want: []where{{0, 0}}},
		{name: "a photo", message: bot.Message{Text: "好", Photos: photo, Near: "ref"}, want: []where{{1, 0}}, ref: "@"},
		{name: "an album", message: bot.Message{Text: "好", Photos: two, Quote: "ref"}, want: []where{{1, 1}, {1, 1}}, ref: "@"},
		{name: "an album and a text", message: bot.Message{Text: "好", Photos: two, Quote: "ref", Buttons: ok}, want: []where{{1, 1}, {1, 1}, {1, 0}}, ref: "@"},
		{name: "a text and a voice", message: bot.Message{Text: "好", Voices: voice, Near: "ref"}, want: []where{{1, 0}, {1, 2}}, ref: "@"},
		{name: "a voice", message: bot.Message{Voices: voice, Near: "ref"}, want: []where{{1, 0}}, ref: "@"},
		{name: "the answered is gone", message: bot.Message{Text: "好", Quote: "ref"}, want: []where{{1, 0}}, ref: "@",
			change: func(s *stage, g *fake.Group, _ int64) { s.delete(g.ID, 3) }},
		{name: "closed", message: bot.Message{Text: "好", Quote: "ref"}, want: []where{{0, 0}},
			change: func(_ *stage, g *fake.Group, topic int64) { g.CloseTopic(topic) }},
		{name: "closed, and a bare number", message: bot.Message{Text: "好", Quote: "bare"}, want: []where{{0, 0}},
			change: func(_ *stage, g *fake.Group, topic int64) { g.CloseTopic(topic) }},
		{name: "closed, for an admin", message: bot.Message{Text: "好", Near: "ref"}, want: []where{{1, 0}}, ref: "@",
			change: func(_ *stage, g *fake.Group, topic int64) { g.CloseTopic(topic); g.Admin = true }},
		{name: "closed, an album and a text", message: bot.Message{Text: "好", Photos: two, Quote: "ref", Buttons: ok}, want: []where{{0, 0}, {0, 0}, {0, 0}},
			change: func(_ *stage, g *fake.Group, topic int64) { g.CloseTopic(topic) }},
		{name: "closed, a voice", message: bot.Message{Voices: voice, Near: "ref"}, want: []where{{0, 0}},
			change: func(_ *stage, g *fake.Group, topic int64) { g.CloseTopic(topic) }},
		{name: "gone", message: bot.Message{Text: "好", Near: "ref"}, want: []where{{0, 0}},
			change: func(_ *stage, g *fake.Group, topic int64) { g.DropTopic(topic) }},
		{name: "closed everywhere", message: bot.Message{Text: "好", Near: "ref"}, why: "这个话题已关闭：请群主重新打开，或把机器人设为管理员（Bad Request: TOPIC_CLOSED）",
			change: func(s *stage, _ *fake.Group, _ int64) {
				s.server.Fail("sendMessage", 2, fake.Refuse(400, "Bad Request: TOPIC_CLOSED"))
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, Polling)
			wang := s.server.AddUser("王阿姨")
			g := s.server.AddGroup("3号楼群")
			g.Forum = true
			general := s.server.Say(wang, g.ID, "大家好").Message
			topic := g.Topic(wang, "报修")
			asked := s.server.Say(wang, g.ID, "电梯停了", fake.In(topic)).Message
			s.run()
			refs := map[string]string{"bare": address(asked), "general": address(general)}
			for _, in := range s.ears.Wait(t, 3) {
				if in.Message.Text == "电梯停了" {
					refs["ref"] = in.Message.Ref
					if in.Message.ReplyTo != "" {
						t.Errorf("what is said in a topic answers %q", in.Message.ReplyTo)
					}
				}
			}
			if want := address(asked) + "@" + address(topic); refs["ref"] != want {
				t.Fatalf("reference %q, want %q", refs["ref"], want)
			}
			if test.change != nil {
				test.change(s, g, topic)
			}
			m := test.message
			for _, r := range []*string{&m.Quote, &m.Near} {
				if to, known := refs[*r]; known {
					*r = to
				}
			}
			ref, err := s.tg.Send(t.Context(), address(g.ID), m)
			if test.why != "" {
				if err != (bot.Refused{Why: test.why}) {
					t.Errorf("Send: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			sent := s.server.Sent(g.ID)
			var got []where
			for _, x := range sent {
				w := where{ReplyTo: x.ReplyTo}
				if x.Topic == topic {
					w.Topic = 1
				}
				switch x.ReplyTo {
				case asked:
					w.ReplyTo = 1
				case sent[0].ID:
					w.ReplyTo = 2
				}
				got = append(got, w)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
			main := sent[0].ID
			if len(m.Buttons) > 0 {
				main = sent[len(sent)-1].ID
			}
			want := address(main)
			if test.ref == "@" {
				want += "@" + address(topic)
			}
			if ref != want {
				t.Errorf("reference %q, want %q", ref, want)
			}
		})
	}
}

// delete takes a message away, as an admin does.
func (s *stage) delete(chat, id int64) {
	s.Helper()
	if _, err := s.tg.wire.call(s.Context(), "deleteMessage", map[string]int64{"chat_id": chat, "message_id": id}); err != nil {
		s.Fatal(err)
	}
}

// Answers, edits, presses and signs name a message of a topic as it was named
// when it was sent or heard.
func TestTopicRefs(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	g := s.server.AddGroup("3号楼群")
	g.Forum, g.Admin = true, true
	topic := g.Topic(wang, "报修")
	s.server.Say(wang, g.ID, "电梯停了", fake.In(topic))
	s.run()
	asked := s.ears.Wait(t, 2)[1].Message.Ref
	mine, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{Text: "记下了", Quote: asked, Buttons: ok})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{Text: "修好了", Edit: mine, Near: asked, Buttons: ok}); again != mine || err != nil {
		t.Errorf("edit: %q, %v, want %q", again, err, mine)
	}
	id, _, _ := parseRef(mine)
	said, _, _ := parseRef(asked)
	heard := 2
	next := func(what string) bot.Inbound {
		t.Helper()
		heard++
		return s.ears.Wait(t, heard)[heard-1]
	}
	s.server.Say(wang, g.ID, "谢谢", fake.ReplyTo(int64(id)))
	if in := next("an answer"); in.Message.ReplyTo != mine {
		t.Errorf("an answer to %q is heard as one to %q", mine, in.Message.ReplyTo)
	}
	s.server.Edit(g.ID, int64(said), "2单元电梯停了")
	if in := next("a change"); in.Message.Ref != asked || in.Kind != bot.Edited {
		t.Errorf("a change of %q is heard as %q", asked, in.Message.Ref)
	}
	if _, err := s.server.Press(wang, g.ID, "接单"); err != nil {
		t.Fatal(err)
	}
	if in := next("a press"); in.Message.Ref != mine {
		t.Errorf("a press below %q is heard as below %q", mine, in.Message.Ref)
	}
	s.server.React(wang, g.ID, int64(id), "👍")
	if in := next("a sign"); in.Message.Ref != mine || in.Kind != bot.Reacted {
		t.Errorf("a sign on %q is heard as %s on %q", mine, in.Kind, in.Message.Ref)
	}
	if _, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{React: bot.SignDone, Quote: asked}); err != nil || s.server.Sign(g.ID, int64(said)) != "👌" {
		t.Errorf("a sign on %q: %v", asked, err)
	}
	// After a restart nobody remembers: the bare number still says which.
	s.tg.topics = topics{}
	s.server.React(wang, g.ID, int64(id))
	if in := next("a sign later"); in.Message.Ref != strconv.Itoa(id) {
		t.Errorf("a sign on a message forgotten is heard as on %q", in.Message.Ref)
	}
}

func TestTopicsForget(t *testing.T) {
	var s topics
	s.note(1, 1, 0)
	if len(s.now) != 0 {
		t.Error("a message in no topic is remembered")
	}
	for i := range int64(5 * topicsKept) {
		s.note(-7, i, 3)
		if n := len(s.now) + len(s.old); n > topicsKept {
			t.Fatalf("%d are remembered after %d", n, i)
		}
	}
	const last = 5*topicsKept - 1
	if s.of(-7, last) != 3 || s.of(-7, last-topicsKept/2+1) != 3 || s.of(-7, 1) != 0 || s.of(-8, last) != 0 {
		t.Error("the latest are not remembered, or others are")
	}
}

// Each photo of an album is heard and acknowledged by itself.
func TestAlbum(t *testing.T) {
	for _, mode := range []string{Polling, Webhook} {
		s := newStage(t, mode)
		wang := s.server.AddUser("王阿姨")
		g := s.server.AddGroup("3号楼群")
		said := s.server.Album(wang, g.ID, "3号楼漏水", [][]byte{jpeg, append(jpeg, 'b'), append(jpeg, 'c')})
		// The second one is not taken for a while: those before it stay taken.
		tries := 0
		s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
			if in.Message.Ref == address(said[1].Message) {
				if tries++; tries < 4 {
					return bot.Answer{}, errBusy
				}
			}
			return bot.Answer{}, nil
		})
		s.run()
		got := s.ears.Wait(t, 3)
		s.await("all confirmed", func() bool { return s.server.Pending() == 0 })
		seen := map[string]bool{}
		for i, in := range got {
			if in.Kind != bot.Said || in.Message.Album == "" || in.Message.Album != got[0].Message.Album || len(in.Message.Media) != 1 || in.Message.Ref != address(said[i].Message) {
				t.Errorf("%s: photo %d is heard as %+v", mode, i, in.Message)
			}
			for _, k := range in.Keys {
				if seen[k] {
					t.Errorf("%s: the key %s is another's, too", mode, k)
				}
				seen[k] = true
			}
		}
		if got[0].Message.Text != "3号楼漏水" || got[1].Message.Text != "" {
			t.Errorf("%s: the words are %q and %q", mode, got[0].Message.Text, got[1].Message.Text)
		}
		other := s.server.Album(wang, g.ID, "", [][]byte{jpeg, jpeg})
		if a := s.ears.Wait(t, 3+len(other))[3].Message.Album; a == got[0].Message.Album {
			t.Errorf("%s: two albums have the name %q", mode, a)
		}
	}
}

// What happens to a group, against the server.
func TestGroupChanges(t *testing.T) {
	s := newStage(t, Polling)
	s.server.ReadsAll = false
	wang, li := s.server.AddUser("王阿姨"), s.server.AddUser("李强")
	g := s.server.AddGroup("3号楼群")
	s.run()
	s.polled()
	heard := 0
	// next gives what is heard of one happening, what has a key in common counted once.
	next := func(n int) (out []bot.Inbound) {
		t.Helper()
		heard += n
		keys := map[string]bool{}
		for _, in := range s.ears.Wait(t, heard)[heard-n:] {
			again := false
			for _, k := range in.Keys {
				again = again || keys[k]
			}
			for _, k := range in.Keys {
				keys[k] = true
			}
			if !again {
				out = append(out, in)
			}
		}
		return out
	}
	for _, step := range []struct {
		name         string
		do           func()
		n            int // updates
		kind         bot.Kind
		from         *fake.User
		reads, admin bool
	}{
		{"joined", func() { g.Join(wang) }, 2, bot.Joined, wang, false, false},
		{"promoted", func() { g.Promote(wang) }, 1, bot.Powers, wang, true, true},
		{"demoted", func() { g.Demote(wang) }, 1, bot.Powers, wang, false, false},
		{"a member leaves, told once", func() { g.Leave(li) }, 1, bot.Left, li, false, false},
		{"a member comes, told once", func() { g.Come(li) }, 1, bot.Came, li, false, false},
		{"promoted again", func() { g.Promote(wang) }, 1, bot.Powers, wang, true, true},
		{"a member leaves, told twice", func() { g.Leave(li) }, 2, bot.Left, li, false, false},
		{"a member comes, told twice", func() { g.Come(li) }, 2, bot.Came, li, false, false},
		{"kicked", func() { g.Kick(wang) }, 1, bot.Removed, wang, false, false},
		{"added again as a member", func() { g.Join(wang) }, 2, bot.Joined, wang, false, false},
	} {
		step.do()
		got := next(step.n)
		if len(got) != 1 || got[0].Kind != step.kind || got[0].From.Address != address(step.from.ID) || got[0].Reads != step.reads || got[0].Admin != step.admin || got[0].Chat.Address != address(g.ID) {
			t.Errorf("%s: heard %+v", step.name, got)
		}
	}
	// Both ways of telling that it was added know that it is an admin.
	g.Kick(wang)
	next(1)
	g.Admin = true
	g.Join(wang)
	for _, in := range s.ears.Wait(t, heard+2)[heard:] {
		if in.Kind != bot.Joined || !in.Reads || !in.Admin {
			t.Errorf("added as an admin: heard %+v", in)
		}
	}
	heard += 2
	to := g.Migrate(wang)
	got := next(2)
	if len(got) != 1 || got[0].Kind != bot.Migrated || got[0].Chat.Address != address(g.ID) || got[0].To != address(to.ID) || !got[0].Chat.Group {
		t.Errorf("migrated: heard %+v", got)
	}
	if _, err := s.tg.Send(t.Context(), address(g.ID), bot.Message{Text: "好"}); err != (bot.Moved{Address: address(to.ID)}) {
		t.Errorf("sending to the old group: %v", err)
	}
}

// A press may come before the message that its presser wrote just before, and
// below a message that this process has never seen.
func TestPressOvertakes(t *testing.T) {
	s := newStage(t, Webhook)
	wang := s.server.AddUser("王阿姨")
	g := s.server.AddGroup("3号楼群")
	hold := make(chan struct{})
	s.ears.Judge(func(in bot.Inbound) (bot.Answer, error) {
		if in.Kind == bot.Said {
			<-hold
		}
		return bot.Answer{Toast: "已接单"}, nil
	})
	s.run()
	s.await("setWebhook", func() bool { return len(s.server.Calls("setWebhook")) > 0 })
	li := s.server.AddUser("李网格")
	s.server.Say(wang, g.ID, "先说的话")
	press := s.server.Forge(li, li.ID, 4711, "c1/accept")
	in := s.ears.Wait(t, 1)[0]
	if in.Kind != bot.Pressed || in.Message.Ref != "4711" {
		t.Errorf("heard first: %+v", in)
	}
	s.await("the answer", func() bool { _, answered := s.server.Toast(press); return answered })
	close(hold)
	s.ears.Wait(t, 2)
	s.await("all confirmed", func() bool { return s.server.Pending() == 0 })
}

// A press that is answered too late is heard, and nothing is said of it.
func TestPressTooOld(t *testing.T) {
	s := newStage(t, Polling)
	wang := s.server.AddUser("王阿姨")
	s.server.Fail("answerCallbackQuery", 1, fake.Refuse(400, "Bad Request: query is too old and response timeout expired or query ID is invalid"))
	s.run()
	s.polled()
	s.server.Forge(wang, wang.ID, 7, "c1/accept")
	s.ears.Wait(t, 1)
	s.await("the answer", func() bool { return len(s.server.Calls("answerCallbackQuery")) == 1 })
	s.stop()
	if text := s.log.String(); strings.Contains(text, "press was not answered") {
		t.Errorf("a late answer is logged:\n%s", text)
	}
}
