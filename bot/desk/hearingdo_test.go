package desk

import (
	"context"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/flows"
	"linli/flows/hearing"
	"linli/storage"
)

// ear is a receiver that notes what it was given, and answers as it is told.
type ear struct {
	seen   []string
	answer bot.Answer
	do     func(bot.Inbound)
}

func (n *ear) Receive(_ context.Context, in bot.Inbound) (bot.Answer, error) {
	text := in.Press
	if in.Kind == bot.Said {
		text = strings.TrimPrefix(in.Answers+": "+in.Message.Text, ": ")
	}
	n.seen = append(n.seen, fmt.Sprintf("%s by %s: %s", in.Kind, in.As, text))
	if in.Channel != Name || len(in.Keys) != 1 || !strings.HasPrefix(in.Keys[0], "desk/"+string(in.As)+"/") {
		n.seen = append(n.seen, "not as the desk does")
	}
	if n.do != nil {
		n.do(in)
	}
	return n.answer, nil
}

func noting(t *testing.T) (*house, *ear) {
	n := &ear{}
	h := build(t, "", func(o *Options) { o.Receive = n })
	h.change(func(s *flows.Settings) {
		s.People = slices.Clone(s.People)
		for i, o := range s.People { // one reviewer, one supervisor
			if o.ID != "ping" && o.ID != "du" {
				s.People[i].Posts = slices.DeleteFunc(slices.Clone(o.Posts), func(p flows.Post) bool { return p.Role == flows.Reviewer || p.Role == flows.Supervisor })
			}
		}
		s.Hearings.Clear = flows.Term{N: 5, Source: "某某办法第11条", Waive: []flows.Role{flows.Secretary}}
	})
	return h, n
}

var chosen = regexp.MustCompile(`name="choice" value="([^"]*)"`)

// offered gives the choices on a page, in its order.
func offered(page string) (list []string) {
	for _, m := range chosen.FindAllStringSubmatch(page, -1) {
		list = append(list, m[1])
	}
	return list
}

