package hearing_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
	"linli/flows/hearing"
)

// What a hearing says of itself to an activity about its matter: nothing before the topic was
// let through, and no room of anybody's ever.
func TestAboutForAnActivity(t *testing.T) {
	f, err := hearing.New()
	if err != nil {
		t.Fatal(err)
	}
	place := flows.Place{Building: "3", Unit: "2", Room: "501"}
	all := flows.About{No: 412, Item: "6-1", Title: "3号楼前装不装充电桩", Place: flows.Place{Building: "3"}, People: 9}
	for stage, want := range map[string]flows.About{hearing.Waiting: {}, hearing.Review: {}, hearing.Upward: {}, hearing.Refused: {}, hearing.Offered: {},
		hearing.Planning: all, hearing.Notice: all, hearing.Tasks: all, hearing.Closed: all} {
		s := hearing.State{Stage: stage, Form: flows.Hearing, Topic: all.Title, Item: all.Item, Place: place, Scope: flows.Everywhere, People: all.People}
		_, effects, err := f.Step(flows.Case{ID: "7", Flow: f.Name, No: 412, Data: flows.Data(s)}, flows.Event{ID: "e", What: flows.Told{From: "9", Name: "activity", Data: flows.Data(flows.Listed{})}, Settings: &flows.Settings{}})
		if err != nil || len(effects) != 1 {
			t.Fatal(stage, effects, err)
		}
		tell := effects[0].(flows.Tell)
		var got flows.About
		if err := json.Unmarshal(tell.Data, &got); err != nil || tell.Case != "9" || tell.Name != "about" {
			t.Fatal(tell, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(stage, d)
		}
	}
}
