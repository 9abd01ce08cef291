package hearing_test

import (
	"fmt"
	"slices"
	"testing"

	"linli/flows"
	"linli/flows/hearing"
)

// What is heard, and what the engine is told of a hearing.

func TestHear(t *testing.T) {
	f, err := rules()
	if err != nil {
		t.Fatal(err)
	}
	topic := flows.Reading{Topic: &flows.TopicLine{Text: "装不装"}}
	held := flows.Similar{Case: flows.CaseRef{ID: "1", No: 1}, Flow: hearing.Name, Why: flows.ByHeld, Mine: true, Tag: hearing.TagHere}
	stranger := held
	stranger.Tag = hearing.TagYes // who comes, and has not said that they want to speak
	numbered := flows.Similar{Case: flows.CaseRef{ID: "1", No: 1}, Flow: hearing.Name, Why: flows.ByNumber}
	mine := flows.Similar{Case: flows.CaseRef{ID: "2", No: 1}, Flow: "demand", Why: flows.ByNumber, Mine: true}
	for what, c := range map[string]struct {
		said flows.Said
		read flows.Reading
		like []flows.Similar
		want string
	}{
		"a topic":                       {flows.Said{Direct: true}, topic, nil, "open"},
		"a topic in a group":            {flows.Said{}, topic, nil, ""},
		"a topic that was changed":      {flows.Said{Direct: true, Edited: true}, topic, nil, ""},
		"somebody else's topic":         {flows.Said{Direct: true, Message: flows.Message{Forwarded: true}}, topic, nil, ""},
		"a danger":                      {flows.Said{Direct: true}, flows.Reading{Topic: topic.Topic, Danger: flows.Gas}, nil, ""},
		"in a meeting":                  {flows.Said{}, flows.Reading{}, []flows.Similar{held}, "heard"},
		"a change in a meeting":         {flows.Said{Edited: true}, flows.Reading{}, []flows.Similar{held}, "heard"},
		"in a meeting, without consent": {flows.Said{}, flows.Reading{}, []flows.Similar{stranger}, ""},
		"in a meeting, somebody else's": {flows.Said{Message: flows.Message{Forwarded: true}}, flows.Reading{}, []flows.Similar{held}, ""},
		"a list of times":               {flows.Said{}, flows.Reading{Chain: &flows.Chain{}}, []flows.Similar{numbered}, "chain"},
		"a list without a number":       {flows.Said{}, flows.Reading{Chain: &flows.Chain{}}, nil, ""},
		"how it stands":                 {flows.Said{Direct: true}, flows.Reading{Status: true}, []flows.Similar{numbered}, "status"},
		"how it stands, in a group":     {flows.Said{}, flows.Reading{Status: true}, []flows.Similar{numbered}, ""},
		"how one's own demand stands":   {flows.Said{Direct: true}, flows.Reading{Status: true}, []flows.Similar{numbered, mine}, ""},
		"chatter":                       {flows.Said{Direct: true}, flows.Reading{}, []flows.Similar{numbered}, ""},
	} {
		got := ""
		for _, x := range f.Hear(flows.Event{What: c.said, By: flows.Actor{Person: "r1"}, Reading: c.read, Similar: c.like}) {
			switch x := x.(type) {
			case flows.Open:
				got += "open"
			case flows.Tell:
				got += x.Name
			default:
				got += fmt.Sprintf("%T", x)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

// A meeting in a group is found there while it is on, and at no other time; what nobody has
// handed on is not found at all.
func TestFoundWhere(t *testing.T) {
	s := house(t)
	for when, want := range map[string]int{"offered": 0, "waiting": 1, "group": 2, "meeting": 1, "closed": 0, "refused": 0} {
		b, _ := scene(t, s, when)
		if got := b.state().Summary().Matter; len(got) != want {
			t.Errorf("%s: %q", when, got)
		}
	}
	st := announced(s, hearing.Notice)
	st.Group = "b3"
	if got := st.Summary().Matter; slices.Contains(got, flows.HeldIn("b3")) {
		t.Errorf("before it has begun: %q", got)
	}
}

// Answers are taken of those who wait for one, and of nobody else.
func TestTakes(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "tasks")
	st := b.state()
	if got := st.Takes(); !slices.Contains(got, "answer-4") || !slices.Contains(got, "retask-0") || slices.Contains(got, "times") {
		t.Errorf("%q", got)
	}
	st.Dissents[0].Answered, st.Decisions[0].How = at, "taken"
	if got := st.Takes(); slices.Contains(got, "answer-4") || slices.Contains(got, "retask-0") {
		t.Errorf("answered: %q", got)
	}
}

// What a hearing is about is a building, not the door it was heard of at.
func TestPlaceOfTopic(t *testing.T) {
	s := house(t)
	b := sits(t, s, hearing.State{})
	b.does(flows.Event{At: december(s, 1, 10, 0), What: flows.Opened{Parent: "7", Data: flows.Data(flows.Topic{Text: "楼道杂物", Place: flows.Place{Building: "3", Unit: "2", Floor: 5, Room: "501"}})}})
	if p := b.state().Place; p != (flows.Place{Building: "3"}) {
		t.Errorf("it is about %+v", p)
	}
}

// The reviewers have their time from when they get the list, also where the house has slept.
func TestReviewLate(t *testing.T) {
	s := house(t)
	for day, want := range map[int]int{2: 4, 9: 11} {
		b, _ := scene(t, s, "waiting")
		b.does(flows.Event{At: december(s, day, 8, 29), What: flows.Woke{Name: "review"}})
		if due := b.state().Vetted.Due; due.Day() != want {
			t.Errorf("with the list on the %dth they answer by %s", day, due)
		}
	}
}

// What is asked after again is counted, and reminded of anew.
func TestAskedAgain(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "upward")
	for n := 1; n <= 2; n++ {
		b.press(at.AddDate(0, 0, n), b.official("chen"), "asked")
		name := fmt.Sprint("upward-", n)
		if got := b.state().Report.Times; got != n || !slices.ContainsFunc(b.effects, func(x flows.Effect) bool { w, ok := x.(flows.Wake); return ok && w.Name == name }) {
			t.Errorf("asked %d times: %d, %s", n, got, did(b))
		}
	}
}

// A reviewer's words do nothing while an objection stands.
func TestVetFrozen(t *testing.T) {
	s := house(t)
	for _, tag := range []string{"refuse", "upward"} {
		b, at := scene(t, s, "review")
		st := b.state()
		st.Frozen = &hearing.Objection{By: "xu", At: at, Why: "没有贴"}
		b.Case.Data = flows.Data(st)
		b.write(at, b.official("han"), tag, "街道", flows.Reading{})
		if b.state().Stage != hearing.Review || !slices.Equal(b.heard("han"), []string{"frozen"}) {
			t.Errorf("%s: %s, %s", tag, b.state().Stage, did(b))
		}
	}
}

// Rooms are given back when nothing comes of it.
func TestDropFreesRooms(t *testing.T) {
	s := house(t)
	for when, choice := range map[string]string{"planning": "drop", "asking": "drop", "set": "drop", "notice": "off", "meeting": "end"} {
		b, at := scene(t, s, when)
		if choice == "off" {
			b.write(at, b.official("chen"), "off", "刮大风", flows.Reading{})
		} else {
			b.press(at, b.official("chen"), choice)
		}
		if !slices.ContainsFunc(b.effects, func(x flows.Effect) bool {
			tell, ok := x.(flows.Tell)
			return ok && tell.Name == "free" && tell.Key == flows.RoomKey("linli")
		}) {
			t.Errorf("%s, %s: the room stays taken: %s", when, choice, did(b))
		}
	}
}
