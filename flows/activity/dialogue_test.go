package activity_test

import (
	"testing"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/menu"
	"linli/flows/room"
)

// all are the flows that the plays of this one need, in the order in which they hear.
func all(t *testing.T) []flows.Flow {
	return flowstest.Flows(t, menu.New, activity.New, demand.New, dispatch.New, room.New)
}

func TestDialogues(t *testing.T) {
	bottest.Dialogues(t, "dialogues/*.txt", demand.DutyList(), all(t)...)
}
