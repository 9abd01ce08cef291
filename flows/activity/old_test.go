package activity_test

import (
	"flag"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/demand"
	"linli/flows/flowstest"
)

var updateOld = flag.Bool("update-old", false, "keep cases as this version leaves them, where they hold something that none of their stage does")

// pressed are the buttons of an activity that somebody may still have on the phone.
var pressed = []string{"look", "come", "come=3", "kids=2", "both", "wait", "no", "take", "ring", "help", "photo=yes", "photo=no", "why", "stop", "here", "here!=4821",
	"liked!=good", "again!=yes", "hand=yes", "agree", "refuse", "change", "who", "whom=b/3", "age=young", "kids-only", "photos", "own", "model", "use", "plain", "compare",
	"agreed", "send", "drop", "allow", "move", "off", "more", "keep", "list", "paste=yes", "paste=no", "paste=swap", "in=r1", "walk", "end", "hours=all", "hours=r1:90", "board"}

// Cases of every earlier version stay readable, and go on.
func TestOld(t *testing.T) {
	if *updateOld {
		bottest.KeepOld(t, "testdata/old", activity.Name, demand.DutyList(), all(t)...)
	}
	a, with, s := both(t)
	o := flowstest.Options{With: with, Reading: func(rt *rapid.T) flows.Reading { return reading(rt, s) }, Tell: tell}
	flowstest.Old(t, s, a, o, "testdata/old/*.json", pressed...)
}

// There is an old case of every stage but the one in which nothing is kept.
func TestOldHasEveryStage(t *testing.T) {
	for _, stage := range []string{activity.Offered, activity.Draft, activity.Open, activity.Held, activity.After, activity.Closed, activity.Off} {
		if found, err := filepath.Glob("testdata/old/" + stage + "-*.json"); err != nil || len(found) == 0 {
			t.Errorf("no old case in %s %v", stage, err)
		}
	}
}
