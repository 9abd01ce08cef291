package hearing_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/flows/purchase"
	"linli/flows/room"
)

// settings are those of the example community.
func settings(t *testing.T) *flows.Settings { return flowstest.Example(t, demand.DutyList()) }

func TestSuite(t *testing.T) {
	s := settings(t)
	all := flowstest.Flows(t, hearing.New, room.New, purchase.New, poll.New, dispatch.New, demand.New)
	o := flowstest.Options{With: all[1:], Reading: func(rt *rapid.T) flows.Reading { return reading(rt, s) }, Tell: tell, Begin: begin}
	flowstest.Run(t, s, all[0], o)
}

// begin draws what a demand opens a hearing with.
func begin(t *rapid.T) json.RawMessage {
	return flows.Data(flows.Topic{Text: "3号楼 下水道堵塞", Item: "1-2", Place: flows.Place{Building: "3", Unit: "2"}, People: rapid.IntRange(0, 300).Draw(t, "people"),
		Form: rapid.SampledFrom([]flows.Form{"", flows.Hearing, flows.ThreeSided}).Draw(t, "form"), Why: rapid.SampledFrom([]string{"followers", "returned", "nobody", "silent", "asked"}).Draw(t, "why"),
		By: rapid.SampledFrom([]flows.PersonID{"chen", "r1", ""}).Draw(t, "by")})
}

// tell draws what other cases say to it.
func tell(t *rapid.T) (string, json.RawMessage) {
	name := rapid.SampledFrom([]string{"concerned", "booked", "taken", "lost", "filed", "polling", "polled", "sent", "accepted", "returned", "done", "chain", "status"}).Draw(t, "told")
	at := time.Date(2026, 3, 9, 15, 0, 0, 0, time.FixedZone("CST", 8*3600)).AddDate(0, 0, rapid.IntRange(0, 20).Draw(t, "day"))
	switch name {
	case "concerned":
		return name, flows.Data(flows.Concerned{People: []flows.PersonID{"r1", "r2", "li"}})
	case "booked", "taken", "lost":
		return name, flows.Data(flows.Booking{Room: rapid.SampledFrom([]string{"linli", "xiao", "none"}).Draw(t, "room"), Slot: rapid.SampledFrom([]int{-1, 0, 1, 7, flows.TheMeeting}).Draw(t, "slot"), From: at, To: at.Add(2 * time.Hour),
			Why: rapid.SampledFrom([]string{"", "taken", "closed", "gone"}).Draw(t, "why"), Asked: rapid.Bool().Draw(t, "asked")})
	case "polling", "polled":
		return name, flows.Data(flows.Polled{Text: "34比11"})
	case "filed":
		return name, flows.Data(flows.TopicNews{No: 12})
	}
	return name, flows.Data(flows.TaskNews{Who: "feng", Text: "好了", Due: at})
}

// reading draws what a reader may find in words about hearings.
func reading(t *rapid.T, s *flows.Settings) flows.Reading {
	r := flowstest.AnyReading(t, s)
	r.Danger = ""
	if rapid.IntRange(0, 2).Draw(t, "topic") > 0 {
		r.Topic = &flows.TopicLine{Text: rapid.SampledFrom([]string{"楼前装不装充电桩", "楼道杂物怎么清", ""}).Draw(t, "what"), Open: rapid.IntRange(0, 3).Draw(t, "open") == 0}
	}
	if rapid.IntRange(0, 3).Draw(t, "plan") > 0 {
		p := &flows.Appointment{Rest: rapid.SampledFrom([]string{"", "楼前放长椅", "刮大风"}).Draw(t, "rest")}
		for range rapid.IntRange(0, 22).Draw(t, "times") {
			at := time.Date(2026, 3, 9, 12, 0, 0, 0, s.Zone).Add(time.Duration(rapid.IntRange(-24, 24*40).Draw(t, "hours")) * time.Hour)
			p.Times = append(p.Times, flows.When{At: at, Day: rapid.IntRange(0, 9).Draw(t, "only the day") == 0, Words: "那天"})
		}
		if rapid.Bool().Draw(t, "room") {
			p.Rooms = []string{"linli"}
		}
		if rapid.Bool().Draw(t, "people") {
			p.People = []flows.PersonID{rapid.SampledFrom([]flows.PersonID{"feng", "li"}).Draw(t, "who")}
		}
		r.Plan = p
	}
	if rapid.IntRange(0, 5).Draw(t, "list") == 0 {
		r.Topic, r.Chain = nil, flowstest.AnyChain(t, s)
		if rapid.Bool().Draw(t, "numbered") {
			r.Number = 1
		}
	}
	return r
}
