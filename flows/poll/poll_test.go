package poll_test

import (
	"testing"

	"linli/bot/bottest"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/poll"
)

func TestDialogues(t *testing.T) {
	p, err := poll.New()
	if err != nil {
		t.Fatal(err)
	}
	d, err := demand.New()
	if err != nil {
		t.Fatal(err)
	}
	w, err := dispatch.New()
	if err != nil {
		t.Fatal(err)
	}
	bottest.Dialogues(t, "dialogues/*.txt", demand.DutyList(), p, d, w)
}
