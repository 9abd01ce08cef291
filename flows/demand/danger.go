package demand

import "linli/flows"

// A danger is paged at once, at any hour, ahead of everything else. The
// resident gets the numbers to call and what to do first, written beforehand; nothing
// here is ever asked of a model, and nothing waits for a place or a consent.
func (t *turn) danger() {
	t.Stage, t.Item = Danger, "" // what it would be as an ordinary matter does not count now
	t.instruct(t.Reporter, t.Private || t.Group == "", t.e.Chat, t.Ref)
	t.fetch()
	t.dispatch("")
	if !t.Place.Known() {
		if !t.discreet() || t.Private || t.Group == "" {
			t.askBuilding("danger-where")
		}
	}
}

// instruct tells somebody what to do now, and the group where others may be in
// danger too. What is nobody's business is said in private only.
func (t *turn) instruct(p flows.PersonID, private bool, chat flows.Chat, ref string) {
	words := "danger-" + string(t.Danger)
	if private {
		t.do(flows.Say{To: flows.To{Person: p}, Class: flows.Emergency, Reply: true, Words: words, Vars: t.vars(), Slot: "do-" + string(p)})
	}
	if !chat.Group || t.discreet() {
		return
	}
	if private {
		ref = "" // a quote names the speaker; only who cannot be reached otherwise is answered by one
	}
	if !private || t.Danger == flows.Gas || t.Danger == flows.Fire || t.Danger == flows.Collapse {
		t.do(flows.Say{To: flows.To{Chat: chat.ID}, Class: flows.Emergency, Reply: true, Words: words, Vars: t.vars(), Quote: ref, Slot: "do"})
	}
}
