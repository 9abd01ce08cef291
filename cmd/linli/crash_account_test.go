package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/storage"
	"linli/storage/bolt"
)

// account is what came of everything that was confirmed to the platform.
type account struct {
	kills, updates, presses int
	cases, follows          int
	sends                   int
	lost, doubled, broken   int
	silent                  int // kept, but the one who waits for an answer never got it
	again                   int // messages that were delivered twice
	stop, took              time.Duration
	notes                   []string
}

func (a *account) faults() int { return a.lost + a.doubled + a.broken + a.silent }

func (a *account) String() string {
	return fmt.Sprintf("%d kills, %d updates confirmed (%d of them presses), %d cases with %d followers: %d lost, %d doubled, %d out of order, %d unanswered; "+
		"%d messages delivered, %d of them twice (%.1f per kill); SIGTERM took up to %s; %s in all",
		a.kills, a.updates, a.presses, a.cases, a.follows, a.lost, a.doubled, a.broken, a.silent,
		a.sends, a.again, float64(a.again)/float64(max(1, a.kills)), a.stop.Round(time.Millisecond), a.took.Round(100*time.Millisecond))
}

// note counts a fault and keeps the first few in words.
func (a *account) note(n *int, format string, args ...any) {
	*n++
	if len(a.notes) < 20 {
		a.notes = append(a.notes, fmt.Sprintf(format, args...))
	}
}

// look gives a transaction on the data, of which nothing is kept. The binary
// must not run.
func look(t *testing.T, h *site, fn func(storage.Tx)) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(h.dir, "data", "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.In("example").Update(t.Context(), func(tx storage.Tx) error {
		fn(tx)
		return errLook
	})
	if !errors.Is(err, errLook) {
		t.Fatal(err)
	}
}

