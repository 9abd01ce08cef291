package hearing

import (
	"strings"
	"testing"
	"time"

	"linli/flows"
)

// drafted is a hearing whose minutes wait for the chair.
func drafted() (State, *flows.Settings, time.Time) {
	at := time.Date(2026, 12, 8, 16, 0, 0, 0, time.FixedZone("CST", 8*3600))
	set := &flows.Settings{Zone: at.Location(), Calendar: flows.Calendar{Zone: at.Location(), Hours: []flows.Hours{{From: 8 * 60, To: 18 * 60}}}, Lang: "zh-CN", People: []flows.Official{
		{ID: "chen", Name: "陈社区", Posts: []flows.Post{{Role: flows.Staff, Scope: flows.Everywhere}}},
		{ID: "jiang", Name: "蒋议事", Posts: []flows.Post{{Role: flows.Council, Scope: flows.Everywhere}}},
	}}
	s := State{Stage: Minutes, Form: flows.Hearing, Topic: "装不装充电桩", Scope: flows.Everywhere, Opened: at.Add(-time.Hour), From: at.Add(-time.Hour), Begun: at.Add(-time.Hour), Ended: at,
		Organiser: "chen", Chair: "jiang", Chaired: "jiang", Came: 3, Last: 2, Points: []Point{{Text: "装在哪", Begun: at, Items: []int{1}}}, Decisions: []Decision{{Text: "先试两个", Item: 2}}}
	s.Draft = s.Lines("")
	return s, set, at
}

func step(t *testing.T, s State, set *flows.Settings, at time.Time, by flows.PersonID, w flows.What) (State, []flows.Effect) {
	t.Helper()
	o, _ := set.Official(by)
	e := flows.Event{ID: "e", At: at, What: w, By: flows.Actor{Person: by, Posts: o.Posts, Consent: true}, Case: flows.CaseRef{ID: "7", No: 7}, Settings: set, Counts: map[string]int{},
		Entries: map[string]flows.Entry{ItemKey(1): {Key: ItemKey(1), Tag: ItemTag(1), Data: flows.Data(Item{Kind: "said", Point: 1, By: "r1", Text: "挡路", At: at})}},
		Entry:   &flows.Entry{Key: string(by), Tag: TagHere, Data: flows.Data(Part{Items: []int{1}})}}
	return rules("7", s, e)
}

// says gives the words of the messages among effects, with to whom.
func says(list []flows.Effect) (out []string) {
	for _, e := range list {
		if s, ok := e.(flows.Say); ok {
			out = append(out, string(s.To.Person)+" "+s.Words)
		}
	}
	return out
}

func asks(list []flows.Effect) (out []flows.MinutesTask) {
	for _, e := range list {
		if a, ok := e.(flows.Ask); ok && a.Name == "minutes" {
			out = append(out, data[flows.MinutesTask](a.Data))
		}
	}
	return out
}

func answered(s State, text string) flows.Answered {
	return flows.Answered{Name: "minutes", Data: flows.Data(flows.MinutesDraft{Sum: s.wording(), Text: text, Model: "m"})}
}

// Better words are the chair's to take: before that nobody else sees them, and they are
// not published.
func TestBetterWordsWaitForTheChair(t *testing.T) {
	s, set, at := drafted()
	s, eff := step(t, s, set, at, "", answered(s, "大家商量了装在哪。"))
	if got := says(eff); len(got) != 1 || got[0] != "jiang prose-offer" || s.Better == "" || s.Prose != "" {
		t.Fatalf("%q %+v", got, s.Better)
	}
	for _, who := range []flows.PersonID{"chen", "r1"} {
		if s2, eff := step(t, s, set, at, who, flows.Chose{Choice: "prose", Value: "yes"}); s2.Prose != "" || len(says(eff)) != 1 {
			t.Errorf("%s has confirmed them", who)
		}
	}
	if s2, _ := step(t, s, set, at, "jiang", flows.Chose{Choice: "confirm"}); s2.Stage == Minutes || s2.Prose != "" || s2.Better != "" {
		t.Errorf("what nobody has confirmed is published: %+v %s", s2.Prose, s2.Stage)
	}
	no, eff := step(t, s, set, at, "jiang", flows.Chose{Choice: "prose", Value: "no"})
	if no.Better != "" || no.Prose != "" || says(eff)[0] != "jiang prose-left" {
		t.Errorf("%+v %q", no.Prose, says(eff))
	}
	yes, eff := step(t, s, set, at, "jiang", flows.Chose{Choice: "prose", Value: "yes"})
	if yes.Prose != "大家商量了装在哪。" || yes.ProseBy != "m" || yes.Better != "" || says(eff)[0] != "jiang prose-used" {
		t.Errorf("%+v %q", yes.Prose, says(eff))
	}
	sum := yes.Sum()
	out, o := step(t, yes, set, at, "jiang", flows.Chose{Choice: "confirm"})
	if out.Stage == Minutes || out.Prose == "" || out.Sum() != sum {
		t.Errorf("%s %q %v", out.Stage, out.Prose, says(o))
	}
	if _, eff := step(t, out, set, at, "jiang", flows.Chose{Choice: "prose", Value: "no"}); len(says(eff)) != 1 {
		t.Error("they change after they are out")
	}
}

