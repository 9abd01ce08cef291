package room

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// turn is one step of a room: the state with the effects it leads to.
type turn struct {
	State
	e       flows.Event
	effects []flows.Effect
}

func (t *turn) do(e ...flows.Effect) { t.effects = append(t.effects, e...) }

func rules(_ string, s State, e flows.Event) (State, []flows.Effect) {
	t := &turn{State: s, e: e}
	t.Bookings = slices.DeleteFunc(slices.Clone(s.Bookings), func(b Booked) bool { return e.At.Sub(b.To) > 24*time.Hour })
	switch w := e.What.(type) {
	case flows.Opened:
		id, ok := strings.CutPrefix(w.Key, flows.RoomKey(""))
		if t.Stage, t.Room = Gone, id; ok && id != "" {
			t.Stage = Kept // it is told at once who wants it
		}
		return t.State, nil
	case flows.Told:
		t.told(w)
	case flows.Chose:
		t.chose(w)
	}
	if len(t.Bookings) == 0 {
		t.Bookings, t.Stage = nil, Gone
	}
	return t.State, t.effects
}

func (t *turn) told(w flows.Told) {
	var b flows.Booking
	if json.Unmarshal(w.Data, &b) != nil || w.From == "" {
		return
	}
	switch w.Name {
	case "book":
		t.book(w.From, b)
	case "free":
		t.free(w.From, b.Slot)
	}
}

// book lets a meeting have a time, instead of the one it had under the same slot.
func (t *turn) book(id flows.ID, want flows.Booking) {
	zone := t.e.Settings.Zone
	b := Booked{Case: id, Slot: want.Slot, From: want.From.In(zone), To: want.To.In(zone), No: want.No}
	room, there := t.e.Settings.Room(t.Room)
	switch until := t.clash(id, b.From, b.To); {
	case !there:
		t.refuse(b, "gone", time.Time{})
		return
	case !b.To.After(b.From), b.To.Sub(b.From) > Longest, !b.To.After(t.e.At), !room.Open(b.From, b.To):
		t.refuse(b, "closed", time.Time{})
		return
	case !until.IsZero():
		t.refuse(b, "taken", until)
		return
	}
	i := t.find(func(x Booked) bool { return x.Case == id && x.Slot == b.Slot })
	switch {
	case i < 0:
		t.ask(&b, room)
		t.Bookings = append(t.Bookings, b)
	case t.Bookings[i].From.Equal(b.From) && t.Bookings[i].To.Equal(b.To):
		t.Bookings[i].No = b.No
		b = t.Bookings[i]
	default:
		if old := t.Bookings[i]; old.Card > 0 {
			say := t.card(old, "own-moved")
			say.Tidy = true // what is true now comes as a card of its own
			t.do(say)
		}
		t.ask(&b, room)
		t.Bookings[i] = b
	}
	t.answer("booked", b, "", time.Time{})
}

// free gives back the time of a slot, or all that a meeting has.
func (t *turn) free(id flows.ID, slot int) {
	t.Bookings = slices.DeleteFunc(t.Bookings, func(b Booked) bool {
		if b.Case != id || slot >= 0 && b.Slot != slot {
			return false
		}
		if b.Card > 0 && b.From.After(t.e.At) {
			t.do(t.card(b, "own-free"))
		}
		return true
	})
}

// ask asks the body whose room it is whether a meeting may have it: once, when its date is
// fixed. Who holds the post there and books it has said so by that.
func (t *turn) ask(b *Booked, room flows.Room) {
	i := slices.IndexFunc(t.e.Settings.Bodies, func(x flows.Body) bool { return x.ID == room.Owner })
	if b.Slot != flows.TheMeeting || i < 0 || !b.From.After(t.e.At) {
		return
	}
	owner := t.e.Settings.Bodies[i]
	if owner.None || t.e.By.Holds(owner.Role) {
		return
	}
	t.Cards++
	b.Card, b.Owner, b.Asked = t.Cards, owner.Role, true
	say, n := t.card(*b, "own-ask"), strconv.Itoa(b.Card)
	say.Until = b.From
	say.Buttons = []flows.Button{{Words: "b-own-yes", Choice: "yes=" + n}, {Words: "b-own-no", Choice: "no=" + n}}
	t.do(say)
}

// chose is the answer of somebody whose room it is.
func (t *turn) chose(w flows.Chose) {
	card, err := strconv.Atoi(w.Value)
	i := t.find(func(b Booked) bool { return b.Card > 0 && b.Card == card })
	switch {
	case w.Choice != "yes" && w.Choice != "no" || err != nil:
		return
	case i < 0 || !t.Bookings[i].From.After(t.e.At):
		t.toast("over")
		return
	case !t.e.By.Holds(t.Bookings[i].Owner):
		t.toast("not-yours")
		return
	}
	b := t.Bookings[i]
	switch {
	case w.Choice == "no":
		t.Bookings = slices.Delete(t.Bookings, i, i+1)
		t.answered(b, "own-no")
		b.Asked = false
		t.answer("lost", b, "owner", time.Time{})
	case b.Asked:
		b.Asked = false
		t.Bookings[i] = b
		t.answered(b, "own-yes", flows.Button{Words: "b-own-undo", Choice: "no=" + w.Value})
		t.answer("booked", b, "", time.Time{})
	}
	t.toast("noted")
}

// answered changes the card, also that of the others who were asked.
func (t *turn) answered(b Booked, text string, buttons ...flows.Button) {
	others := t.card(b, text)
	others.To.Except, others.Buttons = []flows.PersonID{t.e.By.Person}, buttons
	others.Vars["who"] = flows.Who(t.e.By.Person)
	mine := others
	mine.To, mine.Reply = flows.To{Person: t.e.By.Person}, true
	t.do(mine)
	if slices.ContainsFunc(t.e.Settings.With(b.Owner, flows.Everywhere), func(p flows.PersonID) bool { return p != t.e.By.Person }) {
		t.do(others)
	}
}

// card is what people of the owner read about a booking.
func (t *turn) card(b Booked, text string) flows.Say {
	zone := t.e.Settings.Zone
	from, to := b.From.In(zone), b.To.In(zone)
	name := t.Room
	if r, ok := t.e.Settings.Room(t.Room); ok {
		name = r.Name
	}
	vars := flows.Vars{"room": flows.Text(name), "from": flows.At(from), "begin": flows.Text(from.Format("15:04")), "end": flows.Text(to.Format("15:04"))}
	if b.No > 0 {
		vars["no"] = flows.Num(b.No)
	}
	if from.YearDay() != to.YearDay() {
		vars["next"] = flows.At(to)
	}
	return flows.Say{To: flows.To{Role: b.Owner, Scope: flows.Everywhere}, Class: flows.Work, Words: text, Vars: vars, Slot: "own-" + strconv.Itoa(b.Card)}
}

// answer tells a meeting what became of its booking.
func (t *turn) answer(name string, b Booked, why string, taken time.Time) {
	t.do(flows.Tell{Case: b.Case, Name: name, Data: flows.Data(flows.Booking{
		Room: t.Room, Slot: b.Slot, From: b.From, To: b.To, No: b.No, Taken: taken, Why: why, Asked: b.Asked,
	})})
}

func (t *turn) refuse(b Booked, why string, until time.Time) { t.answer("taken", b, why, until) }

// toast shows the actor a brief notice.
func (t *turn) toast(text string) {
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Work, Words: text, Toast: true})
}