// In each stage everybody is offered what fits, by the part they have.
func TestWhatFitsAHearing(t *testing.T) {
	h, _ := noting(t)
	for stage, want := range map[string][4]string{ // organiser, chair, reviewer, supervisor
		hearing.Waiting:  {"topic attach drop", "lead topic attach drop", "rev=ok rev=no rev=up", "object"},
		hearing.Review:   {"attach", "lead attach", "rev=ok rev=no rev=up", "object"},
		hearing.Upward:   {"asked resume finish reply attach", "asked resume finish lead reply attach", "", "object"},
		hearing.Planning: {"send times slot agenda room link group whom chair need unneed attach drop", "send lead times slot agenda room link group whom chair need unneed attach drop", "", "object"},
		hearing.Asking:   {"list times slot agenda room link group whom chair need unneed attach drop", "list lead times slot agenda room link group whom chair need unneed attach drop", "", "object"},
		hearing.Set:      {"publish agreed times agenda room link group whom chair need unneed attach drop", "publish agreed lead times agenda room link group whom chair need unneed attach drop", "", "object"},
		hearing.Notice:   {"agreed begin room link group move off in guest chair attach", "agreed begin lead room link group move off in guest chair attach", "", "object"},
		hearing.Meeting:  {"point note hands decide poll in guest undo attach end", "lead point note hands decide poll in guest undo attach end", "", "object"},
		hearing.Minutes:  {"signed note hands decide guest undo fix", "confirm signed lead note hands decide guest undo fix", "", "object"},
		hearing.Tasks:    {"answer retask", "lead answer retask", "", "object"},
		hearing.Rating:   {"answer", "answer", "", "object"},
		hearing.Off:      {"again drop", "again lead drop", "", "object"},
		hearing.Closed:   {"", "", "", ""},
		hearing.Refused:  {"", "", "", ""},
	} {
		h.hearing(stage, stage, func(s *hearing.State) { s.OwnerAsked = true })
		for i, who := range []flows.PersonID{"chen", "zheng", "ping", "du"} {
			if got := strings.Join(offered(h.page("/desk/hearings/"+stage, h.session(who))), " "); got != want[i] {
				t.Errorf("%s in %s is offered\n%s\nwant\n%s", who, stage, got, want[i])
			}
		}
		for _, who := range []flows.PersonID{"li", "yi"} {
			if page := h.page("/desk/hearings/"+stage, h.session(who)); strings.Contains(page, "<form") {
				t.Errorf("%s in %s is offered a form", who, stage)
			}
		}
	}
	h.has(h.page("/desk/hearings/set", h.session("zhaos")), `value="waive"`)
	h.hasNot(h.page("/desk/hearings/set", h.session("chen")), `value="waive"`)
	// While an objection stands, nothing goes on; it is answered and lifted.
	stops := []string{"send", "slot", "publish", "move", "begin", "point", "hands", "poll", "decide", "confirm", "signed", "raise", "file", "resume", "object"}
	for _, stage := range held {
		h.hearing("f-"+stage, stage, func(s *hearing.State) {
			s.OwnerAsked, s.Frozen = true, &hearing.Objection{By: "du", At: h.clock.Now(), Why: "没有请租户"}
		})
		over := reached(stage, hearing.Closed, hearing.Refused)
		for who, first := range map[flows.PersonID]string{"chen": "respond", "zheng": "respond", "du": "lift"} {
			got := offered(h.page("/desk/hearings/f-"+stage, h.session(who)))
			if slices.Contains(got, first) == over {
				t.Errorf("%s in %s with an objection: %v", who, stage, got)
			}
			for _, c := range got {
				if slices.Contains(stops, c) {
					t.Errorf("%s in %s is offered %s with an objection", who, stage, c)
				}
			}
		}
	}
	h.hearing("complaints", hearing.Meeting, func(s *hearing.State) {
		s.Form, s.Points, s.Topic, s.Issue = flows.Complaints, nil, "", []hearing.Issue{{Item: 9, Kind: "demand"}}
	})
	h.has(h.page("/desk/hearings/complaints", h.session("chen")), `value="complaint"`, `value="raise"`, `value="file"`, "6 路灯三个星期不亮")
	// What nobody has sorted yet is none of what it led to.
	h.hearing("unsorted", hearing.Meeting, func(s *hearing.State) {
		s.Form, s.Points, s.Topic, s.Issue = flows.Complaints, nil, "", []hearing.Issue{{Item: 6}}
	})
	h.has(h.page("/desk/hearings/unsorted", h.session("chen")), `value="raise"`, "6 路灯三个星期不亮")
	h.hearing("issued", hearing.Meeting, func(s *hearing.State) {
		s.Form, s.Points, s.Topic, s.Issue = flows.Complaints, nil, "", []hearing.Issue{{Item: 6, Kind: "demand", No: 99}}
	})
	h.hasNot(h.page("/desk/hearings/issued", h.session("chen")), `value="raise"`, `value="file"`)
	h.has(h.page("/desk/hearings/issued", h.session("chen")), "第6条转为诉求0099")
}

// at makes a hearing in which something can be done, and gives who does it.
func (h *house) at(id string, a act) (who flows.PersonID) {
	h.hearing(id, a.stage(), func(s *hearing.State) {
		s.OwnerAsked = true
		if a.form != "" {
			s.Form, s.Points = a.form, nil
		}
		if a.choice == "respond" || a.choice == "lift" {
			s.Frozen = &hearing.Objection{By: "du", At: h.clock.Now(), Why: "没有请租户"}
		}
	})
	return map[role]flows.PersonID{leaders: "evil", chairs: "zheng", reviewers: "ping", supervisors: "du", waivers: "zhaos"}[a.who]
}

// stage is the first in which something can be done, and that is not only between: "" if
// there is none.
func (a act) stage() string {
	for _, stage := range held {
		s := hearing.State{Stage: stage, Form: flows.Hearing}
		if a.form != "" {
			s.Form = a.form
		}
		if a.choice == "respond" || a.choice == "lift" {
			s.Frozen = &hearing.Objection{}
		}
		if a.fits(s) && (stage != hearing.Waiting || !strings.HasPrefix(a.choice, "rev=")) {
			return stage
		}
	}
	return ""
}

