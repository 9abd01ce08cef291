package menu_test

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/flows/menu"
)

var example = sync.OnceValues(func() (*community.File, error) {
	return community.Parse("example.yaml", community.Example(), demand.DutyList())
})

// settings are those of the example community.
func settings(t rapid.TB) *flows.Settings {
	t.Helper()
	file, err := example()
	if err != nil {
		t.Fatal(err)
	}
	return file.Settings
}

// toy stands for the flow of activities: it is opened with an offer, invites whom it finds,
// and says to the menu what it is told to.
type toy struct {
	Offer   flows.Offer      `json:"offer"`
	By      flows.PersonID   `json:"by,omitempty"`
	Invited []flows.PersonID `json:"invited,omitempty"`
	Over    bool             `json:"over,omitempty"`
}

func (x toy) Summary() flows.Summary {
	return flows.Summary{Stage: "open", Numbered: true, Title: x.Offer.Title, Done: x.Over}
}

func activity(t testing.TB) flows.Flow {
	t.Helper()
	words := flowstest.Words("invite: '邀请您：{{.title}}'\nopened: '好，{{.title}}：{{.n}}人想要'\nlook: '{{.title}}，名额12个'\ncome: 来\nlist: 放进一览\nhold: 办完了\n")
	f, err := flows.Define(flows.ActivityFlow, words, func(id string, s toy, e flows.Event) (toy, []flows.Effect) {
		told := func(name string, v any) flows.Effect {
			return flows.Tell{Flow: flows.MenuFlow, Key: flows.MenuKey, Name: name, Data: flows.Data(v)}
		}
		vars := flows.Vars{"title": flows.Text(s.Offer.Title), "n": flows.Num(s.Offer.Wished)}
		listed := flows.Listed{No: e.Case.No, Title: s.Offer.Title, At: e.At.AddDate(0, 0, 2), Where: "邻里室", Left: 5, Dish: s.Offer.Dish, Scope: flows.Everywhere}
		switch w := e.What.(type) {
		case flows.Opened:
			if err := json.Unmarshal(w.Data, &s.Offer); err != nil {
				return s, nil
			}
			s.By = e.By.Person
			if e.By.Person == "" {
				return s, nil
			}
			return s, []flows.Effect{flows.Say{To: flows.To{Person: e.By.Person}, Class: flows.Personal, Words: "opened", Vars: flows.Vars{"title": flows.Text(s.Offer.Title), "n": flows.Num(s.Offer.Wished)}, Reply: true,
				Buttons: []flows.Button{{Words: "list", Choice: "list"}, {Words: "hold", Choice: "hold"}}}}
		case flows.Chose:
			switch w.Choice {
			case "list":
				return s, []flows.Effect{told("listed", listed), flows.Find{Who: flows.Invitees{Scope: flows.Everywhere, Dish: s.Offer.Dish, Interests: []string{s.Offer.Interest}}, N: 50}}
			case "look":
				return s, []flows.Effect{flows.Say{To: flows.To{Person: e.By.Person}, Class: flows.Personal, Words: "look", Vars: vars, Reply: true}}
			case "hold":
				s.Over = true
				return s, []flows.Effect{told("ended", listed), told("came", flows.Fulfilled{Dish: s.Offer.Dish, People: s.Invited}),
					told("learnt", flows.Learnt{Dish: s.Offer.Dish, Interest: s.Offer.Interest, Invited: 40, Yes: 12, Came: 10, Arms: map[string]flows.Arm{"young": {Sent: 40, Yes: 12}}})}
			}
		case flows.Answered:
			var found []flows.Found
			_ = json.Unmarshal(w.Data, &found)
			var out []flows.Effect
			for _, f := range found {
				s.Invited = append(s.Invited, f.Person)
				out = append(out, flows.Put{Entry: flows.Entry{Key: string(f.Person), Tag: "asked"}},
					flows.Say{To: flows.To{Person: f.Person}, Class: flows.Invitation, Words: "invite", Vars: vars, Buttons: []flows.Button{{Words: "come", Choice: "look"}}})
			}
			return s, out
		case flows.Erased:
			if w.Person == "" || w.Person == s.By {
				s.By = ""
			}
			s.Invited = nil
		}
		return s, nil
	}, func(flows.Event) []flows.Effect { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func newMenu(t testing.TB) flows.Flow { return flowstest.Flows(t, menu.New)[0] }

func TestSuite(t *testing.T) {
	s := settings(t)
	o := flowstest.Options{With: []flows.Flow{activity(t)}, Reading: func(rt *rapid.T) flows.Reading { return reading(rt, s) }, Tell: tellings, Check: guarded}
	flowstest.Run(t, s, newMenu(t), o)
}

// texts are wishes that residents write; with marks that no title should keep.
var texts = []string{"学吉他", "弹吉他", "吉他", "周末带孩子徒步", "织毛衣", "钩针", "观鸟", "看鸟", "夜里看星星", "天文观星", "下班后能去的健身", "<b>{{x}}</b>", "", "  ", "想学想学想学想学想学想学想学想学想学想学想学想学想学", "learn the guitar"}

// reading draws what a reader may find in words about the menu.
func reading(t *rapid.T, s *flows.Settings) flows.Reading {
	r := flowstest.AnyReading(t, s)
	if rapid.IntRange(0, 3).Draw(t, "no danger") > 0 {
		r.Danger, r.Demand = "", 0.1
	}
	if rapid.IntRange(0, 5).Draw(t, "wish") > 0 {
		r.Wish = &flows.WishLine{Text: rapid.SampledFrom(texts).Draw(t, "text"), Interest: rapid.SampledFrom([]string{"", "music", "none"}).Draw(t, "interest")}
	}
	if rapid.IntRange(0, 9).Draw(t, "offer") == 0 {
		r.Offer = &flows.OfferLine{Title: rapid.SampledFrom(texts).Draw(t, "title"), Teach: rapid.Bool().Draw(t, "teach")}
	}
	return r
}

// tellings draws what activities say.
func tellings(t *rapid.T) (string, json.RawMessage) {
	dish := rapid.SampledFrom([]string{"", "d1", "d2", "d3", "d99"}).Draw(t, "dish")
	switch name := rapid.SampledFrom([]string{"listed", "ended", "learnt", "came", "list", "likes", "stop", "menu", "mine", "nothing"}).Draw(t, "told"); name {
	case "listed", "ended":
		at := time.Date(2026, 3, 9, 19, 30, 0, 0, time.FixedZone("CST", 8*3600)).AddDate(0, 0, rapid.IntRange(-5, 60).Draw(t, "day"))
		return name, flows.Data(flows.Listed{No: 3, Title: rapid.SampledFrom(texts).Draw(t, "title"), At: at, Where: "邻里室", Left: rapid.IntRange(0, 12).Draw(t, "left"), Dish: dish,
			Scope: rapid.SampledFrom([]flows.Scope{flows.Everywhere, {Building: "3"}, {}}).Draw(t, "scope")})
	case "learnt":
		return name, flows.Data(flows.Learnt{Dish: dish, Interest: rapid.SampledFrom([]string{"", "music", "none"}).Draw(t, "interest"), Invited: rapid.IntRange(-1, 300).Draw(t, "invited"),
			Yes: rapid.IntRange(0, 50).Draw(t, "yes"), Came: rapid.IntRange(0, 50).Draw(t, "came"), Arms: map[string]flows.Arm{"young": {Sent: 5, Yes: 2}, "": {}}})
	case "came":
		return name, flows.Data(flows.Fulfilled{Dish: dish, People: []flows.PersonID{"r1", "r2", "r1", "nobody", "li"}})
	default:
		return name, nil
	}
}
