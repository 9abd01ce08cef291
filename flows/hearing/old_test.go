package hearing_test

import (
	"flag"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/flows/purchase"
	"linli/flows/room"
)

var updateOld = flag.Bool("update-old", false, "keep cases as this version leaves them, where they hold something that none of their stage does")

// pressed are the buttons of a hearing that somebody may still have on the phone.
var pressed = []string{"propose=yes", "propose=no", "tick=0", "tick=1", "tick=19", "none", "come", "nocome", "kept", "proxy", "say", "unsay=1", "speak", "named", "unnamed",
	"here", "here=4821", "dissent", "undissent=9", "rate=good", "rate=bad", "open", "look", "rev=ok", "rev=no", "rev=up", "lead", "board", "topic", "whom=c", "whom=b/3",
	"chair=zheng", "need=feng", "unneed=feng", "attach", "times", "send", "slot=0", "slot=1", "list", "paste=yes", "paste=no", "paste=swap", "where", "who", "scope", "room=linli", "room=xiao", "link", "group=b3",
	"agreed", "agenda", "waive", "publish", "move", "off", "again", "drop", "begin", "point=2", "note", "hands", "poll", "decide", "undo=1", "undo=7", "in=r1", "guest", "end",
	"complaint", "raise=1", "file=2", "fix", "confirm", "signed", "answer=9", "retask=0", "reply", "asked", "resume", "finish", "respond", "object", "lift"}

// Cases of every earlier version stay readable, and go on.
func TestOld(t *testing.T) {
	all := flowstest.Flows(t, poll.New, hearing.New, demand.New, dispatch.New, room.New, purchase.New)
	if *updateOld {
		bottest.KeepOld(t, "testdata/old", hearing.Name, demand.DutyList(), all...)
	}
	s := settings(t)
	with := []flows.Flow{all[4], all[0], all[3], all[2]}
	o := flowstest.Options{With: with, Reading: func(rt *rapid.T) flows.Reading { return reading(rt, s) }, Tell: tell}
	flowstest.Old(t, s, all[1], o, "testdata/old/*.json", pressed...)
}

// There is an old case of every stage but the one in which nothing is kept.
func TestOldHasEveryStage(t *testing.T) {
	for _, stage := range []string{hearing.Offered, hearing.Waiting, hearing.Review, hearing.Upward, hearing.Planning, hearing.Asking, hearing.Set, hearing.Notice,
		hearing.Meeting, hearing.Minutes, hearing.Tasks, hearing.Rating, hearing.Off, hearing.Closed, hearing.Refused} {
		if found, err := filepath.Glob("testdata/old/" + stage + "-*.json"); err != nil || len(found) == 0 {
			t.Errorf("no old case in %s %v", stage, err)
		}
	}
}
