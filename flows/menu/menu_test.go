package menu_test

import (
	"testing"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
)

func TestDialogues(t *testing.T) {
	d, err := demand.New()
	if err != nil {
		t.Fatal(err)
	}
	w, err := dispatch.New()
	if err != nil {
		t.Fatal(err)
	}
	all := []flows.Flow{newMenu(t), activity(t), d, w}
	bottest.Dialogues(t, "dialogues/*.txt", demand.DutyList(), all...)
	// These speak with the toy that stands for an activity here.
	bottest.Dialogues(t, "testdata/activity/*.txt", demand.DutyList(), all...)
}