// must stops the test where the store itself fails.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// idle says whether the outbox has nothing left that is due, or would be but
// for the rates of the platform.
func idle(t *testing.T, h *site) (nothing bool) {
	t.Helper()
	look(t, h, func(tx storage.Tx) {
		held := must[[]storage.Job](t)(tx.Claimed())
		due, _, err := tx.Claim(time.Now().Add(time.Minute), "test", time.Minute, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		nothing = len(held)+len(due) == 0
	})
	return nothing
}

// draw compares what is in the store with what the people did.
func draw(t *testing.T, h *site, q *quarter) *account {
	t.Helper()
	a := &account{updates: len(q.said) + len(q.pressed), presses: len(q.pressed), stop: h.stops}
	look(t, h, func(tx storage.Tx) {
		a.marks(t, tx, q)
		demands, works := map[string]flows.Case{}, map[flows.ID]flows.Case{}
		for _, c := range must[[]flows.Case](t)(tx.Cases(1<<20, nil)) {
			switch key := strings.Join(c.Matter, " "); {
			case c.Flow == "dispatch":
				works[c.ID] = c
			case c.Flow == flows.RoundFlow || c.Flow == flows.MenuFlow: // these stand by themselves
			case key == "":
				a.note(&a.silent, "case %s stands still at %s", c.ID, c.Stage)
			case q.matters[key] == nil:
				a.note(&a.doubled, "case %s (%s) is about %q, which nobody said", c.ID, c.Stage, key)
			case demands[key].ID != "":
				a.note(&a.doubled, "%s is there as case %s and as case %s", key, demands[key].ID, c.ID)
			default:
				demands[key] = c
			}
		}
		a.cases = len(demands)
		for _, m := range q.matters {
			if c := demands[m.key]; c.ID != "" {
				a.matter(t, tx, q, m, c)
			} else if len(m.by) > 0 || m.own != nil {
				a.note(&a.lost, "%s, said by %d, is no case", m.key, max(1, len(m.by)))
			}
		}
		a.works(t, q, demands, works)
		a.order(t, tx, q, demands, works)
		if troubles := must[[]storage.Trouble](t)(tx.Troubles()); len(troubles) > 0 {
			a.note(&a.silent, "%d troubles, the first: %s %s", len(troubles), troubles[0].Kind, troubles[0].Why)
		}
		a.answers(q, demands, works)
	})
	return a
}

// marks: everything that was confirmed is known to have been heard.
func (a *account) marks(t *testing.T, tx storage.Tx, q *quarter) {
	keys := slices.Clone(q.pressed)
	for _, s := range q.said {
		keys = append(keys, fmt.Sprintf("u/%d", s.id))
	}
	for _, k := range keys {
		if _, seen, err := tx.Once(k, time.Now(), nil); err != nil {
			t.Fatal(err)
		} else if !seen {
			a.note(&a.lost, "%s was confirmed, and never heard of", k)
		}
	}
}

func decoded[T any](raw json.RawMessage) (v T, err error) {
	err = json.Unmarshal(raw, &v)
	return v, err
}

// person finds who somebody is by their account.
func person(tx storage.Tx, user int64) flows.PersonID {
	p, err := tx.PersonAt(fmt.Sprintf("telegram:%d", user))
	if err != nil {
		return "" // nobody: their entry will be missing
	}
	return p.ID
}

// matter: a case has exactly those who said it, with their words.
func (a *account) matter(t *testing.T, tx storage.Tx, q *quarter, m *matter, c flows.Case) {
	s, err := decoded[demand.State](c.Data)
	if err != nil {
		t.Fatal(err)
	}
	entries := map[flows.PersonID]string{}
	for _, tag := range []string{"reporter", "follower"} {
		page, _, err := tx.Entries(c.ID, tag, "", 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if tag == "reporter" && len(page) != 1 {
			a.note(&a.doubled, "%s has %d reporters", m.key, len(page))
		}
		for _, e := range page {
			d, err := decoded[struct {
				Text string `json:"text"`
			}](e.Data)
			if err != nil {
				t.Fatal(err)
			}
			entries[flows.PersonID(e.Key)] = d.Text
			if tag == "reporter" {
				entries[flows.PersonID(e.Key)] = s.Words
			} else {
				a.follows++
			}
		}
	}
	want := maps.Clone(m.by)
	for _, user := range q.also[string(c.ID)] {
		want[user] = ""
	}
	for user, text := range want {
		who := person(tx, user)
		have, ok := entries[who]
		switch {
		case !ok || who == "":
			a.note(&a.lost, "%s: %d is missing", m.key, user)
		case m.own == nil && have != text:
			a.note(&a.lost, "%s: %q was said, %q is kept", m.key, text, have)
		}
		delete(entries, who)
	}
	for who := range entries {
		a.note(&a.doubled, "%s: nobody knows how %s got in", m.key, who)
	}
	if m.own != nil && s.Words != strings.Join(m.own, "／") {
		before := a.faults()
		for _, part := range m.own {
			switch n := strings.Count(s.Words, part); {
			case n == 0:
				a.note(&a.lost, "%s: %q is missing in %q", m.key, part, s.Words)
			case n > 1:
				a.note(&a.doubled, "%s: %q is there %d times", m.key, part, n)
			}
		}
		if a.faults() == before {
			a.note(&a.broken, "%s: %q was said, %q is kept", m.key, m.own, s.Words)
		}
	}
}

// works: every demand has one dispatch, and who took it has it.
func (a *account) works(t *testing.T, q *quarter, demands map[string]flows.Case, works map[flows.ID]flows.Case) {
	of := map[flows.ID]int{}
	for _, w := range works {
		of[w.Parent]++
	}
	for _, c := range demands {
		switch n := of[c.ID]; {
		case n == 0 && c.Stage == demand.Filed:
			a.note(&a.lost, "case %s was sent to nobody", c.ID)
		case n > 1:
			a.note(&a.doubled, "case %s was sent out %d times", c.ID, n)
		}
	}
	for id, who := range q.accepted {
		s, err := decoded[dispatch.State](works[flows.ID(id)].Data)
		if err != nil {
			t.Fatal(err)
		}
		if s.Stage != dispatch.Taken || s.Holder != flows.PersonID(who) {
			a.note(&a.lost, "%s took case %s, and it is %s with %q", who, id, s.Stage, s.Holder)
		}
	}
}

// order: what was said in a chat was dealt with in the order in which it was
// said. The journal has when, and for which update.
func (a *account) order(t *testing.T, tx storage.Tx, q *quarter, demands map[string]flows.Case, works map[flows.ID]flows.Case) {
	when := map[string]time.Time{}
	ids := slices.Collect(maps.Keys(works))
	for _, c := range demands {
		ids = append(ids, c.ID)
	}
	for _, id := range ids {
		records := must[[]storage.Record](t)(tx.Journal(id))
		if err := storage.Verify(records); err != nil {
			a.note(&a.broken, "case %s: %v", id, err)
		}
		for _, r := range records {
			// What one event led to, in however many cases, was one transaction.
			if before, ok := when[r.Event]; ok && !before.Equal(r.At) {
				a.note(&a.doubled, "case %s: event %s was dealt with at %s and at %s", id, r.Event, before, r.At)
			}
			when[r.Event] = r.At
		}
	}
	type last struct {
		id int64
		at time.Time
	}
	lanes := map[int64]last{}
	for _, s := range q.said { // in the order in which it was said
		at, ok := when[fmt.Sprintf("u/%d", s.id)]
		if !ok {
			continue // chatter, or lost
		}
		if before := lanes[s.lane]; at.Before(before.at) {
			a.note(&a.broken, "update %d was dealt with before %d, of the same chat", s.id, before.id)
		}
		lanes[s.lane] = last{s.id, at}
	}
}

var people = regexp.MustCompile(`共\d+人|已有\d+人反映。`)

var pressable = regexp.MustCompile(`"callback_data":"([^"]*)"`)

// answers: whoever waits for one got it; and how many were delivered twice.
func (a *account) answers(q *quarter, demands map[string]flows.Case, works map[flows.ID]flows.Case) {
	type message struct {
		chat int64
		what string
	}
	got := map[message]int{}
	shown := map[string]bool{} // what can be pressed somewhere: a line of a group may share its message with others
	for _, c := range q.tg.Calls("sendMessage") {
		if c.Code != 200 {
			continue
		}
		a.sends++
		text := people.ReplaceAllString(c.Params["text"], "")
		for _, m := range pressable.FindAllStringSubmatch(c.Params["reply_markup"], -1) {
			shown[m[1]] = true
		}
		if _, data, ok := strings.Cut(c.Params["reply_markup"], `"callback_data":"`); ok {
			text, _, _ = strings.Cut(data, `"`) // the case and what the message asks
		}
		got[message{c.Chat, text}]++
	}
	for _, r := range q.residents {
		id := r.user.ID
		if r.step < known {
			a.note(&a.silent, "%s: the resident still waits at step %d", r.own.key, r.step)
			continue
		}
		if no := flows.Spoken(demands[r.own.key].No); r.added > 0 && got[message{id, "补充记到" + no + "号里了。"}] == 0 {
			a.note(&a.silent, "%s: what was added got no answer", r.own.key)
		}
		told := ""
		for _, m := range q.tg.Sent(id) {
			told += m.Text + "\n"
		}
		for _, m := range q.matters {
			if _, said := m.by[id]; said && !strings.Contains(told, flows.Spoken(demands[m.key].No)+"号") {
				a.note(&a.silent, "%s: one of those who said it got no answer", m.key)
			}
		}
	}
	for _, n := range got {
		a.again += n - 1
	}
	// The one who reported it has the receipt, the leader the card, the group the line.
	for _, c := range demands {
		if !shown[string(c.ID)+"/move"] {
			a.note(&a.silent, "case %s: there is no receipt", c.ID)
		}
		if m := q.matters[c.Matter[0]]; m.own == nil && !shown[string(c.ID)+"/also"] {
			a.note(&a.silent, "case %s: no group was told", c.ID)
		}
	}
	for id := range works {
		if !shown[string(id)+"/accept"] {
			a.note(&a.silent, "case %s: nobody was asked to do it", id)
		}
	}
}