// Everything in the table is one event of the visitor: a press, or words under the tag that
// the rules would ask for; what stands in a list is what the page offers.
func TestPressesOfAHearing(t *testing.T) {
	h, n := noting(t)
	first := map[string]string{ // what a list offers first, or what is chosen in it
		"slot": "1", "room": "linli", "group": "b3", "whom": "b/3", "chair": "zheng", "need": "li", "unneed": "liu", "point": "1", "in": "liu", "undo": "9", "raise": "6", "file": "6", "skip": "6", "answer": "7", "retask": "1",
	}
	tags := map[string]string{"rev=no": "refuse", "rev=up": "upward", "answer": "answer-7", "retask": "retask-1"}
	for i, a := range acts {
		id := "a" + itoa(i)
		who := h.at(id, a)
		page := h.page("/desk/hearings/"+id, h.session(who))
		form := formOn(page, a.choice)
		if form == "" {
			t.Errorf("%s is not offered to %s in %s", a.choice, who, a.stage())
			continue
		}
		values := url.Values{"form": {h.newForm()}, "choice": {a.choice}}
		want := fmt.Sprintf("pressed by %s: %s/%s", who, id, a.choice)
		if a.list != nil {
			if !strings.Contains(form, `<option value="`+first[a.choice]+`"`) {
				t.Errorf("%s does not offer %q:\n%s", a.choice, first[a.choice], form)
			}
			values.Set("value", first[a.choice])
			want += "=" + first[a.choice]
		}
		if a.tag != "" {
			tag := tags[a.choice]
			if tag == "" {
				tag = a.choice
			}
			values.Set("text", "  写给邻里的 \r\n 两行 ")
			want = fmt.Sprintf("said by %s: %s/%s: 写给邻里的 两行", who, id, tag)
			if a.lines > 1 {
				want = fmt.Sprintf("said by %s: %s/%s: 写给邻里的 \r\n 两行", who, id, tag)
			}
			h.has(form, `name="text"`)
		}
		n.seen = nil
		got := h.ask("POST", "/desk/hearings/"+id, h.session(who), values)
		if d := cmp.Diff([]string{want}, n.seen); got.Status != 200 || d != "" {
			t.Errorf("%s: %d %s", a.choice, got.Status, d)
		}
		if x := notice(got.Body); !strings.Contains(x, "没有变化") && !strings.Contains(x, "Nothing has changed") && (a.choice != "poll" || !strings.Contains(x, "only when you tap [Send]")) {
			t.Errorf("%s: the notice is %q", a.choice, notice(got.Body))
		}
		// The same from somebody who has no part in it, and what is not complete.
		for _, other := range []flows.PersonID{"li", "yi"} {
			if x := h.ask("POST", "/desk/hearings/"+id, h.session(other), values); x.Status != 403 {
				t.Errorf("%s from %s: %d", a.choice, other, x.Status)
			}
		}
		n.seen = nil
		bad := func(field string, want int, wrong ...string) {
			for _, v := range wrong {
				was := values.Get(field)
				values.Set(field, v)
				if x := h.ask("POST", "/desk/hearings/"+id, h.session(who), values); x.Status != want {
					t.Errorf("%s with %s %.20q: %d, want %d", a.choice, field, v, x.Status, want)
				}
				values.Set(field, was)
			}
		}
		if a.list != nil {
			bad("value", 400, "", "1=2", "1;2", "~t", "a b", strings.Repeat("9", 41))
		}
		if a.tag != "" {
			bad("text", 422, "", " \n ", strings.Repeat("长", longest+1))
		}
		bad("form", 400, "", "x")
		if len(n.seen) > 0 {
			t.Errorf("%s: handed over: %v", a.choice, n.seen)
		}
	}
	// What was too long is not lost.
	page := h.ask("POST", "/desk/hearings/a0", h.session("evil"), url.Values{"form": {h.newForm()}, "choice": {"respond"}, "text": {"已经补贴" + strings.Repeat("长", longest)}}).Body
	h.has(page, "<details class=\"card\" open>", `value="已经补贴长`)
	for _, choice := range []string{"", "come", "rate=good", "here=4821", "rev", "rev=else", "propose=yes", "begin/x", "other/begin", "slot=1", "answer-7", "board"} {
		if x := h.ask("POST", "/desk/hearings/a0", h.session("evil"), url.Values{"form": {h.newForm()}, "choice": {choice}, "text": {"话"}, "value": {"1"}}); x.Status != 400 {
			t.Errorf("%q: %d", choice, x.Status)
		}
	}
	if len(n.seen) > 0 {
		t.Errorf("handed over: %v", n.seen)
	}
}

