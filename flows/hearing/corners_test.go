package hearing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/hearing"
)

// What goes wrong where two things meet: other times, another date, two accounts, an
// objection and the clock.

// asked is a hearing of which three times are asked.
func asked(t testing.TB, s *flows.Settings) *table {
	t.Helper()
	b := sits(t, s, begun(s, hearing.Planning))
	times(b, december(s, 3, 10, 0), december(s, 12, 15, 0), december(s, 13, 15, 0), december(s, 13, 19, 0))
	b.press(december(s, 3, 10, 5), b.official("chen"), "send")
	if st := b.state(); st.Stage != hearing.Asking {
		t.Fatalf("nobody was asked: %s", st.Stage)
	}
	return b
}

func times(b *table, at time.Time, list ...time.Time) {
	b.T.Helper()
	p := &flows.Appointment{}
	for _, x := range list {
		p.Times = append(p.Times, flows.When{At: x, Words: "那天"})
	}
	b.write(at, b.official("chen"), "times", "那几天", flows.Reading{Plan: p})
}

// A tick is for the time it was set at: when other times are asked, it counts for none of
// them, and one more press does not take it away.
func TestTicksOfEarlierTimes(t *testing.T) {
	s := house(t)
	b := asked(t, s)
	b.press(december(s, 3, 11, 0), resident(1), "tick=0")
	times(b, december(s, 3, 12, 0), december(s, 19, 15, 0), december(s, 20, 15, 0))
	b.press(december(s, 3, 12, 5), b.official("chen"), "send")
	b.press(december(s, 3, 13, 0), resident(1), "tick=0")
	if st := b.state(); st.Slots[0].Others != 1 {
		t.Errorf("somebody who ticked an earlier list presses the first time: %d can come, they hear %v", st.Slots[0].Others, b.heard("r1"))
	}
}

// Who is needed, or not needed any more, stays counted at the times they have ticked.
func TestNeededAfterTicks(t *testing.T) {
	s := house(t)
	b := asked(t, s)
	b.press(december(s, 3, 11, 0), b.official("feng"), "tick=0")
	b.press(december(s, 3, 11, 1), b.official("liu"), "tick=0")
	b.press(december(s, 3, 12, 0), b.official("chen"), "need=feng")
	if x := b.state().Slots[0]; !slices.Contains(x.Needed, "feng") || x.Others != 0 {
		t.Errorf("feng can come and is needed now: needed %v, others %d", x.Needed, x.Others)
	}
	b.press(december(s, 3, 12, 1), b.official("chen"), "unneed=liu")
	if x := b.state().Slots[0]; slices.Contains(x.Needed, "liu") || x.Others != 1 {
		t.Errorf("liu can come and is not needed any more: needed %v, others %d", x.Needed, x.Others)
	}
}

// A needed person who is let go of takes nobody else's tick along.
func TestErasedNeededTicks(t *testing.T) {
	s := house(t)
	b := asked(t, s)
	b.press(december(s, 3, 11, 0), resident(9), "tick=0")
	b.press(december(s, 3, 11, 1), resident(1), "tick=0")
	b.does(flows.Event{At: december(s, 3, 12, 0), What: flows.Erased{Person: "r9"}})
	if x := b.state().Slots[0]; len(x.Needed) != 0 || x.Others != 1 {
		t.Errorf("r1 can still come: needed %v, others %d", x.Needed, x.Others)
	}
}

// When the proposer's two accounts become one, their tick is that of somebody needed.
func TestJoinedNeededTicks(t *testing.T) {
	s := house(t)
	for _, own := range []bool{false, true} {
		b := asked(t, s)
		b.press(december(s, 3, 11, 0), resident(9), "tick=0")
		if own {
			b.press(december(s, 3, 11, 1), resident(5), "tick=0")
		}
		b.joins(december(s, 3, 12, 0), "r9", resident(5))
		if x := b.state().Slots[0]; !slices.Equal(x.Needed, []flows.PersonID{"r5"}) || x.Others != 0 {
			t.Errorf("both had ticked (%v), and are one now: needed %v, others %d", own, x.Needed, x.Others)
		}
	}
}

