package flows

import (
	"encoding/json"
	"fmt"
	"io/fs"
)

// Flow is the rules for one kind of case, as the engine sees them.
type Flow struct {
	Name  string
	Words Words
	hear  func(Event) []Effect
	step  func(CaseRef, json.RawMessage, Event) (json.RawMessage, Summary, []Effect, error)
	own   func(json.RawMessage, PersonID) (Own, error)
	part  func(json.RawMessage, Entry) (Own, error)
	keys  func(json.RawMessage, Event) ([]string, error)
	pass  func(json.RawMessage, Actor, *Settings) ([]string, error)
	sum   func(json.RawMessage) (Summary, error)
	takes func(json.RawMessage) ([]string, error)
	share func(json.RawMessage, Event) (bool, error)
	keeps bool
	stand func(*Settings) []string
}

// Own is what a case holds of a person, for nobody but themself.
type Own struct {
	Said  string  // their own words
	Media []Media // their photos and voice notes
	Words string  // the text of the flow that says how it stands
	Vars  Vars
}

// Owner is a State that can tell people what it holds of them.
type Owner interface{ Own(PersonID) Own }

// Parter is a State that can tell people what their own entry of it holds, where that is
// more than the state does.
type Parter interface{ Part(Entry) Own }

// Keeper is a State whose entries are not only those of persons (the vote of a
// household).
type Keeper interface {
	// Keys gives the keys of the entries that the rules want to see with an event, of
	// which Case, By, What, Reading, Chat, Entry and Settings are filled; at most 256.
	Keys(Event) []string
	// Pass gives keys of entries: who has one of them is passed over by To.Homes.
	Pass(Actor, *Settings) []string
}

// Sharer is a [Keeper] whose rules want to know in what else of their flow the actor has a
// part; for which events, it says itself.
type Sharer interface{ Beside(Event) bool }

// Taker is a State that takes words nobody was asked for just now: those of a form on a
// page, or on the desk. Who may write them is for the rules to say.
type Taker interface{ Takes() []string } // the tags under which it does

// Define makes a flow of its rules. S is the flow's state, a plain struct that
// JSON can write and read; the first event of a case (Opened) meets its zero
// value. Words is a folder with words/<language>.yaml.
//
// Hear may be nil. It is asked about every message that belongs to no case yet,
// and answers with effects (Open, Tell, or a Say to the speaker) or, for chatter, with none: then nothing of
// the message is kept.
func Define[S State](name string, words fs.FS, rules func(id string, s S, e Event) (S, []Effect), hear func(Event) []Effect) (Flow, error) {
	w, err := ReadWords(words)
	if err != nil {
		return Flow{}, fmt.Errorf("flow %s: %w", name, err)
	}
	_, keeps := any(*new(S)).(Keeper)
	return Flow{Name: name, Words: w, hear: hear, keeps: keeps, step: func(ref CaseRef, data json.RawMessage, e Event) (json.RawMessage, Summary, []Effect, error) {
		var s S
		if len(data) > 0 {
			if err := json.Unmarshal(data, &s); err != nil {
				return nil, Summary{}, nil, fmt.Errorf("flow %s: state: %w", name, err)
			}
		}
		e.Case = ref
		s, effects := rules(string(ref.ID), s, e)
		out, err := json.Marshal(s)
		if err != nil {
			return nil, Summary{}, nil, fmt.Errorf("flow %s: state: %w", name, err)
		}
		return out, s.Summary(), effects, nil
	}, own: func(data json.RawMessage, p PersonID) (Own, error) {
		var s S
		if _, ok := any(s).(Owner); !ok {
			return Own{}, nil
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return Own{}, fmt.Errorf("flow %s: state: %w", name, err)
		}
		return any(s).(Owner).Own(p), nil
	}, part: func(data json.RawMessage, e Entry) (Own, error) {
		var s S
		if _, ok := any(s).(Parter); !ok || len(data) == 0 {
			return Own{}, nil
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return Own{}, fmt.Errorf("flow %s: state: %w", name, err)
		}
		return any(s).(Parter).Part(e), nil
	}, keys: func(data json.RawMessage, e Event) ([]string, error) {
		var s S
		if !keeps || len(data) == 0 {
			return nil, nil
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("flow %s: state: %w", name, err)
		}
		return any(s).(Keeper).Keys(e), nil
	}, pass: func(data json.RawMessage, a Actor, set *Settings) ([]string, error) {
		var s S
		if !keeps || len(data) == 0 {
			return nil, nil
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("flow %s: state: %w", name, err)
		}
		return any(s).(Keeper).Pass(a, set), nil
	}, sum: func(data json.RawMessage) (Summary, error) {
		var s S
		if err := json.Unmarshal(data, &s); err != nil {
			return Summary{}, fmt.Errorf("flow %s: state: %w", name, err)
		}
		return s.Summary(), nil
	}, share: func(data json.RawMessage, e Event) (bool, error) {
		var s S
		if _, ok := any(s).(Sharer); !ok || len(data) == 0 {
			return false, nil
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return false, fmt.Errorf("flow %s: state: %w", name, err)
		}
		return any(s).(Sharer).Beside(e), nil
	}, takes: func(data json.RawMessage) ([]string, error) {
		var s S
		if _, ok := any(s).(Taker); !ok || len(data) == 0 {
			return nil, nil
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("flow %s: state: %w", name, err)
		}
		return any(s).(Taker).Takes(), nil
	}}, nil
}

