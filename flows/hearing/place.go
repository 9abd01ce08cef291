package hearing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"linli/flows"
)

// Where it is held: a room of the directory, which is a case of its own so that it cannot be taken
// twice, a video meeting, or a group.

// inRoom says that it is held in a room, and not by a link or in a group.
func (s State) inRoom() bool { return s.Link == "" && s.Group == "" }

// hold asks for a room for slot i: the one that was chosen, else the smallest that is
// large enough, open then, and not asked yet.
func (t *turn) hold(i int) {
	if !t.inRoom() {
		return
	}
	s := t.Slots[i]
	id := ""
	if t.Room != "" && !slices.Contains(s.Tried, t.Room) {
		id = t.Room
	} else {
		rooms := slices.DeleteFunc(slices.Clone(t.e.Settings.Rooms), func(r flows.Room) bool {
			return slices.Contains(s.Tried, r.ID) || r.Seats < t.expected() || !r.Open(s.From, s.To)
		})
		slices.SortStableFunc(rooms, func(a, b flows.Room) int { return cmp.Compare(a.Seats, b.Seats) })
		if len(rooms) > 0 {
			id = rooms[0].ID
		}
	}
	if id != "" {
		t.book(id, i, s.From, s.To)
	}
}

// expected is how many people a room must seat.
func (t *turn) expected() int { return max(20, len(t.Needed)+t.People) }

func (t *turn) book(room string, slot int, from, to time.Time) {
	t.do(flows.Tell{Flow: flows.RoomFlow, Key: flows.RoomKey(room), Name: "book",
		Data: flows.Data(flows.Booking{Room: room, Slot: slot, From: from, To: to, No: t.e.Case.No})})
}

// free gives rooms back: those of a slot, or with -1 all.
func (t *turn) free(slot int) {
	var rooms []string
	add := func(id string) {
		if id != "" && !slices.Contains(rooms, id) {
			rooms = append(rooms, id)
		}
	}
	for i, s := range t.Slots {
		if slot < 0 || slot == i {
			add(s.Room)
		}
	}
	if t.Booked && (slot < 0 || slot == flows.TheMeeting) {
		add(t.Room)
		t.Booked = false
	}
	for _, id := range rooms {
		t.do(flows.Tell{Flow: flows.RoomFlow, Key: flows.RoomKey(id), Name: "free", Data: flows.Data(flows.Booking{Room: id, Slot: slot})})
	}
}

// roomSays is what a room answers.
func (t *turn) roomSays(name string, b flows.Booking) {
	if b.Slot == flows.TheMeeting {
		t.meetingRoom(name, b)
		return
	}
	if b.Slot < 0 || b.Slot >= len(t.Slots) || t.Stage != Planning && t.Stage != Asking || !t.Slots[b.Slot].From.Equal(b.From) {
		return // of times that were given up since
	}
	t.Slots = slices.Clone(t.Slots)
	s := &t.Slots[b.Slot]
	switch name {
	case "booked":
		s.Room, s.Taken, s.Free = b.Room, "", time.Time{}
	default:
		if s.Room == b.Room {
			s.Room = ""
		}
		s.Tried = append(slices.Clone(s.Tried), b.Room)
		if s.Taken == "" {
			s.Taken, s.Free = cmp.Or(b.Why, "taken"), b.Taken
		}
		if len(t.Slots) < 5 {
			t.hold(b.Slot)
		} else { // one event moves only so many cases
			t.do(t.wake(t.e.At, "hold-"+itoa(b.Slot)))
		}
	}
	t.boardOnce()
}

// meetingRoom is what a room answers about the meeting itself.
func (t *turn) meetingRoom(name string, b flows.Booking) {
	switch name {
	case "booked":
		was := t.Room
		if t.Booked && was != "" && was != b.Room {
			t.do(flows.Tell{Flow: flows.RoomFlow, Key: flows.RoomKey(was), Name: "free", Data: flows.Data(flows.Booking{Room: was, Slot: flows.TheMeeting})})
		}
		if t.Stage == Notice && t.Later.IsZero() && b.Room == t.Room && b.From.Equal(t.From) {
			t.Booked, t.OwnerAsked = true, b.Asked
			t.boardOnce()
			return
		}
		if t.Stage == Notice && b.Asked { // nobody is told before its owner has said yes
			t.Later, t.LaterRoom, t.OwnerAsked = b.From, b.Room, true
			t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "room-asked", Vars: t.with(flows.Vars{"room": flows.Text(t.roomName(b.Room)), "owner": flows.Text(t.ownerOf(b.Room))}), Reply: t.e.By.Person == t.Organiser,
				Buttons: []flows.Button{{Words: "b-agreed", Choice: "agreed"}}})
			return
		}
		t.Room, t.Booked, t.OwnerAsked = b.Room, true, b.Asked
		switch {
		case t.Stage == Notice && !t.Later.IsZero():
			t.applied(b.From, b.To)
		case t.Stage == Set && t.From.Equal(b.From):
			t.boardOnce()
		}
	case "taken":
		vars := flows.Vars{"room": flows.Text(t.roomName(b.Room)), "why": flows.Text(cmp.Or(b.Why, "taken"))}
		if !b.Taken.IsZero() {
			vars["free"] = flows.At(b.Taken)
		}
		t.Later = time.Time{}
		if t.Organiser != "" {
			t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "room-taken", Vars: t.with(vars), Reply: t.e.By.Person == t.Organiser})
		}
	case "lost":
		switch {
		case b.Room == t.LaterRoom && !t.Later.IsZero():
			t.Later, t.LaterRoom = time.Time{}, ""
		case b.Room != t.Room || !t.Booked:
			return
		}
		if b.Room == t.Room {
			t.Booked = false
		}
		t.OwnerAsked = false
		t.do(flows.Say{To: flows.To{Person: t.Organiser}, Class: flows.Work, Words: "room-lost", Vars: t.with(flows.Vars{"room": flows.Text(t.roomName(b.Room))})})
		if t.Stage == Set {
			t.board(false)
		}
	}
}

