package desk

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/storage"
)

// The supervision committee sees polls at the desk, without a form and without how anybody
// voted; reviewers and the council see none.
func TestSupervisorsSeePolls(t *testing.T) {
	h := build(t, "", nil)
	h.poll("p1", nil)
	h.vote("p1", "501", "B", poll.Tap)
	h.poll("p2", func(s *poll.State) {
		s.Stage, s.Outcome = poll.Result, &poll.Outcome{At: h.clock.Now(), Votes: []int{4, 3, 2}, Voters: 9}
	})
	h.poll("p3", func(s *poll.State) { s.Stage, s.Sent = poll.Preview, time.Time{} })
	c := h.poll("p4", func(s *poll.State) { s.Scope = flows.Scope{Building: "9"} })
	h.update(func(tx storage.Tx) error { c.Parent = "h1"; return tx.PutCase(c) })
	du := h.session("du")
	list := h.page("/desk/polls", du)
	h.has(list, "/desk/polls/p1", "/desk/polls/p2", "/desk/polls/p4", "1/96户")
	h.hasNot(list, "/desk/polls/p3", "/desk/polls/new", "<form")
	for _, id := range []string{"p1", "p2", "p4"} {
		page := h.page("/desk/polls/"+id, du)
		h.hasNot(page, "<form", "<button", "/slips", "/paper", "501")
		h.has(page, "经过")
	}
	h.has(h.page("/desk/polls/p2", du), "/desk/polls/p2/archive")
	h.has(h.page("/desk/polls/p1", h.session("chen")), "<form")
	h.change(func(s *flows.Settings) { // of one grid only, and captain elsewhere
		s.People = append(slices.Clone(s.People), flows.Official{ID: "two", Name: "两职", Posts: []flows.Post{{Role: flows.Supervisor, Scope: flows.Scope{Grid: "g3"}}, {Role: flows.Captain, Scope: flows.Scope{Building: "3"}}}},
			flows.Official{ID: "both", Name: "两职二", Posts: []flows.Post{{Role: flows.Council, Scope: flows.Everywhere}, {Role: flows.Captain, Scope: flows.Scope{Building: "9"}}}})
	})
	two, both := h.session("two"), h.session("both")
	h.has(h.page("/desk/polls/p1", two), "<form") // their own building
	h.hasNot(h.page("/desk/polls/p4", two), "<form")
	for _, path := range []string{"/slips", "/paper"} {
		if a := h.get("/desk/polls/p4"+path, two); a.Status != 403 {
			t.Errorf("%s of a poll they only watch: %d", path, a.Status)
		}
	}
	if a := h.ask("POST", "/desk/polls/p4", two, url.Values{"form": {h.newForm()}, "choice": {"hush"}}); a.Status != 403 || h.state("p4").Hushed {
		t.Errorf("a button of a poll they only watch: %d", a.Status)
	}
	for id, want := range map[string]int{"p1": 404, "p2": 404, "p4": 200} { // the council's post does not open polls, the captain's does
		if a := h.get("/desk/polls/"+id, both); a.Status != want {
			t.Errorf("%s for a captain of another building: %d, want %d", id, a.Status, want)
		}
	}
	for _, who := range []flows.PersonID{"ping", "yi"} {
		if a := h.get("/desk/polls/p1", h.session(who)); a.Status != 403 {
			t.Errorf("for %s: %d", who, a.Status)
		}
		h.hasNot(h.page("/desk/", h.session(who)), "/desk/polls", "/desk/cases")
	}
}

// The first page says of the week's hearings what is missing, how many days and seats are
// left, and who has not answered; to a reviewer what waits for them, to a supervisor what
// they object to; and one tap leads to where it is done.
func TestHearingsOnTheFirstPage(t *testing.T) {
	h := build(t, "", nil)
	h.neighbours()
	h.change(func(s *flows.Settings) { // one reviewer
		s.People = slices.Clone(s.People)
		for i, o := range s.People {
			if o.ID != "ping" {
				s.People[i].Posts = slices.DeleteFunc(slices.Clone(o.Posts), func(p flows.Post) bool { return p.Role == flows.Reviewer })
			}
		}
	})
	h.hearing("n", hearing.Notice, nil)
	h.hearing("s", hearing.Set, func(s *hearing.State) { s.Topic, s.Points = "门禁换不换", nil })
	h.hearing("far", hearing.Notice, func(s *hearing.State) { s.Topic, s.From = "下个月的会", s.From.AddDate(0, 0, 10) })
	h.hearing("v", hearing.Review, func(s *hearing.State) { s.Topic = "等着审的" })
	h.hearing("w", hearing.Waiting, func(s *hearing.State) { s.Topic = "清单还没发的" })
	h.hearing("o", hearing.Planning, func(s *hearing.State) {
		s.Topic, s.Frozen = "有异议的", &hearing.Objection{By: "du", At: h.clock.Now().Add(-time.Hour), Why: "没有请租户"}
	})
	h.hearing("over", hearing.Closed, nil)
	chen := h.page("/desk/", h.session("chen"))
	h.has(chen, "本周议事", "周日15点", "座位23/40", "离开会还有3个整天", "必到的还没答：郑主任、冯物业", "还缺：议程", `href="/desk/hearings/n"`, `href="/desk/hearings/s"`, ">议事</a>")
	h.hasNot(chen, "下个月的会", "等着审的", "清单还没发的", "有异议的", "hearings/over", "轮到您的</h2>\n<ul")
	ping := h.page("/desk/", h.session("ping"))
	h.has(ping, "等您审的议题", "等着审的", "周五12点前要答复", "本周议事")
	h.hasNot(ping, "清单还没发的", "轮到您的", "未办结")
	du := h.page("/desk/", h.session("du"))
	h.has(du, "还没撤的异议", "杜监督今天9点提出：没有请租户", "本周议事", "未办结")
	h.hasNot(du, "等着审的")
	h.hasNot(h.page("/desk/", h.session("zhaos")), "等您审的议题") // there are reviewers: the secretary is none
	h.change(func(s *flows.Settings) {
		s.People = slices.DeleteFunc(slices.Clone(s.People), func(o flows.Official) bool { return o.ID == "ping" })
	})
	h.has(h.page("/desk/", h.session("zhaos")), "等您审的议题", "等着审的")
	h.change(func(s *flows.Settings) { // who supervises reviews nothing
		for i, o := range s.People {
			if o.ID == "zhaos" {
				s.People = slices.Clone(s.People)
				s.People[i].Posts = append(slices.Clone(o.Posts), flows.Post{Role: flows.Supervisor, Scope: flows.Everywhere})
			}
		}
	})
	both := h.page("/desk/", h.session("zhaos"))
	h.hasNot(both, "等您审的议题")
	h.has(both, "还没撤的异议")
}

// A page of a hearing to which five hundred people have answered.
func BenchmarkHearingPage(b *testing.B) {
	h := build(b, "", nil)
	h.hearing("h1", hearing.Notice, nil)
	h.update(func(tx storage.Tx) error {
		for i := range 500 {
			id := flows.PersonID("many" + itoa(i))
			if err := tx.PutPerson(storage.Person{ID: id, Home: flows.Place{Building: itoa(i%12 + 1)}, Addresses: []string{"paper:" + string(id)}}); err != nil {
				return err
			}
			if err := tx.PutEntry("h1", flows.Entry{Key: string(id), Tag: hearing.TagYes, Order: int64(i), Data: flows.Data(hearing.Part{})}); err != nil {
				return err
			}
		}
		return nil
	})
	token := h.session("chen")
	for b.Loop() {
		h.page("/desk/hearings/h1", token)
	}
}