// What came too late, is about another draft, or is nothing, is nothing.
func TestNoBetterWords(t *testing.T) {
	s, set, at := drafted()
	good := answered(s, "好")
	stale := s
	stale.Decisions = []Decision{{Text: "不装", Item: 2}}
	stale.Draft = stale.Lines("")
	changed := s
	changed.Reworded++
	out := s
	out.Stage = Tasks
	for name, c := range map[string]struct {
		s State
		w flows.Answered
	}{
		"failed":           {s, flows.Answered{Name: "minutes", Failed: "nobody answers to this"}},
		"empty":            {s, answered(s, "")},
		"no answer at all": {s, flows.Answered{Name: "minutes"}},
		"another draft":    {stale, good},
		"words changed":    {changed, good},
		"published":        {out, good},
	} {
		if got, eff := step(t, c.s, set, at, "", c.w); len(eff) > 0 || got.Better != "" {
			t.Errorf("%s: %v", name, says(eff))
		}
	}
}

// What somebody takes back takes the words with it that were made of it, published or not,
// and the machine is asked again only where there is something to confirm.
func TestBetterWordsGoWithWhatWasSaid(t *testing.T) {
	s, set, at := drafted()
	s.Prose, s.ProseBy = "有人说挡路。", "m"
	got, eff := step(t, s, set, at, "r1", flows.Chose{Choice: "unsay", Value: "1"})
	if got.Prose != "" || len(asks(eff)) != 1 || asks(eff)[0].Sum != got.wording() || asks(eff)[0].Case != "7" {
		t.Errorf("%q %+v", got.Prose, asks(eff))
	}
	if strings.Contains(string(flows.Data(asks(eff))), "挡路") {
		t.Error("words of somebody stand in a row of the outbox")
	}
	out := s
	out.Stage, out.Published = Tasks, at
	if got, eff := step(t, out, set, at, "r1", flows.Chose{Choice: "unsay", Value: "1"}); got.Prose != "" || len(asks(eff)) > 0 {
		t.Errorf("%q %+v", got.Prose, asks(eff))
	}
	for _, who := range []flows.PersonID{"", "r1"} {
		if got, _ := step(t, out, set, at, "r1", flows.Erased{Person: who}); got.Prose != "" || got.ProseBy != "" {
			t.Errorf("%q is left of %q", got.Prose, who)
		}
	}
	s.Better = "还没有看"
	if got, eff := step(t, s, set, at, "r1", flows.Chose{Choice: "unsay", Value: "1"}); got.Better != "" || !strings.Contains(strings.Join(says(eff), ","), "jiang prose-gone") {
		t.Errorf("%q %q", got.Better, says(eff))
	}
	s.Reworded = 99
	if _, eff := step(t, s, set, at, "r1", flows.Chose{Choice: "unsay", Value: "1"}); len(asks(eff)) > 0 {
		t.Error("it asks for ever")
	}
	complaints := s
	complaints.Form, complaints.Reworded = flows.Complaints, 0
	if _, eff := step(t, complaints, set, at, "r1", flows.Chose{Choice: "unsay", Value: "1"}); len(asks(eff)) > 0 {
		t.Error("complaints are sent")
	}
}
