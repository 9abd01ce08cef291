package poll_test

import (
	"flag"
	"path/filepath"
	"testing"

	"linli/bot/bottest"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/flows/poll"
)

var updateOld = flag.Bool("update-old", false, "keep cases as this version leaves them, where they hold something that none of their stage does")

// pressed are the buttons of a poll that somebody may still have on the phone.
var pressed = []string{"v!=A", "v!=B", "v!=Z", "v!=", "mine", "doubt", "open", "send", "change", "drop", "then", "named", "secret", "unit=person", "unit=household",
	"force=sound", "force=opinion", "force=owners", "scope=c", "scope=g/g1", "extend=1", "extend=7", "stop", "hush", "chain", "paste=yes", "paste=no", "disputed", "recount",
	"wish=yes", "wish=no", "take", "decline", "slip!=3/1/501;A;paper;;"}

// Cases of every earlier version stay readable, and go on.
func TestOld(t *testing.T) {
	f, err := poll.New()
	if err != nil {
		t.Fatal(err)
	}
	if *updateOld {
		bottest.KeepOld(t, "testdata/old", poll.Name, demand.DutyList(), f)
	}
	flowstest.Old(t, settings(t), f, flowstest.Options{}, "testdata/old/*.json", pressed...)
}

// There is an old case of every stage but the one in which nothing is kept.
func TestOldHasEveryStage(t *testing.T) {
	for _, stage := range []string{poll.Asked, poll.Preview, poll.Open, poll.Result, poll.Closed} {
		if found, err := filepath.Glob("testdata/old/" + stage + "-*.json"); err != nil || len(found) == 0 {
			t.Errorf("no old case in %s %v", stage, err)
		}
	}
}