// Standing gives the flow with cases that must always be there: keys says under which keys
// (Summary.Matter) they are found. The engine opens each that is missing, as [Tell] would
// (Opened.Key), when it starts and when the settings change; one that is there hears
// nothing of it. The state that Opened leaves must bear the key, or be forgotten.
func (f Flow) Standing(keys func(*Settings) []string) Flow {
	f.stand = keys
	return f
}

// Stands gives the keys of the cases that must be there, see [Flow.Standing].
func (f Flow) Stands(s *Settings) []string {
	if f.stand == nil {
		return nil
	}
	return f.stand(s)
}

// Keeps says that the state is a [Keeper].
func (f Flow) Keeps() bool { return f.keeps }

// Keys gives the keys of the entries that rules want to see with an event of a
// case, see [Keeper]. A panic of the rules is the caller's to catch.
func (f Flow) Keys(c Case, e Event) ([]string, error) {
	e.Case = CaseRef{ID: c.ID, No: c.No, Parent: c.Parent}
	return f.keys(c.Data, e)
}

// Pass gives the keys of entries of a case by which To.Homes passes somebody over.
func (f Flow) Pass(c Case, a Actor, s *Settings) ([]string, error) { return f.pass(c.Data, a, s) }

// Sum gives the summary of a case as this version sees its state: that of the
// row may be by an earlier one, which knew less.
func (f Flow) Sum(c Case) (Summary, error) { return f.sum(c.Data) }

// Shares says whether the rules of a case want Event.Beside with an event, see [Sharer]. A
// panic of the rules is the caller's to catch.
func (f Flow) Shares(c Case, e Event) (bool, error) { return f.share(c.Data, e) }

// Takes gives the tags under which a case takes words without having asked for them,
// see [Taker]. A panic of the rules is the caller's to catch.
func (f Flow) Takes(c Case) ([]string, error) { return f.takes(c.Data) }

// Own gives what a case holds of a person; nothing of a flow that cannot say.
func (f Flow) Own(c Case, p PersonID) (Own, error) { return f.own(c.Data, p) }

// Hear offers a message that belongs to no case.
func (f Flow) Hear(e Event) []Effect {
	if f.hear == nil {
		return nil
	}
	return f.hear(e)
}

// Part gives what somebody's own entry of a case holds, see [Parter]; nothing of a flow that
// cannot say.
func (f Flow) Part(c Case, e Entry) (Own, error) { return f.part(c.Data, e) }

// Step moves a case. It gives the case as it is afterwards and what is to be
// done; c itself is unchanged. A panic of the rules is the caller's to catch.
func (f Flow) Step(c Case, e Event) (Case, []Effect, error) {
	data, sum, effects, err := f.step(CaseRef{ID: c.ID, No: c.No, Parent: c.Parent}, c.Data, e)
	if err != nil {
		return c, nil, err
	}
	c.Data, c.Summary = data, sum
	return c, effects, nil
}
