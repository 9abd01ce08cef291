package hearing

import (
	"slices"

	"linli/flows"
)

// What is said to Linli about hearings, and in a group in which one is held.

// hear takes what is said to Linli about hearings, and what is said in a group in which
// one is held.
func hear(e flows.Event) []flows.Effect {
	w, ok := e.What.(flows.Said)
	if !ok || e.Reading.Danger != "" || w.Message.Forwarded && !(w.Direct && e.Reading.Chain != nil) {
		return nil // a list is other people's words whoever sends it
	}
	for _, x := range e.Similar {
		// What somebody says who has not said that they want to speak in it is nobody's business
		// here: it leaves nothing, and may be a demand like anything else.
		if x.Why == flows.ByHeld && x.Flow == Name && x.Tag == TagHere && !w.Direct {
			return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: "heard", Said: &w}}
		}
	}
	if w.Direct && e.Reading.Chain != nil && e.Reading.Topic == nil {
		if list, _ := flows.ListFor(e); len(list) == 1 && list[0].Flow == Name {
			return []flows.Effect{flows.Tell{Case: list[0].Case.ID, Name: "chain", Said: &w}}
		}
		return nil
	}
	if w.Edited {
		return nil
	}
	named := func(name string) []flows.Effect {
		for _, x := range e.Similar {
			if x.Flow == Name && x.Why == flows.ByNumber {
				return []flows.Effect{flows.Tell{Case: x.Case.ID, Name: name}}
			}
		}
		return nil
	}
	switch {
	case e.Reading.Topic != nil && w.Direct:
		return []flows.Effect{flows.Open{Flow: Name, Said: &w}}
	case e.Reading.Chain != nil:
		return named("chain")
	case e.Reading.Status && w.Direct && !mineFirst(e):
		return named("status")
	}
	return nil
}

// mineFirst says that the number is also that of a demand the actor may ask about: then
// that answers.
func mineFirst(e flows.Event) bool {
	return slices.ContainsFunc(e.Similar, func(x flows.Similar) bool {
		return x.Flow != Name && x.Why == flows.ByNumber && x.Mine
	})
}
