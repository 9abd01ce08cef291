package activity_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/activity"
)

// table is an engine as small as can be: one activity with its entries.
type table struct {
	*testing.T
	s       *flows.Settings
	f       flows.Flow
	c       flows.Case
	now     time.Time
	entries map[string]flows.Entry
	effects []flows.Effect // of the last event, with those of what it led to
	profile map[flows.PersonID]flows.Profile
	found   []flows.Found // what the next Find gives
	beside  []flows.Similar
	n       int
}

// draft is an activity that staff have begun: a course for four on 10 December, at 19:30 in the small room.
func draft(t *testing.T, change ...func(*flows.OfferLine)) *table {
	t.Helper()
	a, _, s := both(t)
	b := &table{T: t, s: s, f: a, now: time.Date(2026, 12, 1, 10, 0, 0, 0, s.Zone), c: flows.Case{ID: "9", Flow: activity.Name},
		entries: map[string]flows.Entry{}, profile: map[flows.PersonID]flows.Profile{}}
	offer := flows.OfferLine{Title: "学吉他", Most: 4, Least: 2}
	for _, f := range change {
		f(&offer)
	}
	at := time.Date(2026, 12, 10, 19, 30, 0, 0, s.Zone)
	b.does(flows.Event{By: b.who("chen"), What: flows.Opened{Said: &flows.Said{Direct: true}}, Reading: flows.Reading{Offer: &offer,
		Plan: &flows.Appointment{Times: []flows.When{{At: at}}, Rooms: []string{"xiao"}}}})
	return b
}

// open is one that was sent.
func open(t *testing.T, change ...func(*flows.OfferLine)) *table {
	t.Helper()
	b := draft(t, change...)
	b.press("chen", "send")
	if b.state().Stage != activity.Open {
		t.Fatalf("it was not sent: %s", b.words())
	}
	b.c.No = 7
	return b
}

func (b *table) who(id flows.PersonID) flows.Actor {
	a := flows.Actor{Person: id, Name: "名" + string(id), Consent: true, Reachable: true, Profile: b.profile[id]}
	if o, ok := b.s.Official(id); ok {
		a.Posts = o.Posts
	}
	return a
}

// does brings an event, and carries out what is answered at once.
func (b *table) does(e flows.Event) {
	b.Helper()
	b.effects = nil
	b.step(e)
}

func (b *table) step(e flows.Event) {
	b.Helper()
	b.n++
	e.ID, e.At, e.Settings, e.Seed, e.Case = fmt.Sprint(b.n), b.now, b.s, "00112233445566778899aabbccddeeff", flows.CaseRef{ID: b.c.ID, No: b.c.No}
	e.Counts = map[string]int{}
	for _, x := range b.entries {
		e.Counts[x.Tag]++
	}
	who := e.By.Person
	if w, ok := e.What.(flows.Erased); ok {
		who = w.Person
	}
	if x, ok := b.entries[string(who)]; ok {
		e.Entry = &x
	}
	if len(b.c.Data) > 0 {
		keys, err := b.f.Keys(b.c, e)
		if err != nil {
			b.Fatal(err)
		}
		for _, k := range keys {
			if x, ok := b.entries[k]; ok {
				if e.Entries == nil {
					e.Entries = map[string]flows.Entry{}
				}
				e.Entries[k] = x
			}
		}
		if yes, err := b.f.Shares(b.c, e); err != nil {
			b.Fatal(err)
		} else if yes {
			e.Beside = b.beside
		}
	}
	c, effects, err := b.f.Step(b.c, e)
	if err != nil {
		b.Fatal(err)
	}
	b.c = c
	for _, eff := range effects {
		b.effects = append(b.effects, eff)
		switch eff := eff.(type) {
		case flows.Put:
			if delete(b.entries, eff.Entry.Key); !eff.Delete {
				b.entries[eff.Entry.Key] = eff.Entry
			}
		case flows.Remember:
			if eff.Profile != nil {
				b.profile[eff.Person] = *eff.Profile
			}
		case flows.Next:
			var page []flows.Entry
			for _, x := range b.entries {
				if x.Tag == eff.Tag {
					page = append(page, x)
				}
			}
			slices.SortFunc(page, func(x, y flows.Entry) int { return cmp.Or(cmp.Compare(x.Order, y.Order), cmp.Compare(x.Key, y.Key)) })
			b.step(flows.Event{By: e.By, What: flows.Answered{Name: "next:" + eff.Tag, Data: flows.Data(page)}})
		case flows.Find:
			b.step(flows.Event{By: e.By, What: flows.Answered{Name: "found", Data: flows.Data(b.found)}})
			b.found = nil
		case flows.Tell:
			if eff.Flow == flows.RoomFlow && eff.Name == "book" {
				var x flows.Booking
				if err := json.Unmarshal(eff.Data, &x); err != nil {
					b.Fatal(err)
				}
				b.step(flows.Event{By: e.By, What: flows.Told{Name: "booked", Data: eff.Data}})
			}
		}
	}
}

