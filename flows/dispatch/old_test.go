package dispatch_test

import (
	"flag"
	"path/filepath"
	"testing"

	"linli/bot/bottest"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
)

var updateOld = flag.Bool("update-old", false, "keep cases as the plays with partners leave them, where they hold something that none of their stage does; here and in ../demand")

// pressed are the buttons of a dispatch that somebody may still have on the
// phone.
var pressed = []string{"accept", "notmine", "help", "done", "done=plain", "ask", "more", "wait", "until=2", "reason=parts", "reason=other", "for=station", "when=1",
	"nothing", "pass=1", "pass=2", "to=he", "back", "class=2", "clause=2-6", "plain", "takeover", "agree", "refuse", "false", "discuss", "refer", "refer=mediation.chunhui", "need=mediation", "need=care", "take=2", "cannot=2", "giveback"}

// Cases of every earlier version stay readable, and go on. They are kept by the
// test of the demands, which plays both: go test ./flows/demand -run TestOld -update-old
func TestOld(t *testing.T) {
	f, s := example(t)
	if *updateOld {
		bottest.KeepOld(t, "testdata/old", "dispatch", demand.DutyList(), withPartners(t)...)
		bottest.KeepOld(t, "../demand/testdata/old", "demand", demand.DutyList(), withPartners(t)...)
	}
	flowstest.Old(t, s, f, options(s), "testdata/old/*.json", pressed...)
}

func TestOldHasEveryStage(t *testing.T) {
	for _, stage := range []string{dispatch.Sent, dispatch.Taken, dispatch.Waiting, dispatch.Returned, dispatch.Done, dispatch.Ended} {
		if found, err := filepath.Glob("testdata/old/" + stage + "-*.json"); err != nil || len(found) == 0 {
			t.Errorf("no old case in %s %v", stage, err)
		}
	}
}