// formOn gives the form of a page that has a choice.
func formOn(page, choice string) string {
	for form := range strings.SplitSeq(page, "<form") {
		form, _, _ = strings.Cut(form, "</form>")
		if slices.Contains(offered(form), choice) {
			return html.UnescapeString(form)
		}
	}
	return ""
}

// Every act has words, every one that needs words has a line of help, and every choice that
// the flow describes for who prepares, reviews and supervises is one of them.
func TestWordsOfActs(t *testing.T) {
	h := build(t, "", nil)
	for _, a := range acts {
		if !h.desk.words.Has(a.label()) || (a.tag != "") != h.desk.words.Has(a.label()+"-how") {
			t.Errorf("no words for %s", a.choice)
		}
		if a.stage() == "" {
			t.Errorf("%s fits no stage that anybody sees", a.choice)
		}
	}
	for _, s := range append(slices.Clone(held), hearing.Offered, hearing.Gone) {
		if !h.desk.words.Has("hs-" + s) {
			t.Errorf("no words for the stage %q", s)
		}
	}
	for _, f := range []flows.Form{flows.Hearing, flows.Complaints, flows.ThreeSided} {
		if !h.desk.words.Has("form-" + string(f)) {
			t.Errorf("no words for the form %q", f)
		}
	}
	for _, tag := range []string{hearing.TagAsked, hearing.TagYes, hearing.TagProxy, hearing.TagNo, hearing.TagWait, hearing.TagHere} {
		if !h.desk.words.Has("tag-" + tag) {
			t.Errorf("no words for the tag %q", tag)
		}
	}
}

// What the rules answer is shown, and where something changed how it stands now.
func TestWhatTheRulesAnswer(t *testing.T) {
	h, n := noting(t)
	h.hearing("h1", hearing.Notice, nil)
	chen := h.session("chen")
	press := func() answer {
		return h.ask("POST", "/desk/hearings/h1", chen, url.Values{"form": {h.newForm()}, "choice": {"begin"}})
	}
	n.answer.Toast = "还没到时间。"
	h.has(press().Body, `role="status">还没到时间。`)
	n.answer.Toast = ""
	n.do = func(in bot.Inbound) {
		h.update(func(tx storage.Tx) error {
			c, err := tx.Case("h1")
			if err != nil {
				return err
			}
			s, err := hearing.Read(c)
			s.Stage, s.Begun = hearing.Meeting, h.clock.Now()
			c.Data, c.Summary = flows.Data(s), s.Summary()
			if err != nil {
				return err
			}
			return tx.PutCase(c)
		})
	}
	a := press()
	h.has(a.Body, "好，按您说的办了", "正在开会", `value="end"`)
	n.do = func(bot.Inbound) { h.update(func(tx storage.Tx) error { return tx.DropCase("h1") }) }
	h.has(h.ask("POST", "/desk/hearings/h1", chen, url.Values{"form": {h.newForm()}, "choice": {"end"}}).Body, "好，按您说的办了", "现在没有议题")
}