// Who has two accounts and waits with one of them keeps the place in the row, and a seat
// that two accounts held is given to who waits.
func TestJoinedWaits(t *testing.T) {
	s := house(t)
	full := func() *table {
		st := announced(s, hearing.Notice)
		st.Seats, st.Kept, st.Taken = 2, 0, hearing.Taken{}
		b := sits(t, s, st)
		for i := 1; i <= 5; i++ {
			b.press(december(s, 8, 10, i), resident(i), "come")
		}
		return b
	}
	b := full()
	b.joins(december(s, 8, 11, 0), "r3", resident(13))
	b.press(december(s, 8, 12, 0), resident(1), "nocome")
	if _, tag := b.partOf("r13"); tag != hearing.TagYes {
		_, four := b.partOf("r4")
		t.Errorf("the first who waits has joined two accounts, and is %q; the next is %q", tag, four)
	}
	b = full()
	b.joins(december(s, 8, 11, 0), "r1", resident(2))
	if _, tag := b.partOf("r3"); tag != hearing.TagYes || b.state().Taken.Seats != 2 {
		t.Errorf("two accounts with a seat each are one: who waits is %q, %d seats are taken", tag, b.state().Taken.Seats)
	}
}

// Only what somebody says is kept who has said that they want to speak: that the
// organiser has checked them in, or that they have the code, is no consent.
func TestOnlyWhoWantsToSpeak(t *testing.T) {
	s := house(t)
	for _, how := range []string{"in", "here"} {
		b, at := scene(t, s, "group")
		if how == "in" {
			b.press(at, b.official("chen"), "in=r1")
		} else {
			b.press(at, resident(1), "here=4821")
		}
		last := b.state().Last
		said := flows.Said{Message: flows.Message{Ref: "m1", Text: "我跟老李说的，别外传"}}
		b.does(flows.Event{At: at, By: resident(1), Chat: flows.Chat{ID: "g1", Group: true, Directory: "b3"}, What: flows.Told{Name: "heard", Said: &said}})
		if st := b.state(); st.Last != last {
			x, _ := b.itemOf(st.Last)
			t.Errorf("checked in by %q, and never said that they want to speak: %q is kept", how, x.Text)
		}
	}
}

// Who had checked in when it was put off is not there on the new date.
func TestHereBeforeItWasPutOff(t *testing.T) {
	s := house(t)
	for _, how := range []string{"off", "move"} {
		b, at := scene(t, s, "soon")
		b.press(at, resident(1), "here=4821")
		if b.state().Came != 1 {
			t.Fatalf("they hear %v", b.heard("r1"))
		}
		if how == "off" {
			b.write(at, b.official("chen"), "off", "刮大风", flows.Reading{})
			b.press(at, b.official("chen"), "again")
			times(b, december(s, 13, 10, 0), december(s, 19, 15, 0))
			b.press(december(s, 13, 10, 1), b.official("chen"), "slot=0")
			b.press(december(s, 13, 10, 2), b.official("chen"), "publish")
		} else {
			b.write(at, b.official("chen"), "move", "改到19日", flows.Reading{Plan: &flows.Appointment{Times: []flows.When{{At: december(s, 19, 15, 0), Words: "19日"}}, Rest: "刮大风"}})
		}
		if st := b.state(); st.Stage != hearing.Notice || st.Version != 2 {
			t.Fatalf("%s: it is %s, version %d: %v", how, st.Stage, st.Version, did(b))
		}
		if n := b.state().Came; n != 0 {
			t.Errorf("%s: %d are there a week before", how, n)
		}
		b.press(december(s, 14, 10, 0), resident(1), "nocome")
		if _, tag := b.partOf("r1"); tag != hearing.TagNo {
			t.Errorf("%s: they cannot say that they do not come: %q, %v", how, tag, b.heard("r1"))
		}
	}
}