func (b *table) press(who flows.PersonID, choice string) []string {
	b.Helper()
	word, value, _ := strings.Cut(choice, "=")
	b.does(flows.Event{By: b.who(who), What: flows.Chose{Choice: word, Value: value}})
	return b.words()
}

func (b *table) writes(who flows.PersonID, tag, text string, r flows.Reading) []string {
	b.Helper()
	b.does(flows.Event{By: b.who(who), What: flows.Said{Tag: tag, Direct: true, Message: flows.Message{Text: text}}, Reading: r})
	return b.words()
}

// wakes brings the first wake-up of a name that was asked for.
func (b *table) wakes(name string) []string {
	b.Helper()
	b.does(flows.Event{What: flows.Woke{Name: name, Due: b.now}})
	return b.words()
}

// words are the words that were said in the last event.
func (b *table) words() (out []string) {
	for _, eff := range b.effects {
		if say, ok := eff.(flows.Say); ok {
			out = append(out, say.Words)
		}
	}
	return out
}

func (b *table) state() activity.State {
	b.Helper()
	s, err := activity.Read(b.c)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func (b *table) tag(who string) string { return b.entries[who].Tag }

func (b *table) part(who string) (p activity.Part) {
	b.Helper()
	if err := json.Unmarshal(b.entries[who].Data, &p); err != nil {
		b.Fatal(err)
	}
	return p
}

func (b *table) want(got []string, want string) {
	b.Helper()
	if !slices.Contains(got, want) {
		b.Errorf("said %v, want %q", got, want)
	}
}

// What prepares it, sends it and calls it off is for the committee's people; who runs it may
// do what is done on the spot.
func TestWhoMay(t *testing.T) {
	if testing.Short() {
		t.Skip("everybody presses everything: not in short runs")
	}
	for _, choice := range []string{"send", "change", "who", "whom=c", "age=young", "kids-only", "photos", "own", "model", "use", "plain", "compare", "agreed", "allow", "drop", "move", "off", "more", "keep", "list", "hours=all", "board"} {
		for _, who := range []flows.PersonID{"r1", "li", "feng", "liu", "xu"} {
			for name, make := range map[string]func(*testing.T, ...func(*flows.OfferLine)) *table{"draft": draft, "open": open} {
				b := make(t)
				before := string(b.c.Data)
				b.want(b.press(who, choice), "not-yours")
				if string(b.c.Data) != before {
					t.Errorf("%s changed a %s one by %q", who, name, choice)
				}
			}
		}
	}
	b := open(t)
	b.now = b.state().At
	b.wakes("begin-0")
	b.want(b.press("r1", "end"), "not-yours")
	b.want(b.press("r1", "walk"), "not-yours")
	b.want(b.press("r1", "in=r2"), "not-yours")
}

// Places are given in the order in which people answer, to as many as come together.
func TestPlaces(t *testing.T) {
	b := open(t)
	b.want(b.press("r1", "come=2"), "coming")
	b.want(b.press("r1", "come"), "coming-already")
	b.want(b.press("r2", "kids=1"), "coming")
	if s := b.state(); s.Seats != 4 || s.Left() != 0 || b.part("r2").Kids != 1 {
		t.Errorf("%d places are taken", s.Seats)
	}
	b.want(b.press("r1", "come=3"), "not-so-many")
	b.now = b.now.Add(time.Minute)
	b.want(b.press("r3", "come=3"), "waits")
	b.now = b.now.Add(time.Minute)
	b.want(b.press("r4", "come"), "waits")
	b.want(b.press("r4", "come"), "waits-already")
	b.want(b.press("r5", "take"), "late")
	for _, bad := range []string{"come=9", "come=x", "kids=4", "kids=0"} {
		b.want(b.press("r9", bad), "not-known")
	}
	// Two places become free: the first of the row needs three, so the second has one.
	b.want(b.press("r2", "no"), "offer")
	if b.tag("r3") != activity.TagWait || b.tag("r4") != activity.TagHold {
		t.Errorf("r3 is %q, r4 is %q", b.tag("r3"), b.tag("r4"))
	}
	b.want(b.press("r4", "take"), "coming")
	b.want(b.press("r1", "no"), "offer")
	if b.tag("r3") != activity.TagHold || b.state().Seats != 4 {
		t.Errorf("r3 is %q, %d places are taken", b.tag("r3"), b.state().Seats)
	}
	// It is not taken in time.
	b.now = b.part("r3").Until
	b.want(b.wakes("holds-0"), "offer-over")
	if b.tag("r3") != activity.TagNo || b.state().Seats != 1 {
		t.Errorf("r3 is %q, %d places are taken", b.tag("r3"), b.state().Seats)
	}
	b.want(b.press("r3", "take"), "late")
}

// How long a place is kept: until noon of the next day, less where it begins before.
func TestHold(t *testing.T) {
	for now, want := range map[string]string{
		"12-01 10:00": "12-02 12:00",
		"12-01 23:00": "12-03 12:00", // read in the morning of the second
		"12-10 09:30": "12-10 12:50",
		"12-10 17:30": "12-10 18:10",
		"12-09 22:00": "12-10 12:10", // read at half past eight
	} {
		b := open(t, func(o *flows.OfferLine) { o.Most, o.Least = 1, 1 })
		b.press("r1", "come")
		b.press("r2", "come")
		at, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+now, b.s.Zone)
		if err != nil {
			t.Fatal(err)
		}
		b.now = at
		b.press("r1", "no")
		if got := b.part("r2").Until.In(b.s.Zone).Format("01-02 15:04"); got != want {
			t.Errorf("at %s a place is kept until %s, want %s", now, got, want)
		}
	}
}

