package demand

import "linli/flows"

// A danger is paged at once, at any hour, ahead of everything else. The
// resident gets the numbers to call and what to do first, written beforehand; nothing
// here is ever asked of a model, and nothing waits for a place or a consent.
func (t *turn) danger() {
	t.Stage, t.Item = Danger, "" // what it would be as an ordinary matter does not count now
	t.say("danger-" + string(t.Danger))
	t.fetch()
	t.dispatch("")
	if !t.Place.Known() {
		if !t.discreet() || t.Private || t.Group == "" {
			t.askBuilding("danger-where")
		}
	}
}

// say tells the reporter what to do, and the group where others may be in
// danger too. What is nobody's business is said in private only.
func (t *turn) say(words string) {
	discreet := t.discreet()
	private := t.Private || t.Group == ""
	if private {
		t.do(flows.Say{To: flows.To{Person: t.Reporter}, Class: flows.Emergency, Reply: true, Words: words, Vars: t.vars(), Neutral: discreet})
	}
	if t.Group == "" || discreet {
		return
	}
	if !private || t.Danger == flows.Gas || t.Danger == flows.Fire || t.Danger == flows.Collapse {
		t.do(flows.Say{To: flows.To{Chat: t.Group}, Class: flows.Emergency, Reply: true, Words: words, Vars: t.vars(), Quote: t.Ref})
	}
}
