package flowstest

import (
	"pgregory.net/rapid"

	"linli/flows"
)

// Table is an engine as small as can be: one case with its entries. Unlike a play it draws
// nothing: the test says what happens, and what follows from it.
type Table struct {
	T        rapid.TB
	Settings *flows.Settings
	Flow     flows.Flow
	Case     flows.Case
	Entries  map[string]flows.Entry // by key
}

// NewTable puts a case without entries on a table.
func NewTable(t rapid.TB, s *flows.Settings, f flows.Flow, c flows.Case) Table {
	return Table{T: t, Settings: s, Flow: f, Case: c, Entries: map[string]flows.Entry{}}
}

// Counts says how many entries have each tag.
func (b *Table) Counts() map[string]int {
	out := map[string]int{}
	for _, e := range b.Entries {
		out[e.Tag]++
	}
	return out
}

// Step brings an event to the case as an engine does: with the settings, the counts, the
// entry of whom it is about and those that the rules ask for. It carries out none of what
// it gives.
func (b *Table) Step(e flows.Event) []flows.Effect {
	b.T.Helper()
	e.Settings, e.Counts, e.Entry, e.Entries = b.Settings, b.Counts(), nil, map[string]flows.Entry{}
	who := e.By.Person
	if w, ok := e.What.(flows.Erased); ok {
		who = w.Person
	}
	if own, ok := b.Entries[string(who)]; ok && who != "" {
		e.Entry = &own
	}
	keys, err := b.Flow.Keys(b.Case, e)
	if err != nil {
		b.T.Fatal(err)
	}
	for _, k := range keys {
		if x, ok := b.Entries[k]; ok {
			e.Entries[k] = x
		}
	}
	c, effects, err := b.Flow.Step(b.Case, e)
	if err != nil {
		b.T.Fatal(err)
	}
	b.Case = c
	return effects
}

// Put keeps an entry, or takes it away.
func (b *Table) Put(p flows.Put) {
	if p.Delete {
		delete(b.Entries, p.Entry.Key)
	} else {
		b.Entries[p.Entry.Key] = p.Entry
	}
}
