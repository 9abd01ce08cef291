package bot_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/storage"
)

// inviting is a flow that invites whom Find gives it, when a button is pressed.
func inviting(who flows.Invitees, n int, allowed flows.PersonID) rules {
	return func(_ string, s note, e flows.Event) (note, []flows.Effect) {
		s.Stage = "filed"
		switch w := e.What.(type) {
		case flows.Chose:
			return s, []flows.Effect{flows.Find{Who: who, N: n}}
		case flows.Answered:
			var list []flows.Found
			_ = json.Unmarshal(w.Data, &list) // a test that reads nothing fails below
			var out []flows.Effect
			tag := "asked-" + e.ID
			for i, f := range list {
				out = append(out, flows.Put{Entry: flows.Entry{Key: string(f.Person), Tag: tag, Order: int64(i), Data: flows.Data(f)}})
			}
			say := tell(flows.To{Entries: tag}, flows.Invitation, "来吗")
			say.Allowed = allowed
			return s, append(out, say)
		case flows.Delivered:
			s.Heard = append(s.Heard, string(w.To)+" "+string(w.Outcome))
		}
		return s, nil
	}
}

// residents are people who have said what they like.
func residents(s *stage, n int, change func(i int, p *storage.Person)) {
	s.Helper()
	s.update(func(tx storage.Tx) error {
		for i := range n {
			id := fmt.Sprintf("f%05d", i)
			p := storage.Person{ID: flows.PersonID(id), Consent: s.clock.Now(), Addresses: []string{"toy:" + id}, Reach: []string{"toy:" + id}, Profile: flows.Profile{Likes: []string{"music"}}}
			if change != nil {
				change(i, &p)
			}
			if err := tx.PutPerson(p); err != nil {
				return err
			}
		}
		return nil
	})
}

var music = flows.Invitees{Scope: flows.Everywhere, Interests: []string{"music"}}

// Only who has agreed, can be written to, has said what they like and has no part in the case
// yet is found, as many as are asked for.
func TestFind(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", inviting(music, 3, "")))
	s.say("p1", "", "事情")
	residents(s, 9, func(i int, p *storage.Person) {
		switch i {
		case 0:
			p.Consent = time.Time{}
		case 1:
			p.Reach = nil
		case 2:
			p.Profile = flows.Profile{}
		case 3:
			p.Profile.Often = flows.Never
		}
	})
	s.toy.take()
	var all []string
	for range 3 {
		s.hear(s.pressed("p1", "", "1/go"))
		s.drain()
		for _, x := range s.toy.take() {
			all = append(all, x.To)
		}
	}
	slices.Sort(all)
	if want := []string{"f00004", "f00005", "f00006", "f00007", "f00008"}; !slices.Equal(all, want) {
		t.Errorf("invited %v, want %v", all, want)
	}
}

// The limits of a week hold across all cases: the community's, and what somebody has said
// themself; who may pass them is asked by name, and passes no stop.
func TestInvitationsOfAWeek(t *testing.T) {
	for name, x := range map[string]struct {
		often   flows.Often
		allowed flows.PersonID
		weeks   []int // how many of three invitations arrive in each of five weeks
	}{
		"as the community says": {"", "", []int{2, 2, 2, 2, 2}},
		"once a week":           {flows.Weekly, "", []int{1, 1, 1, 1, 1}},
		"once a month":          {flows.Monthly, "", []int{1, 0, 0, 0, 1}},
		"never":                 {flows.Never, "", []int{0, 0, 0, 0, 0}},
		"allowed":               {"", "chen", []int{3, 3, 3, 3, 3}},
		"never, and allowed":    {flows.Never, "chen", []int{0, 0, 0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			who := music
			who.Urgent = x.allowed != ""
			s := newStage(t, nil, toy(t, "toy", inviting(who, 5, x.allowed)))
			residents(s, 1, func(_ int, p *storage.Person) { p.Profile.Often = x.often })
			n := 0
			for week, want := range x.weeks {
				got := 0
				for range 3 {
					s.say("p1", "", "事情")
					n++
					s.hear(s.pressed("p1", "", fmt.Sprintf("%d/go", n)))
					s.drain()
					for _, m := range s.toy.take() {
						if m.To == "f00000" {
							got++
						}
					}
				}
				if got != want {
					t.Errorf("%d invitations in week %d, want %d", got, week, want)
				}
				s.pass(7 * 24 * time.Hour)
			}
		})
	}
}

// Two cases find the same person at the same moment: the second invitation is held back when
// it is to leave, and its case hears so.
func TestInvitationsFoundTogether(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", inviting(music, 5, "")))
	s.o.Settings.Limits.Invites = 1
	residents(s, 1, nil)
	for range 2 {
		s.say("p1", "", "事情")
	}
	s.toy.take()
	s.hear(s.pressed("p1", "", "1/go"))
	s.hear(s.pressed("p1", "", "2/go"))
	s.drain()
	if got := s.toy.take(); len(got) != 1 {
		t.Fatalf("%d invitations", len(got))
	}
	if h := s.the("2").Heard; !slices.Contains(h, "f00000 capped") {
		t.Errorf("the second case heard %v", h)
	}
}

// While invitations leave at a platform's pace, what somebody asks for is delayed by one
// message at most.
func TestDemandAmongInvitations(t *testing.T) {
	for _, pace := range []float64{1, 30} {
		answer := tell(person("li"), flows.Personal, "记下了")
		answer.Reply = true
		invite := inviting(music, 200, "")
		s := newStage(t, nil, toy(t, "toy", func(id string, n note, e flows.Event) (note, []flows.Effect) {
			if w, ok := e.What.(flows.Opened); ok && w.Said != nil && strings.HasSuffix(w.Said.Message.Text, "坏了") {
				n.Stage = "filed"
				return n, []flows.Effect{answer}
			}
			return invite(id, n, e)
		}))
		s.toy.caps.PerSecond = pace
		s.say("p1", "", "事情")
		residents(s, 600, nil)
		for range 3 {
			s.hear(s.pressed("p1", "", "1/go"))
			for range 400 { // the rows of the batch are made; some of them leave
				if n, _, err := s.b.Round(t.Context()); err != nil {
					t.Fatal(err)
				} else if n == 0 {
					break
				}
			}
		}
		s.toy.take()
		worst := 0
		for i := range 20 {
			for range 3 + i%4 {
				n, next, err := s.b.Round(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					s.clock.Set(next)
				}
			}
			s.toy.take()
			s.hear(s.said("li", "", "事情：灯坏了"))
			between := 0
		wait:
			for range 1000 {
				n, next, err := s.b.Round(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					s.clock.Set(next)
				}
				for _, m := range s.toy.take() {
					if m.Text == "记下了" {
						break wait
					}
					between++
				}
			}
			worst = max(worst, between)
		}
		t.Logf("at %v a second: at most %d messages between a demand and its answer", pace, worst)
		if worst > 1 {
			t.Errorf("at %v a second a demand waited for %d invitations", pace, worst)
		}
	}
}