// The list does not go to the reviewers while an objection stands, and goes when it is
// lifted.
func TestReviewWaitsForObjection(t *testing.T) {
	s := house(t)
	b, _ := scene(t, s, "waiting")
	b.write(december(s, 1, 12, 0), b.official("xu"), "object", "不是议事会的事", flows.Reading{})
	b.does(flows.Event{At: december(s, 2, 8, 29), What: flows.Woke{Name: "review"}})
	if st := b.state(); st.Stage != hearing.Waiting {
		t.Errorf("while an objection stands it went on to %s", st.Stage)
	}
	b.press(december(s, 2, 10, 0), b.official("xu"), "lift")
	if st := b.state(); st.Stage != hearing.Review {
		t.Errorf("after it was lifted it is %s", st.Stage)
	}
}

// Nothing closes while an objection stands.
func TestObjectionWhileRated(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "rating")
	b.write(at, b.official("xu"), "object", "没有办好", flows.Reading{})
	b.does(flows.Event{At: at.AddDate(0, 0, 5), What: flows.Woke{Name: "rate"}})
	if st := b.state(); st.Stage == hearing.Closed {
		t.Error("it is closed with an objection against it")
	}
}

// Who does not agree has the answer they were promised, also one who says so while people
// judge.
func TestDissentWhileRated(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "rating")
	b.write(at.AddDate(0, 0, 1), resident(2), "dissent", "没有装好", flows.Reading{})
	n := b.state().Last
	if n != 6 {
		t.Fatalf("item %d, they hear %v", n, b.heard("r2"))
	}
	b.does(flows.Event{At: at.AddDate(0, 0, 5), What: flows.Woke{Name: "rate"}})
	b.write(at.AddDate(0, 0, 5).Add(time.Hour), b.official("chen"), "answer-6", "重装", flows.Reading{})
	if !slices.Contains(b.heard("r2"), "dissent-answer") {
		t.Errorf("they were promised an answer; it is %s, and the organiser hears %v", b.state().Stage, b.heard("chen"))
	}
}

// The number of a building at the beginning of a point is not that of the point.
func TestAgendaOfBuildings(t *testing.T) {
	s := house(t)
	for text, want := range map[string]string{
		"3号楼前装不装充电桩\n12号楼的车棚": "3号楼前装不装充电桩|12号楼的车棚",
		"1. 3号楼前装不装\n2、装在哪儿":  "3号楼前装不装|装在哪儿",
		"20块钱的清洁费要不要收":        "20块钱的清洁费要不要收",
	} {
		b, at := scene(t, s, "planning")
		b.write(at, b.official("chen"), "agenda", text, flows.Reading{})
		var got []string
		for _, p := range b.state().Points {
			got = append(got, p.Text)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// What was put down in a complaint meeting is something that was brought: it is followed up
// before the minutes are out.
func TestNoteWithoutAgenda(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "c-minutes")
	b.write(at, b.official("chen"), "note", "一位老人：谢谢大家", flows.Reading{})
	st := b.state()
	if !slices.ContainsFunc(st.Issue, func(i hearing.Issue) bool { return i.Item == st.Last && i.Kind == "" }) {
		t.Errorf("it was noted (%v), and nobody follows it up: %+v", b.heard("chen"), st.Issue)
	}
}

// A name that may stand with what was said does not stand with what was said in confidence.
func TestNameOfDissent(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "tasks")
	b.press(at, resident(1), "named")
	if x, _ := b.itemOf(1); x.Name == "" {
		t.Errorf("what was said beforehand has no name: %+v", x)
	}
	if x, _ := b.itemOf(4); x.Name != "" {
		t.Errorf("nobody sees who does not agree, they were told, and now it stands there: %+v", x)
	}
}

// Whom it is for is a part of the community.
func TestWhomOfNowhere(t *testing.T) {
	s := house(t)
	for _, word := range []string{"b/99", "g/g9", "x", ""} {
		b, at := scene(t, s, "planning")
		b.press(at, b.official("chen"), "whom="+word)
		if st := b.state(); st.Scope != (flows.Scope{Building: "3"}) {
			t.Errorf("it is for %+v", st.Scope)
		}
	}
}

// Who has said enough hears so, when they do not agree, too.
func TestSaidEnough(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "tasks")
	var p hearing.Part
	for i := range 40 {
		p.Items = append(p.Items, 100+i)
	}
	b.part("r1", hearing.TagHere, p)
	b.write(at, resident(1), "dissent", "还有", flows.Reading{})
	if len(b.heard("r1")) == 0 {
		t.Error("they do not agree for the 41st time, and hear nothing")
	}
}