// A new topic and a new complaint meeting are one line of text, as if written to Linli.
func TestNewHearing(t *testing.T) {
	h, n := noting(t)
	chen := h.session("chen")
	page := h.page("/desk/hearings", chen)
	h.has(page, `value="topic"`, `value="open"`, "议题，一句话")
	for _, who := range []flows.PersonID{"li", "du", "ping", "yi"} {
		h.hasNot(h.page("/desk/hearings", h.session(who)), "<form")
	}
	opens := func(stage string) {
		n.answer.Opened = flows.ID("new-" + stage)
		n.do = func(bot.Inbound) { h.hearing("new-"+stage, stage, nil) }
	}
	ask := func(kind, text string) answer {
		return h.ask("POST", "/desk/hearings", chen, url.Values{"form": {h.newForm()}, "kind": {kind}, "text": {text}})
	}
	opens(hearing.Waiting)
	if a := ask("topic", " 议题：3号楼前 装不装充电桩 "); a.Status != 303 || a.Header.Get("Location") != "/desk/hearings/new-waiting" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	opens(hearing.Planning)
	if a := ask("open", "不用的话"); a.Status != 303 || a.Header.Get("Location") != "/desk/hearings/new-planning" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	if d := cmp.Diff([]string{"said by chen: 议题：3号楼前 装不装充电桩", "said by chen: 吐槽大会"}, n.seen); d != "" {
		t.Error(d)
	}
	opens(hearing.Offered) // whatever the rules still want to know
	if a := ask("topic", "门禁要不要换新的"); a.Status != 200 || !strings.Contains(notice(a.Body), "记下了") {
		t.Errorf("%d %q", a.Status, notice(a.Body))
	}
	n.seen, n.do, n.answer.Opened = nil, nil, ""
	h.has(ask("topic", "门禁要不要换新的").Body, "没有建成", `value="门禁要不要换新的"`)
	n.seen = nil
	for _, text := range []string{"", "桩", "议题：", strings.Repeat("长", maxTopic+1)} {
		if a := ask("topic", text); a.Status != 422 || !strings.Contains(a.Body, "请用一句话写清要议什么") {
			t.Errorf("%.10q: %d", text, a.Status)
		}
	}
	if a := ask("else", "门禁要不要换新的"); a.Status != 400 {
		t.Errorf("of another kind: %d", a.Status)
	}
	if a := h.ask("POST", "/desk/hearings", h.session("li"), url.Values{"form": {h.newForm()}, "kind": {"open"}}); a.Status != 403 {
		t.Errorf("from a leader: %d", a.Status)
	}
	h.update(func(tx storage.Tx) error {
		p, err := tx.Person("chen")
		p.Expect = storage.Expect{Case: "other", Tag: "reason", Until: h.clock.Now().Add(time.Minute)}
		if err != nil {
			return err
		}
		return tx.PutPerson(p)
	})
	h.has(ask("topic", "门禁要不要换新的").Body, "邻里在聊天里问了您一句")
	if len(n.seen) > 0 {
		t.Errorf("handed over: %v", n.seen)
	}
}

// From opening the desk to the notice of a hearing with a missing agenda it takes few taps:
// each line leads to where it is done, and what is written there is one form.
func TestTapsToANotice(t *testing.T) {
	h, n := noting(t)
	h.change(func(s *flows.Settings) { s.Hearings.Clear = flows.Term{} })
	h.hearing("h1", hearing.Set, func(s *hearing.State) { s.Points = nil })
	chen, taps := h.session("chen"), 0
	page := h.page("/desk/", chen)
	h.has(page, "还缺：议程")
	tap := func(what string, ok bool) {
		if taps++; !ok {
			t.Fatalf("no way to %s", what)
		}
	}
	tap("open the hearing", strings.Contains(page, `href="/desk/hearings/h1"`))
	page = h.page("/desk/hearings/h1", chen)
	tap("unfold the agenda", strings.Contains(page, "<summary>写议程</summary>"))
	n.do = func(bot.Inbound) {
		h.update(func(tx storage.Tx) error {
			c, err := tx.Case("h1")
			if err != nil {
				return err
			}
			s, err := hearing.Read(c)
			s.Points = []hearing.Point{{Text: "装不装"}}
			c.Data = flows.Data(s)
			if err != nil {
				return err
			}
			return tx.PutCase(c)
		})
	}
	tap("write it", formOn(page, "agenda") != "")
	page = h.ask("POST", "/desk/hearings/h1", chen, url.Values{"form": {h.newForm()}, "choice": {"agenda"}, "text": {"装不装"}}).Body
	h.hasNot(page, "议程</b>")
	tap("publish", formOn(page, "publish") != "")
	n.seen = nil
	h.ask("POST", "/desk/hearings/h1", chen, url.Values{"form": {h.newForm()}, "choice": {"publish"}})
	if taps > 6 || !slices.Equal(n.seen, []string{"pressed by chen: h1/publish"}) {
		t.Errorf("%d taps, %v", taps, n.seen)
	}
}