// Two places are kept for two people until different times: when the first is over, the second
// is still theirs.
func TestTwoHolds(t *testing.T) {
	b := open(t, func(o *flows.OfferLine) { o.Most, o.Least = 2, 1 })
	for _, who := range []flows.PersonID{"r1", "r2", "r3", "r4"} {
		b.press(who, "come")
		b.now = b.now.Add(time.Minute)
	}
	b.press("r1", "no")
	first := b.part("r3").Until
	b.now = b.now.AddDate(0, 0, 1)
	if b.now = b.now.Add(-time.Hour); !b.now.Before(first) {
		t.Fatal("the first is over already")
	}
	b.press("r2", "no")
	b.now = first
	b.wakes("holds-0")
	if b.tag("r3") != activity.TagNo || b.tag("r4") != activity.TagHold {
		t.Errorf("r3 is %q, r4 %q", b.tag("r3"), b.tag("r4"))
	}
}

// From an hour before nobody can say that they do not come; until it begins one can still come.
func TestTooLate(t *testing.T) {
	b := open(t)
	b.press("r1", "come")
	b.now = b.state().At.Add(-time.Hour)
	b.want(b.press("r1", "no"), "too-late")
	b.want(b.press("r2", "come"), "coming")
	b.want(b.press("r2", "ring"), "ring-late")
	b.now = b.state().At
	b.wakes("begin-0")
	b.want(b.press("r3", "come"), "has-begun")
}