// place takes a room of the directory.
func (t *turn) place(id string) {
	if _, ok := t.e.Settings.Room(id); !ok {
		t.toast("not-known", nil)
		return
	}
	if t.Stage == Notice {
		t.Later, t.LaterRoom = t.From, id
		t.book(id, flows.TheMeeting, t.From, t.To)
		return
	}
	t.Link, t.Group = "", ""
	if t.Stage == Set {
		t.book(id, flows.TheMeeting, t.From, t.To)
		return
	}
	t.free(-1)
	t.Room = id
	t.Slots = slices.Clone(t.Slots)
	for i := range t.Slots {
		t.Slots[i].Room, t.Slots[i].Tried, t.Slots[i].Taken = "", nil, ""
		t.hold(i)
	}
	t.board(false)
}

// elsewhere gives rooms back: it is held by a link, or in a group.
func (t *turn) elsewhere(link, group string) {
	t.free(-1)
	t.Room, t.Link, t.Group, t.OwnerAsked = "", link, group, false
	t.Slots = slices.Clone(t.Slots)
	for i := range t.Slots {
		t.Slots[i].Room, t.Slots[i].Tried, t.Slots[i].Taken = "", nil, ""
	}
}

// applied is another time or place of what was announced: everybody hears of it.
func (t *turn) applied(from, to time.Time) {
	if from.Equal(t.From) && t.Changed == "" {
		t.Changed = placeChanged
	}
	t.From, t.To, t.Later, t.LaterRoom = from, to, time.Time{}, ""
	t.Link, t.Group = "", ""
	t.moved()
}

// placeChanged is the reason that is said where only the place is another one.
const placeChanged = "换地方"

// agreed is what the owner of the room has said by telephone.
func (t *turn) agreed() {
	t.OwnerAsked = false
	if t.Stage != Notice || t.Later.IsZero() {
		t.board(false)
		return
	}
	if was := t.Room; was != t.LaterRoom && t.Booked {
		t.do(flows.Tell{Flow: flows.RoomFlow, Key: flows.RoomKey(was), Name: "free", Data: flows.Data(flows.Booking{Room: was, Slot: flows.TheMeeting})})
	}
	t.Room, t.Booked = t.LaterRoom, true
	t.applied(t.Later, t.Later.Add(t.To.Sub(t.From)))
}

// ownerOf is whose room it is, where that is another body.
func (t *turn) ownerOf(room string) string {
	r, ok := t.e.Settings.Room(room)
	if !ok || r.Owner == "" {
		return ""
	}
	i := slices.IndexFunc(t.e.Settings.Bodies, func(b flows.Body) bool { return b.ID == r.Owner })
	if i < 0 {
		return ""
	}
	return t.e.Settings.Bodies[i].Name
}

func (t *turn) atLink(text string) {
	if !strings.Contains(text, "://") && !strings.ContainsAny(text, "0123456789") {
		t.again("link", "link-unread", nil)
		return
	}
	t.elsewhere(text, "")
	if t.Stage == Notice {
		t.Changed = placeChanged
		t.moved()
		return
	}
	t.board(true)
}

func (t *turn) inGroup(id string) {
	if _, ok := t.e.Settings.Group(id); !ok {
		t.toast("not-known", nil)
		return
	}
	t.elsewhere("", id)
	if t.Stage == Notice {
		t.Changed = placeChanged
		t.moved()
		return
	}
	t.board(false)
}

func (t *turn) roomName(id string) string {
	r, ok := t.e.Settings.Room(id)
	if !ok {
		return id
	}
	if r.Other != "" {
		return r.Name + "（" + r.Other + "）"
	}
	return r.Name
}