// A topic goes its way at the desk, with the rules as they are: it is proposed, accepted,
// given a time, a room and an agenda, and announced; and it is stopped and goes on.
func TestAHearingAtTheDesk(t *testing.T) {
	h := build(t, "", nil)
	h.change(func(s *flows.Settings) {
		s.People = slices.Clone(s.People)
		for i, o := range s.People {
			if o.ID != "ping" && o.ID != "du" {
				s.People[i].Posts = slices.DeleteFunc(slices.Clone(o.Posts), func(p flows.Post) bool { return p.Role == flows.Reviewer || p.Role == flows.Supervisor })
			}
		}
	})
	do := func(who flows.PersonID, path string, values url.Values) answer {
		t.Helper()
		h.clock.Pass(time.Minute)
		values.Set("form", h.newForm())
		a := h.ask("POST", path, h.session(who), values)
		if a.Status >= 400 {
			t.Fatalf("%s: %d\n%s", path, a.Status, a.Body)
		}
		h.round()
		return a
	}
	a := do("chen", "/desk/hearings", url.Values{"kind": {"topic"}, "text": {"3号楼前装不装充电桩"}})
	path := a.Header.Get("Location")
	page := h.page(path, h.session("chen"))
	h.has(page, "3号楼前装不装充电桩", "待审", "3号楼", "陈社区")
	for h.clock.Pass(time.Hour); strings.Contains(h.page(path, h.session("ping")), "<dd>待审</dd>"); h.clock.Pass(6 * time.Hour) {
		h.round()
		if h.clock.Now().After(time.Date(2026, 4, 1, 0, 0, 0, 0, h.current().Zone)) {
			t.Fatal("the reviewers never get it")
		}
	}
	h.has(h.page("/desk/", h.session("ping")), "等您审的议题", "3号楼前装不装充电桩")
	h.has(do("ping", path, url.Values{"choice": {"rev=ok"}}).Body, "筹备中")
	step := func(choice, text, value string, want ...string) {
		t.Helper()
		body := do("chen", path, url.Values{"choice": {choice}, "text": {text}, "value": {value}}).Body
		h.has(body, want...)
	}
	step("times", "4月11日下午三点或4月12日晚上七点", "", "候选时间")
	step("slot", "", "0", "定了，还没公告", "4月11日15点")
	step("agenda", "装不装\n装在哪", "", "<h3>1 装不装</h3>", "<h3>2 装在哪</h3>")
	h.has(do("du", path, url.Values{"choice": {"object"}, "text": {"没有请租户"}}).Body, "没有请租户", "会议先停", `value="lift"`)
	step("respond", "补请了租户", "", "居委会答复：补请了租户")
	h.hasNot(h.page(path, h.session("chen")), `value="publish"`)
	h.has(do("du", path, url.Values{"choice": {"lift"}}).Body, "提过的异议")
	page = h.page(path, h.session("chen"))
	if strings.Contains(page, "还没有答应") {
		step("agreed", "", "")
	}
	step("publish", "", "", "已公告")
}

// That the organiser was shown anew how it stands is nothing that was done.
func TestNothingWasDone(t *testing.T) {
	s := hearing.State{Stage: hearing.Set, Shows: 2, Points: []hearing.Point{{Text: "装在哪"}}}
	shown, done := s, s
	shown.Shows, done.Booked = 3, true
	if !same(s, shown) || same(s, done) {
		t.Error("what was shown counts as done, or what was done does not")
	}
}
