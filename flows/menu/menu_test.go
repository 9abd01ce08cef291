package menu_test

import (
	"testing"

	"linli/bot/bottest"
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
	bottest.Dialogues(t, "dialogues/*.txt", demand.DutyList(), newMenu(t), activity(t), d, w)
}