// A meeting to which nobody came has no points that were talked over.
func TestPointsOfAnEmptyMeeting(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "meeting")
	st := b.state()
	st.Points[0].Items, st.Points[1].Begun = nil, at
	b.Case.Data = flows.Data(st)
	b.press(at, b.official("chen"), "end")
	for i, p := range b.state().Points {
		if b.state().Stage != hearing.Off || !p.Begun.IsZero() {
			t.Errorf("%s: point %d has begun", b.state().Stage, i+1)
		}
	}
}

// Where nothing stands against it, nobody is asked for an answer to that.
func TestRespondToNothing(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "notice")
	b.press(at, b.official("chen"), "respond")
	if slices.ContainsFunc(b.says(), func(x flows.Say) bool { return x.Expect != "" }) {
		t.Errorf("there is no objection: %v", did(b))
	}
}

// Words of a complaint are asked for only where there can be one.
func TestComplaintOfAHearing(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "meeting")
	b.press(at, b.official("chen"), "complaint")
	if slices.ContainsFunc(b.says(), func(x flows.Say) bool { return x.Expect != "" }) {
		t.Errorf("it is asked for, and refused when it comes: %v", did(b))
	}
}

// Who is not among those it is for does not choose its time.
func TestTickFromOutside(t *testing.T) {
	s := house(t)
	b := asked(t, s)
	by := resident(1)
	by.Home.Building = "5"
	b.press(december(s, 3, 11, 0), by, "tick=0")
	if st := b.state(); st.Slots[0].Others != 0 {
		t.Errorf("somebody of building 5 is counted: %v", b.heard("r1"))
	}
}

// A change of a message in a complaint meeting in a group changes what was kept of it.
func TestEditedComplaint(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "c-meeting")
	st := b.state()
	st.Group, st.Room = "b3", ""
	b.Case.Data = flows.Data(st)
	b.press(at, resident(2), "speak")
	say := func(text string, edited bool) {
		b.does(flows.Event{At: at, By: resident(2), Chat: flows.Chat{ID: "g1", Group: true, Directory: "b3"}, Reading: flows.Reading{Demand: 0.9, Item: "1-2"},
			What: flows.Told{Name: "heard", Said: &flows.Said{Message: flows.Message{Ref: "m1", Text: text}, Edited: edited}}})
	}
	say("东门的灯坏了", false)
	say("西门的灯坏了", true)
	if x, _ := b.itemOf(b.state().Last); x.Text != "西门的灯坏了" {
		t.Errorf("it was changed, and is still %q", x.Text)
	}
}

// Who is there needs nobody to speak for them, and does not wait for a seat.
func TestProxyOfWhoIsThere(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "soon")
	b.press(at, resident(1), "here=4821")
	b.write(at, resident(1), "proxy", "我女儿", flows.Reading{})
	if _, tag := b.partOf("r1"); tag != hearing.TagHere || b.state().Taken.Seats != 3 {
		t.Errorf("they are %q, and %d seats are taken", tag, b.state().Taken.Seats)
	}
}