// Who is at another one at that time is asked; who says both has both.
func TestBeside(t *testing.T) {
	b := open(t)
	other := flows.Similar{Case: flows.CaseRef{ID: "4"}, Tag: activity.TagYes, Title: "做面包", Due: b.state().At.Add(-time.Hour)}
	b.beside = []flows.Similar{other}
	b.want(b.press("r1", "come"), "beside")
	if b.tag("r1") != "" {
		t.Errorf("r1 is %q already", b.tag("r1"))
	}
	b.want(b.press("r1", "both"), "coming")
	for name, change := range map[string]func(*flows.Similar){
		"only waits there": func(x *flows.Similar) { x.Tag = activity.TagWait },
		"another day":      func(x *flows.Similar) { x.Due = x.Due.AddDate(0, 0, 1) },
		"long before":      func(x *flows.Similar) { x.Due = x.Due.Add(-2 * time.Hour) },
	} {
		x := other
		change(&x)
		b := open(t)
		b.beside = []flows.Similar{x}
		if got := b.press("r1", "come"); !slices.Contains(got, "coming") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A code is tried five times at most, from an hour before until it is over.
func TestCode(t *testing.T) {
	b := open(t)
	code := b.state().Code
	b.want(b.press("r1", "here!="+code), "here-later")
	b.now = b.state().At.Add(-time.Hour)
	for range 5 {
		b.want(b.press("r1", "here!=0000"), "code-wrong")
	}
	b.want(b.press("r1", "here!="+code), "code-many")
	b.want(b.press("r2", "here!="+code), "here")
	b.want(b.press("r2", "here!="+code), "here-already")
	b.want(b.press("r2", "no"), "here-already")
	b.press("r3", "come")
	b.want(b.press("chen", "in=r3"), "checked-in")
	b.want(b.press("chen", "in=r3"), "over")
	b.want(b.press("chen", "in=r9"), "over")
	if s := b.state(); s.Came != 2 {
		t.Errorf("%d came", s.Came)
	}
	b.press("chen", "walk")
	b.writes("chen", "walk", "６位", flows.Reading{})
	b.writes("chen", "walk", "4", flows.Reading{})
	if s := b.state(); s.Came != 6 || s.Walked != 4 {
		t.Errorf("%d came, %d of them without a telephone", s.Came, s.Walked)
	}
}

// found makes the next Find give people of two age bands.
func (b *table) find(n int, ages ...flows.Age) {
	for i := range n {
		b.found = append(b.found, flows.Found{Person: flows.PersonID(fmt.Sprintf("f%02d", i)), Age: ages[i%len(ages)], Why: flows.ByLike, Interest: "music", Left: 1})
	}
}

// Whom a limit stood against may be found again; whom nothing reaches may not.
func TestDelivered(t *testing.T) {
	b := draft(t)
	b.find(3, flows.Young)
	b.press("chen", "send")
	b.does(flows.Event{What: flows.Delivered{Mark: "invite", To: "f00", Outcome: flows.Capped}})
	b.does(flows.Event{What: flows.Delivered{Mark: "invite", To: "f01", Outcome: flows.Refused}})
	b.does(flows.Event{What: flows.Delivered{Mark: "remind", To: "f02", Outcome: flows.Capped}})
	if b.tag("f00") != "" || b.tag("f01") != activity.TagSeen || !strings.HasPrefix(b.tag("f02"), "ask-1-young-a") {
		t.Errorf("%q, %q, %q", b.tag("f00"), b.tag("f01"), b.tag("f02"))
	}
	if all := b.state().Total(func(string, string) bool { return true }); all.Sent != 1 {
		t.Errorf("%d were invited", all.Sent)
	}
}

// Of two wordings a lot sends each to about half; the numbers stand apart only where they are
// of enough people.
func TestNumbers(t *testing.T) {
	b := draft(t, func(o *flows.OfferLine) { o.Most = 12 })
	b.press("chen", "own")
	b.writes("chen", "own", "下班摸一摸吉他", flows.Reading{})
	b.press("chen", "compare")
	b.find(40, flows.Young, flows.Young, flows.Young, flows.Young, flows.Young, flows.Young, flows.Young, flows.Young, flows.Young, flows.Elder)
	b.press("chen", "send")
	arm := func(is string) activity.Sum {
		return b.state().Total(func(_, arm string) bool { return arm == is })
	}
	if a, c := arm("a").Sent, arm("b").Sent; a+c != 40 || a < 10 || c < 10 {
		t.Errorf("%d read one, %d the other", a, c)
	}
	b.now = b.state().At
	for i := range 6 {
		b.press(flows.PersonID(fmt.Sprintf("f%02d", i)), "here!="+b.state().Code)
	}
	b.press("f09", "here!="+b.state().Code)
	b.wakes("begin-0")
	b.wakes("end-0")
	var vars flows.Vars
	for _, eff := range b.effects {
		if say, ok := eff.(flows.Say); ok && say.Words == "board-after" {
			vars = say.Vars
		}
	}
	if vars == nil || *vars["young_sent"].N != 36 || *vars["young_came"].N != 6 {
		t.Errorf("young: %v", vars["young_sent"])
	}
	if _, told := vars["elder_sent"]; told {
		t.Error("four elders stand apart")
	}
	if _, told := vars["good"]; told {
		t.Error("nobody has answered, and a number is told")
	}
	b.wakes("over-0")
	if s := b.state(); s.Stage != activity.Closed {
		t.Errorf("it is %s", s.Stage)
	}
	for _, eff := range b.effects {
		if x, ok := eff.(flows.Tell); ok && x.Name == "learnt" {
			var l flows.Learnt
			if err := json.Unmarshal(x.Data, &l); err != nil {
				t.Fatal(err)
			}
			if l.Invited != 40 || l.Came != 7 || l.Arms["a"].Sent+l.Arms["b"].Sent != 40 {
				t.Errorf("learnt %+v", l)
			}
			return
		}
	}
	t.Error("the menu has learnt nothing")
}

// Hours are noted of who helped and was there, can be corrected, and are taken back with none;
// who came more than once is asked for a hand, once in all.
func TestHours(t *testing.T) {
	b := open(t)
	b.press("r1", "help")
	b.press("r2", "help")
	b.press("r3", "come")
	b.profile["r3"] = flows.Profile{Came: []string{"music", "taichi"}}
	b.now = b.state().At
	for _, who := range []flows.PersonID{"r1", "r3"} {
		b.press(who, "here!="+b.state().Code)
	}
	b.wakes("begin-0")
	b.wakes("end-0")
	served := func() map[string]int {
		out := map[string]int{}
		for _, eff := range b.effects {
			if x, ok := eff.(flows.Remember); ok && x.Served != nil {
				out[string(x.Person)] = x.Served.Minutes
			}
		}
		return out
	}
	b.press("chen", "hours=all")
	if got := served(); len(got) != 1 || got["r1"] != 90 {
		t.Errorf("noted %v", got)
	}
	b.press("chen", "hours=r1:30")
	if got := served(); got["r1"] != 30 {
		t.Errorf("noted %v", got)
	}
	for _, bad := range []string{"hours=r2:60", "hours=r1:9000", "hours=r9:5", "hours=r1"} {
		b.want(b.press("chen", bad), "not-known")
	}
	b.press("r3", "liked!=good")
	b.want(b.press("r3", "again!=yes"), "hand")
	b.want(b.press("r3", "again!=yes"), "thanks")
	b.press("r3", "hand=yes")
	if !b.profile["r3"].Helps {
		t.Error("who would lend a hand is not known to")
	}
	if s := b.state(); s.Liked != [3]int{1, 0, 0} || s.Again != [2]int{1, 0} {
		t.Errorf("%v %v", s.Liked, s.Again)
	}
	b.press("r3", "liked!=bad")
	if s := b.state(); s.Liked != [3]int{0, 0, 1} {
		t.Errorf("%v", s.Liked)
	}
}

// Wake-ups of a time it was moved from do nothing.
func TestMovedClock(t *testing.T) {
	b := open(t)
	b.press("r1", "come")
	plan := &flows.Appointment{Times: []flows.When{{At: b.state().At.AddDate(0, 0, 1)}}, Rest: "停电"}
	b.want(b.writes("chen", "move", "改到12月11日19:30，停电", flows.Reading{Plan: plan}), "moved")
	b.now = b.state().At
	for _, old := range []string{"begin-0", "end-0", "few-0", "remind-0", "ring-0", "batch-0", "over-0"} {
		if got := b.wakes(old); len(got) > 0 {
			t.Errorf("%s says %v", old, got)
		}
	}
	b.wakes("begin-1")
	if s := b.state(); s.Stage != activity.Held {
		t.Errorf("it is %s", s.Stage)
	}
}

// Somebody who goes leaves nothing but their number, and their place to the next.
func TestErasedAndJoined(t *testing.T) {
	b := open(t, func(o *flows.OfferLine) { o.Most, o.Least = 1, 1 })
	b.press("r1", "come")
	b.press("r2", "come")
	b.does(flows.Event{What: flows.Erased{Person: "r1"}})
	if b.want(b.words(), "offer"); b.tag("r2") != activity.TagHold {
		t.Errorf("r2 is %q", b.tag("r2"))
	}
	delete(b.entries, "r1")
	old := b.entries["r2"]
	b.does(flows.Event{By: b.who("r3"), What: flows.Told{Name: flows.Joined, Data: flows.Data(old)}})
	if b.tag("r3") != activity.TagHold || b.tag("r2") != "" || b.state().Seats != 1 {
		t.Errorf("r3 is %q, r2 %q, %d places", b.tag("r3"), b.tag("r2"), b.state().Seats)
	}
}

// One tap stops all; what was answered by then stays.
func TestStop(t *testing.T) {
	b := draft(t)
	b.find(1, flows.Young)
	b.press("chen", "send")
	b.want(b.press("f00", "stop"), "stopped")
	if !b.profile["f00"].Stopped() || b.tag("f00") != activity.TagNo {
		t.Errorf("%+v, %q", b.profile["f00"], b.tag("f00"))
	}
	b.profile["r9"] = flows.Profile{Age: flows.Minor}
	b.want(b.press("r9", "come"), "minor")
	if _, kept := b.entries["r9"]; kept {
		t.Error("something of a minor is kept")
	}
}

// What a machine has written is read by nobody but who looks at the preview, until they say yes
// to it; then it says so. Slow, wrong or off, the usual words stay.
func TestModel(t *testing.T) {
	b := draft(t)
	var task flows.WordingTask
	b.press("chen", "model")
	for _, eff := range b.effects {
		if x, ok := eff.(flows.Ask); ok && x.Name == "wording" {
			if err := json.Unmarshal(x.Data, &task); err != nil {
				t.Fatal(err)
			}
		}
	}
	if task.Title != "学吉他" || task.Where != "小议事室" || task.Left != 0 || len(task.Not) != 2 {
		t.Errorf("asked %+v", task)
	}
	b.does(flows.Event{What: flows.Answered{Name: "wording", Failed: "failed"}})
	b.want(b.words(), "model-none")
	b.does(flows.Event{What: flows.Answered{Name: "wording", Data: flows.Data(flows.WordingDraft{Text: "摸一摸吉他"})}})
	b.find(1, flows.Young)
	invited := func() string {
		for _, eff := range b.effects {
			if say, ok := eff.(flows.Say); ok && say.Class == flows.Invitation {
				return say.Words
			}
		}
		return ""
	}
	b.press("chen", "send")
	if got := invited(); got != "invite-young" {
		t.Errorf("people read %q, to which nobody has said yes", got)
	}
	b = draft(t)
	b.does(flows.Event{What: flows.Answered{Name: "wording", Data: flows.Data(flows.WordingDraft{Text: "摸一摸吉他"})}})
	b.press("chen", "use")
	b.find(1, flows.Young)
	b.press("chen", "send")
	if got := invited(); got != "invite-model" {
		t.Errorf("people read %q", got)
	}
	b.does(flows.Event{What: flows.Answered{Name: "wording", Data: flows.Data(flows.WordingDraft{Text: "来晚了"})}})
	if got := b.state().Text; got != "摸一摸吉他" {
		t.Errorf("it says %q now", got)
	}
	b = draft(t)
	b.does(flows.Event{What: flows.Answered{Name: "wording", Data: flows.Data(flows.WordingDraft{Text: "摸一摸吉他"})}})
	b.press("chen", "own")
	b.writes("chen", "own", "自己写的", flows.Reading{})
	b.find(1, flows.Young)
	b.press("chen", "send")
	if got := invited(); got != "invite-own" {
		t.Errorf("people read %q", got)
	}
}

// A place that is no room is taken out of the title, whole.
func TestSpotOfTheTitle(t *testing.T) {
	a, _, s := both(t)
	for title, want := range map[string][2]string{
		"学吉他，东门广场": {"学吉他", "东门广场"},
		"学吉他，东门":   {"学吉他", "东门"},
		"东门清理":     {"东门清理", "东门"},
	} {
		b := &table{T: t, s: s, f: a, now: noon, c: flows.Case{ID: "9", Flow: activity.Name}, entries: map[string]flows.Entry{}}
		b.does(flows.Event{By: b.who("chen"), What: flows.Opened{Said: &flows.Said{Direct: true}}, Reading: flows.Reading{Offer: &flows.OfferLine{Title: title}, Place: flows.Place{Spot: "gate"}}})
		if got := b.state(); got.Title != want[0] || got.Where != want[1] {
			t.Errorf("%s: %q at %q", title, got.Title, got.Where)
		}
	}
}

// Who comes with fewer people gives the other places on.
func TestFewer(t *testing.T) {
	b := open(t)
	b.press("r1", "come=4")
	b.press("r2", "come=2")
	b.want(b.press("r1", "come=2"), "offer")
	if b.tag("r2") != activity.TagHold || b.state().Seats != 4 {
		t.Errorf("r2 is %q, %d places are taken", b.tag("r2"), b.state().Seats)
	}
}
