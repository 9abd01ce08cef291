package menu_test

import (
	"flag"
	"path/filepath"
	"testing"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/menu"
)

var updateOld = flag.Bool("update-old", false, "keep cases as this version leaves them, where they hold something that none of their stage does")

// pressed are the buttons that somebody may still have on the phone.
var pressed = []string{"agree=yes", "agree=no", "list=0", "list=6", "want", "likes!", "mine!", "stop!", "start!", "un!=d1", "tick!=d1", "tick!=+music",
	"age!=minor;;s1", "age!=young;e;s1", "age!=-;;s1", "like!=music;;s1", "page!=2;;s1", "next!=like;;s1", "with!=yes;;s1", "free!=evening;e;s1", "often!=never;;s1", "often!=any;;s1",
	"edit!=like;;s1", "edit!=lang;;s1", "lang!=en;;s1", "here!=;;s1", "menu=0", "menu=8", "dish=d1", "up=d1", "name=d1", "into=d1", "into=d1;d2", "into=d2;d1", "off=d1", "open=d1", "ask", "send"}

// Cases of every earlier version stay readable, and go on.
func TestOld(t *testing.T) {
	f, toy := newMenu(t), activity(t)
	if *updateOld {
		d, err := demand.New()
		if err != nil {
			t.Fatal(err)
		}
		w, err := dispatch.New()
		if err != nil {
			t.Fatal(err)
		}
		bottest.KeepOld(t, "testdata/old", menu.Name, demand.DutyList(), f, toy, d, w)
	}
	flowstest.Old(t, settings(t), f, flowstest.Options{With: []flows.Flow{toy}, Tell: tellings, Check: guarded}, "testdata/old/*.json", pressed...)
}

// There is an old case of every stage but the one in which nothing is kept.
func TestOldHasEveryStage(t *testing.T) {
	for _, stage := range []string{menu.Served, menu.Asking} {
		if found, err := filepath.Glob("testdata/old/" + stage + "-*.json"); err != nil || len(found) == 0 {
			t.Errorf("no old case in %s %v", stage, err)
		}
	}
}