// Many times, and rooms none of which can be had: the engine lets one event move a hundred
// cases, and no more.
func TestTimesWithoutRooms(t *testing.T) {
	s := house(t)
	s.Rooms = slices.Clone(s.Rooms)
	for _, id := range []string{"da", "laonian", "tushu"} {
		s.Rooms = append(s.Rooms, flows.Room{ID: id, Name: id, Seats: 60})
	}
	b := sits(t, s, begun(s, hearing.Planning))
	b.taken = true
	var list []time.Time
	for i := range hearing.SlotCap {
		list = append(list, december(s, 8+i/4, 9+2*(i%4), 0))
	}
	times(b, december(s, 3, 10, 0), list...)
	if st := b.state(); len(st.Slots) != hearing.SlotCap || b.moves > 100 {
		t.Errorf("%d times are read, and %d cases are moved", len(st.Slots), b.moves)
	}
}

// Who waited for a seat has one when it is announced anew where there are enough.
func TestWaitsForALargerRoom(t *testing.T) {
	s := house(t)
	st := announced(s, hearing.Off)
	st.Seats, st.Kept, st.Taken, st.Booked = 2, 0, hearing.Taken{Seats: 2}, false
	b := sits(t, s, st)
	b.part("chen", hearing.TagYes, hearing.Part{})
	b.part("jiang", hearing.TagYes, hearing.Part{})
	b.part("r1", hearing.TagWait, hearing.Part{})
	b.press(december(s, 13, 10, 0), b.official("chen"), "again")
	times(b, december(s, 13, 10, 1), december(s, 19, 15, 0))
	b.press(december(s, 13, 10, 2), b.official("chen"), "slot=0")
	b.press(december(s, 13, 10, 3), b.official("chen"), "publish")
	if _, tag := b.partOf("r1"); b.state().Stage != hearing.Notice || tag != hearing.TagYes {
		t.Errorf("%s, %d of %d seats are taken, and somebody still waits: %q", b.state().Stage, b.state().Taken.Seats, b.state().Seats, tag)
	}
}

// The list in the group is not sent when the time for it is over.
func TestListAfterItsTime(t *testing.T) {
	s := house(t)
	b := asked(t, s)
	at := b.state().Until.Add(time.Minute)
	b.press(at, b.official("chen"), "list")
	for _, x := range b.says() {
		if !x.Until.IsZero() && !x.Until.After(at) {
			t.Errorf("%s is said until a minute ago, and the organiser hears %v", x.Words, b.heard("chen"))
		}
	}
}

// A sign on a message says that it was kept: none is on what was not.
func TestSignOnWhatIsKept(t *testing.T) {
	s := house(t)
	b, at := scene(t, s, "c-meeting")
	st := b.state()
	st.Group, st.Room = "b3", ""
	b.Case.Data = flows.Data(st)
	b.press(at, resident(2), "speak")
	last := b.state().Last
	b.does(flows.Event{At: at, By: resident(2), Chat: flows.Chat{ID: "g1", Group: true, Directory: "b3"},
		What: flows.Told{Name: "heard", Said: &flows.Said{Message: flows.Message{Ref: "m1", Text: "大家晚上好"}}}})
	sign := slices.ContainsFunc(b.says(), func(x flows.Say) bool { return x.React != "" })
	if kept := b.state().Last > last; kept != sign {
		t.Errorf("kept %v, with a sign %v", kept, sign)
	}
}

// Who looks at a topic that was not handed on yet is asked again: it has no number to be
// told of, and no page.
func TestLookAtWhatIsOffered(t *testing.T) {
	s := house(t)
	b := sits(t, s, hearing.State{Stage: hearing.Offered, Proposer: "r1", Topic: "楼前装不装充电桩"})
	b.Case.No = 0
	b.press(december(s, 3, 10, 0), resident(1), "look")
	if got := b.heard("r1"); !slices.Equal(got, []string{"offer"}) {
		t.Errorf("the proposer hears %v", got)
	}
	b.press(december(s, 3, 10, 1), resident(2), "look")
	if got := b.heard("r2"); slices.Contains(got, "offer") {
		t.Errorf("somebody else hears %v", got)
	}
}
