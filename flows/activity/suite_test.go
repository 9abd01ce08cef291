package activity_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/activity"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/flows/room"
)

// settings are those of the example community.
func settings(t *testing.T) *flows.Settings { return flowstest.Example(t, demand.DutyList()) }

// notes is a menu that only listens.
type notes struct{}

func (notes) Summary() flows.Summary {
	return flows.Summary{Stage: "open", Matter: []string{flows.MenuKey}}
}

func notebook(t *testing.T) flows.Flow {
	t.Helper()
	f, err := flows.Define(flows.MenuFlow, flowstest.Words("x: x"), func(_ string, s notes, _ flows.Event) (notes, []flows.Effect) { return s, nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func both(t *testing.T) (a flows.Flow, with []flows.Flow, s *flows.Settings) {
	all := append(flowstest.Flows(t, activity.New, room.New), notebook(t))
	return all[0], all[1:], settings(t)
}

// options are those of a play of activities: people whom they suit, offers, news of rooms.
func options(s *flows.Settings, with []flows.Flow) flowstest.Options {
	return flowstest.Options{With: with, Reading: func(rt *rapid.T) flows.Reading { return reading(rt, s) }, Tell: tell, Begin: begin,
		Cast: func(rt *rapid.T, a *flows.Actor) { a.Profile = profile(rt) }}
}

func TestSuite(t *testing.T) {
	a, r, s := both(t)
	flowstest.Run(t, s, a, options(s, r))
}

// profile draws what somebody has said of themself.
func profile(t *rapid.T) flows.Profile {
	return flows.Profile{Age: rapid.SampledFrom([]flows.Age{"", flows.Minor, flows.Young, flows.Young, flows.Middle, flows.Elder}).Draw(t, "age"),
		Likes:    rapid.SampledFrom([][]string{nil, {"music"}, {"music", "taichi"}, {"hiking"}}).Draw(t, "likes"),
		Wishes:   rapid.SampledFrom([][]string{nil, nil, {"d1"}}).Draw(t, "wishes"),
		Came:     rapid.SampledFrom([][]string{nil, nil, {"music", "taichi"}}).Draw(t, "came"),
		Children: rapid.Bool().Draw(t, "children"), Often: rapid.SampledFrom([]flows.Often{"", "", flows.Weekly, flows.Never}).Draw(t, "often")}
}

func begin(t *rapid.T) json.RawMessage {
	return flows.Data(flows.Offer{Dish: rapid.SampledFrom([]string{"", "d1"}).Draw(t, "dish"), Title: rapid.SampledFrom([]string{"", "学吉他"}).Draw(t, "title"),
		Interest: rapid.SampledFrom([]string{"", "music"}).Draw(t, "interest"), Wished: rapid.IntRange(0, 30).Draw(t, "wished"), Rate: rapid.IntRange(0, 60).Draw(t, "rate"),
		Shown: rapid.IntRange(0, 100).Draw(t, "shown"), About: rapid.SampledFrom([]flows.ID{"", "", "7"}).Draw(t, "about")})
}

// tell draws what other cases say to it.
func tell(t *rapid.T) (string, json.RawMessage) {
	name := rapid.SampledFrom([]string{"booked", "booked", "taken", "lost", "about", "chain", "status"}).Draw(t, "told")
	at := noon.AddDate(0, 0, rapid.IntRange(0, 20).Draw(t, "day"))
	switch name {
	case "booked", "taken", "lost":
		return name, flows.Data(flows.Booking{Room: rapid.SampledFrom([]string{"linli", "xiao"}).Draw(t, "room"), Slot: flows.TheMeeting, From: at, To: at.Add(2 * time.Hour),
			Why: rapid.SampledFrom([]string{"", "taken", "closed"}).Draw(t, "why"), Asked: rapid.Bool().Draw(t, "asked")})
	case "about":
		return name, flows.Data(flows.About{No: 7, Item: "1-2", People: rapid.IntRange(0, 60).Draw(t, "people")})
	}
	return name, nil
}

var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.FixedZone("CST", 8*3600))

// reading draws what a reader may find in words about activities.
func reading(t *rapid.T, s *flows.Settings) flows.Reading {
	r := flowstest.AnyReading(t, s)
	r.Danger = ""
	if rapid.IntRange(0, 3).Draw(t, "offer") > 0 {
		r.Offer = &flows.OfferLine{Title: rapid.SampledFrom([]string{"学吉他", "清理楼道", ""}).Draw(t, "what"), Most: rapid.SampledFrom([]int{0, 2, 3, 12, 25, 40}).Draw(t, "most"),
			Least: rapid.SampledFrom([]int{0, 0, 2, 30}).Draw(t, "least"), Cost: rapid.SampledFrom([]string{"", "免费"}).Draw(t, "cost"), Minutes: rapid.SampledFrom([]int{0, 60, 120}).Draw(t, "minutes"),
			Number: rapid.SampledFrom([]int{0, 0, 1}).Draw(t, "number")}
	}
	if rapid.IntRange(0, 3).Draw(t, "plan") > 0 {
		p := &flows.Appointment{Rest: rapid.SampledFrom([]string{"", "下雨"}).Draw(t, "rest")}
		for range rapid.IntRange(0, 2).Draw(t, "times") {
			at := noon.Add(time.Duration(rapid.IntRange(-24, 24*20).Draw(t, "hours")) * time.Hour)
			p.Times = append(p.Times, flows.When{At: at, Day: rapid.IntRange(0, 9).Draw(t, "only the day") == 0, Words: "那天"})
		}
		if rapid.Bool().Draw(t, "room") {
			p.Rooms = []string{rapid.SampledFrom([]string{"linli", "xiao"}).Draw(t, "which")}
		}
		r.Plan = p
	}
	if rapid.IntRange(0, 3).Draw(t, "list") == 0 {
		r.Chain = flowstest.AnyChain(t, s)
		if rapid.Bool().Draw(t, "numbered") {
			r.Number = 1
		}
	}
	return r
}

func stateOf(t *rapid.T, c flows.Case) (s activity.State) {
	if len(c.Data) == 0 {
		return s
	}
	if err := json.Unmarshal(c.Data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// There are never more people than places, whatever happens in whatever order: what the state
// counts is what the entries say, but for who has come without an invitation.
func TestPlacesHold(t *testing.T) {
	a, r, s := both(t)
	o := options(s, r)
	o.Check = func(t *rapid.T, st flowstest.Step) {
		if st.Flow.Name != activity.Name {
			return
		}
		now := stateOf(t, st.After)
		if now.Seats < 0 || now.Lines < 0 || now.Came < 0 {
			t.Fatalf("%+v", now)
		}
		if now.Stage == activity.Open && now.Seats+now.Lines > now.Most && now.Came == 0 {
			t.Fatalf("%d+%d people on %d places", now.Seats, now.Lines, now.Most)
		}
		for k, x := range now.Sums {
			if x.Yes < 0 || x.Sent < 0 || x.Came < 0 || x.Came > x.Yes {
				t.Fatalf("%s: %+v", k, x)
			}
		}
	}
	flowstest.Run(t, s, a, o)
}

// A group never reads who was invited, comes or stays away; nobody is invited who wants no
// invitation, nor a minor; and nobody is invited who has answered.
func TestGroupsReadNobody(t *testing.T) {
	a, r, s := both(t)
	o := options(s, r)
	o.Check = func(t *rapid.T, st flowstest.Step) {
		if st.Flow.Name != activity.Name {
			return
		}
		for _, eff := range st.Effects {
			say, ok := eff.(flows.Say)
			if !ok || say.Toast {
				continue
			}
			if say.Class == flows.Invitation && (!strings.HasPrefix(say.To.Entries, "ask-") || say.Words != "remind" && !strings.HasPrefix(say.Words, "invite-")) {
				t.Fatalf("%q goes to %+v as an invitation", say.Words, say.To)
			}
			if say.To.Chat == "" && say.To.Groups.Zero() && say.To.Nearest.Zero() {
				continue
			}
			for _, lang := range flows.Languages {
				text, _, err := flowstest.Render(st, say, lang)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range st.Past.People {
					if len(p.Posts) == 0 && strings.Contains(text, p.Name) {
						t.Fatalf("%q tells a group who: %s", say.Words, text)
					}
				}
			}
		}
		if w, ok := st.Event.What.(flows.Answered); ok && w.Name == "found" {
			var list []flows.Found
			if err := json.Unmarshal(w.Data, &list); err != nil {
				t.Fatal(err)
			}
			for _, f := range list {
				i := slices.IndexFunc(st.Past.People, func(a flows.Actor) bool { return a.Person == f.Person })
				if p := st.Past.People[i].Profile; p.Stopped() || p.Age == flows.Minor {
					t.Fatalf("%s is invited, who is %+v", f.Person, p)
				}
			}
		}
	}
	flowstest.Run(t, s, a, o)
}
