package round_test

import (
	"testing"

	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/hearing"
	"linli/flows/room"
	"linli/flows/round"
)

func TestDialogues(t *testing.T) {
	o := all(t)
	bottest.Dialogues(t, "dialogues/*.txt", demand.DutyList(), o...)
}

// all are the flows of a house that have to do with rounds.
func all(t *testing.T) []flows.Flow {
	return flowstest.Flows(t, hearing.New, round.New, demand.New, dispatch.New, room.New)
}
