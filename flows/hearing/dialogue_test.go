package hearing_test

import (
	"testing"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/flows/purchase"
	"linli/flows/room"
)

func TestDialogues(t *testing.T) {
	var all []flows.Flow
	for _, make := range []func() (flows.Flow, error){poll.New, hearing.New, demand.New, dispatch.New, room.New, purchase.New} {
		f, err := make()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	bottest.Dialogues(t, "dialogues/*.txt", demand.DutyList(), all...)
}
