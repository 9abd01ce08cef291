package flowstest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
)

// Kept is a case as a version of the house left it in the store: a file of
// testdata/old. Once written, such a file is never changed.
type Kept struct {
	At      time.Time     `json:"at"`
	Case    flows.Case    `json:"case"`
	Entries []flows.Entry `json:"entries,omitempty"`
	Wakes   []flows.Woke  `json:"wakes,omitempty"` // that are still to come
}

// Holds names the values that are set in the case's state, by their place in it.
func (k Kept) Holds() (parts []string) {
	var v any
	if err := json.Unmarshal(k.Case.Data, &v); err != nil {
		return nil
	}
	var walk func(string, any)
	walk = func(at string, v any) {
		if m, ok := v.(map[string]any); ok {
			for key, x := range m {
				walk(at+"."+key, x)
			}
			return
		}
		parts = append(parts, at)
	}
	walk("", v)
	slices.Sort(parts)
	return parts
}

// Old looks whether today's rules can go on with every case that matches glob:
// they lose nothing of it, leave its stage alone where nothing happens, and whatever
// happens next keeps to the suite. press are the buttons that people may still have
// on their phones.
func Old(t *testing.T, settings *flows.Settings, f flows.Flow, o Options, glob string, press ...string) {
	t.Helper()
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no old cases match %s", glob)
	}
	var all []Kept
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		var k Kept
		if err := d.Decode(&k); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, k)
		t.Run(filepath.Base(name), func(t *testing.T) { still(t, settings, f, k) })
	}
	t.Run("and on", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			p := newPlay(rt, settings, f, o)
			p.resume(rapid.SampledFrom(all).Draw(rt, "case"), press)
			rt.Repeat(p.actions())
		})
	})
}

// still brings events that mean nothing to an old case.
func still(t *testing.T, settings *flows.Settings, f flows.Flow, k Kept) {
	c := k.Case
	if c.Flow != f.Name {
		t.Fatalf("a case of %s", c.Flow)
	}
	official := flows.Actor{Consent: true}
	if len(settings.People) > 0 {
		official.Person, official.Posts = settings.People[0].ID, settings.People[0].Posts
	}
	for _, e := range []flows.Event{
		{What: flows.Woke{Name: "no-such", Due: k.At}},
		{What: flows.Told{Name: "no-such"}},
		{What: flows.Chose{Choice: "no-such"}, By: official},
		{What: flows.Chose{Choice: "no-such"}, By: flows.Actor{Person: "somebody"}},
		{What: flows.Delivered{Mark: "no-such", Outcome: flows.Refused}},
		{What: flows.Missed{Mark: "no-such"}},
		{What: flows.Answered{Name: "no-such"}},
	} {
		e.ID, e.At, e.Settings = "e1", k.At.In(settings.Zone), settings
		after, effects := same(t, f, c, e)
		if after.Stage != c.Stage || after.Done != c.Done || after.Numbered != c.Numbered {
			t.Fatalf("%s: from %s (done %v, numbered %v) to %s (done %v, numbered %v)", flows.Kind(e.What),
				c.Stage, c.Done, c.Numbered, after.Stage, after.Done, after.Numbered)
		}
		lost(t, c.Data, after.Data)
		for _, eff := range effects {
			effect(t, Step{Flow: f, Settings: settings, Before: c, After: after, Event: e, Effects: effects, Past: &Past{Cases: named(c)}}, eff)
		}
	}
	after, _ := same(t, f, c, flows.Event{ID: "e1", At: k.At.In(settings.Zone), What: flows.Erased{}, Settings: settings})
	stays(t, c, after)
	for _, e := range k.Entries {
		if _, post := settings.Official(flows.PersonID(e.Key)); !post && slices.Contains(leaves(after.Data), e.Key) {
			t.Fatalf("when everybody is let go of, %s is still in it: %s", e.Key, after.Data)
		}
	}
}

// named are the cases that an old one may know.
func named(c flows.Case) map[flows.ID]bool {
	all := map[flows.ID]bool{c.ID: true, c.Parent: true}
	for _, s := range leaves(c.Data) {
		all[flows.ID(s)] = true
	}
	return all
}

// lost looks whether a value of the old state is not in the new one: a field
// that was renamed is read as nothing, silently.
func lost(t *testing.T, old, now json.RawMessage) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(old, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(now, &b); err != nil {
		t.Fatal(err)
	}
	var walk func(string, any, any)
	walk = func(at string, a, b any) {
		m, ok := a.(map[string]any)
		if !ok {
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%s was %v, and is %v now", at, a, b)
			}
			return
		}
		n, _ := b.(map[string]any)
		for key, x := range m {
			if y, there := n[key]; there {
				walk(at+"."+key, x, y)
			} else if x != nil {
				t.Errorf("%s.%s is lost", at, key)
			}
		}
	}
	walk("", a, b)
}

// resume puts an old case into the play.
func (p *play) resume(k Kept, press []string) {
	x := &piece{Case: k.Case, flow: p.main, entries: map[string]flows.Entry{}, told: map[flows.PersonID]map[Slot]bool{}, memory: map[string]int{},
		wakes: k.Wakes, buttons: slices.Clone(press)}
	for _, e := range k.Entries {
		x.entries[e.Key] = e
		if !strings.Contains(e.Key, "/") && !slices.ContainsFunc(p.cast, func(a flows.Actor) bool { return string(a.Person) == e.Key }) {
			p.cast = append([]flows.Actor{{Person: flows.PersonID(e.Key), Name: e.Key, Consent: true}}, p.cast...)
		}
	}
	p.now, p.ids, p.no = k.At.In(p.s.Zone), 1000, k.Case.No+1000
	p.cases, p.ever = append(p.cases, x), named(k.Case)
}
