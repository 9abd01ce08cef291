package hearing_test

import (
	"testing"

	"linli/bot/bottest"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/flows/purchase"
	"linli/flows/room"
)

func TestDialogues(t *testing.T) {
	all := flowstest.Flows(t, poll.New, hearing.New, demand.New, dispatch.New, room.New, purchase.New)
	bottest.Dialogues(t, "dialogues/*.txt", demand.DutyList(), all...)
}
