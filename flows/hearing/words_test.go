package hearing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/flows"
)

// How words are read that the reader leaves to the rules, and what a notice lacks.

func TestReadHands(t *testing.T) {
	type n = [3]int
	none := n{-1}
	for text, want := range map[string]n{
		"赞成12 反对3 弃权1":               {12, 3, 1},
		"赞成12反对3弃权1":                 {12, 3, 1},
		"反对3，弃权1，赞成12":               {12, 3, 1},
		"赞成：12，反对：3，弃权：1":            {12, 3, 1},
		"赞成 12 票，反对 3 票，弃权 1 票":      {12, 3, 1},
		"赞成１２ 反对３ 弃权１":               {12, 3, 1},
		"同意12 不同意3":                  {12, 3, 0},
		"不同意3 同意12":                  {12, 3, 0},
		"不同意３，同意１２":                  {12, 3, 0},
		"不赞成3，赞成12":                  {12, 3, 0},
		"赞成12人":                      {12, 0, 0},
		"反对5":                        {0, 5, 0},
		"弃权4":                        {0, 0, 4},
		"不同意5":                       {0, 5, 0},
		"赞成0 反对8":                    {0, 8, 0},
		"赞成120 反对30 弃权9":             {120, 30, 9},
		"支持7 反对2":                    {7, 2, 0},
		"for 12 against 3 abstain 1": {12, 3, 1},
		"For: 12, Against: 3":        {12, 3, 0},
		"FOR 12 AGAINST 3 ABSTAIN 0": {12, 3, 0},
		"yes 9 no 2":                 {9, 2, 0},
		"yes: 9; no: 2; abstain: 1":  {9, 2, 1},
		"数了两遍，赞成12，反对3":              {12, 3, 0},
		"赞成\n12\n反对\n3":              {12, 3, 0},
		"赞成的12 反对的3 弃权的1":            {12, 3, 1},
		"":                           none,
		"大家都同意":                      none,
		"赞成十二":                       none,
		"12比3":                       none,
		"没数":                         none,
		"赞成12/反对3/弃权1":               {12, 3, 1},
	} {
		h, ok := readHands(text)
		if got := (n{h.For, h.Against, h.Abstain}); ok != (want != none) || ok && got != want {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
	}
}

// What cannot be read for certain is asked again: a number is never given to another side.
func TestReadHandsDoubtful(t *testing.T) {
	type n = [3]int
	for text, want := range map[string]n{
		"第2项 赞成12 反对3":                     {12, 3, 0},
		"12票赞成，3票反对，1票弃权":                  {12, 3, 1},
		"12人同意 3人不同意":                      {12, 3, 0},
		"无人反对，赞成12":                        {12, 0, 0},
		"赞成12，没有反对，弃权1":                    {12, 0, 1},
		"支持12 不支持3":                        {12, 3, 0},
		"12 for, 3 against":                {12, 3, 0},
		"for 12, against 3, abstentions 1": {12, 3, 1},
		"反对：无，赞成：12":                       {12, 0, 0},
	} {
		h, ok := readHands(text)
		if got := (n{h.For, h.Against, h.Abstain}); ok && got != want {
			t.Errorf("%q is taken as %v, want %v, or to be asked again", text, got, want)
		}
	}
}

// on is a turn in a community with one person of the staff.
func on(s State, e flows.Event) *turn {
	zone := time.FixedZone("CST", 8*3600)
	if e.At.IsZero() {
		e.At = time.Date(2026, 12, 3, 10, 0, 0, 0, zone)
	}
	if e.Settings == nil {
		e.Settings = &flows.Settings{Zone: zone, Limits: flows.Limits{Morning: 8*60 + 30, Evening: 21*60 + 30}, Calendar: flows.Calendar{Zone: zone, Hours: []flows.Hours{{From: 8*60 + 30, To: 12 * 60}, {From: 14 * 60, To: 18 * 60}}},
			Buildings: []flows.Building{{ID: "3", Name: "3号楼"}},
			Rooms:     []flows.Room{{ID: "linli", Name: "邻里室", Seats: 40, Hours: []flows.OpenHours{{From: 9 * 60, To: 18 * 60}}}},
			Groups:    []flows.Group{{ID: "b3", Name: "3号楼群", Scope: flows.Scope{Building: "3"}}},
			People: []flows.Official{{ID: "chen", Name: "陈社区", Posts: []flows.Post{{Role: flows.Staff, Scope: flows.Everywhere}}},
				{ID: "han", Name: "韩审核", Posts: []flows.Post{{Role: flows.Reviewer, Scope: flows.Everywhere}}}},
			Hearings: flows.Hearings{Again: 14 * 24 * time.Hour, Clear: flows.Term{N: 3, Source: "社区自己的做法", Waive: []flows.Role{flows.Head}}}}
	}
	return &turn{State: s, e: e}
}

func TestAgenda(t *testing.T) {
	for text, want := range map[string]string{
		"装不装\n装在哪儿":                "装不装|装在哪儿",
		"1. 装不装\n2. 装在哪儿":          "装不装|装在哪儿",
		"1、装不装\r\n\r\n2、谁管":        "装不装|谁管",
		"（1）装不装":                   "装不装",
		"1）装不装\n 2) 谁管":            "装不装|谁管",
		"装不装；装在哪儿；谁管":              "装不装|装在哪儿|谁管",
		"装不装; 谁管":                  "装不装|谁管",
		"装不装。":                     "装不装",
		"装不装；":                     "装不装",
		"装不装；贵不贵\n谁管":              "装不装；贵不贵|谁管",
		strings.Repeat("一点\n", 25): strings.TrimSuffix(strings.Repeat("一点|", 20), "|"),
		strings.Repeat("一点；", 25):  strings.TrimSuffix(strings.Repeat("一点|", 20), "|"),
		strings.Repeat("长", 300):   strings.Repeat("长", 200),
	} {
		x := on(State{Stage: Planning, Organiser: "chen", Points: []Point{{Text: "旧的"}}}, flows.Event{})
		x.agenda(text)
		var got []string
		for _, p := range x.Points {
			got = append(got, p.Text)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	for _, text := range []string{"", " \n ", "1.\n2.", "；；"} {
		x := on(State{Stage: Planning, Points: []Point{{Text: "旧的"}}}, flows.Event{By: flows.Actor{Person: "chen"}})
		x.agenda(text)
		say, ok := x.effects[0].(flows.Say)
		if !ok || say.Expect != "agenda" || len(x.Points) != 1 || x.Points[0].Text != "旧的" {
			t.Errorf("%q: %+v, and %+v is said", text, x.Points, x.effects)
		}
	}
}

func TestUpward(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	d := func(day, hour, minute int) time.Time { return time.Date(2026, 12, day, hour, minute, 0, 0, zone) }
	for _, c := range []struct {
		text string
		plan *flows.Appointment
		to   string
		next time.Time
	}{
		{"报给街道城管科", nil, "街道城管科", d(17, 8, 30)}, // two weeks later, in the morning
		{"报给街道城管科，15日问", &flows.Appointment{Rest: "报给街道城管科", Times: []flows.When{{At: d(15, 0, 0), Day: true}}}, "街道城管科", d(15, 8, 30)},
		{"上报给公交公司", &flows.Appointment{Rest: "上报给公交公司"}, "公交公司", d(17, 8, 30)},
		{"报到区里", nil, "区里", d(17, 8, 30)},
		{"上报街道", nil, "街道", d(17, 8, 30)},
		{"街道，周六问", &flows.Appointment{Rest: "街道", Times: []flows.When{{At: d(12, 9, 0)}}}, "街道", d(14, 8, 30)}, // a Saturday: on Monday
		{"街道，昨天问", &flows.Appointment{Rest: "街道", Times: []flows.When{{At: d(2, 9, 0)}}}, "街道", d(17, 8, 30)},
		{"街道，今天问", &flows.Appointment{Rest: "街道", Times: []flows.When{{At: d(3, 15, 0)}}}, "街道", d(4, 8, 30)},
		{"15日问", &flows.Appointment{Times: []flows.When{{At: d(15, 0, 0), Day: true}}}, "15日问", d(15, 8, 30)},
	} {
		x := on(State{Stage: Review, Topic: "公交站"}, flows.Event{By: flows.Actor{Person: "han"}, Reading: flows.Reading{Plan: c.plan}})
		x.vet("upward", c.text)
		if r := x.Report; x.Stage != Upward || r.To != c.to || !r.Next.Equal(c.next) || !r.At.Equal(x.e.At) || x.Vetted.By != "han" {
			t.Errorf("%q: %s, %+v, by %s; want %s and %s", c.text, x.Stage, r, x.Vetted.By, c.to, c.next)
		}
		if !slices.ContainsFunc(x.effects, func(e flows.Effect) bool {
			w, ok := e.(flows.Wake)
			return ok && w.At.Equal(c.next) && w.Name == "upward-0"
		}) {
			t.Errorf("%q: nobody is reminded: %+v", c.text, x.effects)
		}
	}
}

func TestCode(t *testing.T) {
	seen := map[string]bool{}
	for i := range 4000 {
		half := uint64(i+1) * 0x9e3779b97f4a7c15
		seed := fmt.Sprintf("%016x%016x", half, ^half*31)
		for version := range 3 {
			c := code(seed, version)
			if len(c) != 4 || c < "1000" || c > "9999" {
				t.Fatalf("code %q of %s, %d", c, seed, version)
			}
			seen[c] = true
		}
	}
	if len(seen) < 2500 {
		t.Errorf("only %d codes", len(seen))
	}
	if a, b := code("00112233445566778899aabbccddeeff", 1), code("00112233445566778899aabbccddeeff", 2); a == b {
		t.Error("another date has the same code")
	}
	if c := code("", 1); len(c) != 4 {
		t.Errorf("code %q without a seed", c)
	}
}

func TestUnnamed(t *testing.T) {
	for text, want := range map[string]string{
		"孙大爷：东门口的灯坏了": "东门口的灯坏了",
		"一位3号楼的住户：怕吵": "一位3号楼的住户：怕吵", // names nobody
		"东门口的灯坏了":     "东门口的灯坏了",
		"孙大爷：":        "孙大爷：",
		"孙大爷： ":       "孙大爷： ",
		"住在东门口旁边的那几户都说：晚上太黑了": "住在东门口旁边的那几户都说：晚上太黑了",
		"孙大爷：灯：坏了":            "灯：坏了",
	} {
		if got := unnamed(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestDeadline(t *testing.T) {
	for _, c := range []struct {
		text string
		when flows.When
		want bool
	}{
		{"冯物业，12月20日前", flows.When{Day: true, Words: "12月20日"}, true},
		{"12月20日之前装好", flows.When{Day: true, Words: "12月20日"}, true},
		{"12月20日以前装好", flows.When{Day: true, Words: "12月20日"}, true},
		{"12月20日前", flows.When{Day: true, Words: "12月20日前"}, true},
		{"12月20日再议", flows.When{Day: true, Words: "12月20日"}, false},
		{"12月20日15点前", flows.When{Words: "12月20日15点"}, false},
		{"装在楼前", flows.When{}, false},
	} {
		if got := deadline(c.text, c.when); got != c.want {
			t.Errorf("%q with %+v: %v", c.text, c.when, got)
		}
	}
}

// Each thing that a notice can lack is named alone where it is the only one, and nothing
// where nothing is.
func TestLacks(t *testing.T) {
	x := on(State{}, flows.Event{})
	set, at := x.e.Settings, x.e.At
	from := time.Date(2026, 12, 12, 15, 0, 0, 0, at.Location())
	whole := State{Stage: Set, Form: flows.Hearing, Topic: "充电桩", From: from, To: from.Add(2 * time.Hour), Room: "linli", Booked: true, Scope: flows.Scope{Building: "3"},
		Chair: "chen", Points: []Point{{Text: "装不装"}}}
	open := whole
	open.Form, open.Topic, open.Points = flows.Complaints, "", nil
	online := whole
	online.Room, online.Booked, online.Link = "", false, "https://meet.example/1"
	group := whole
	group.Room, group.Booked, group.Group = "", false, "b3"
	waived := whole
	waived.From, waived.To = at.AddDate(0, 0, 1), at.AddDate(0, 0, 1).Add(2*time.Hour)
	waived.Waived = []Waiver{{What: "clear", For: waived.From}}
	four := whole
	four.From, four.To = from.AddDate(0, 0, -5), from.AddDate(0, 0, -5).Add(2*time.Hour) // the 7th: the 4th, 5th and 6th are clear
	for what, s := range map[string]State{"whole": whole, "a complaint meeting": open, "by a link": online, "in a group": group, "waived": waived, "just enough": four} {
		if l := s.Lacks(set, at); len(l) > 0 {
			t.Errorf("%s: %+v", what, l)
		}
	}
	for what, change := range map[string]func(*State){
		"matter":  func(s *State) { s.Topic = "" },
		"place":   func(s *State) { s.Booked = false },
		"people":  func(s *State) { s.Scope = flows.Scope{} },
		"content": func(s *State) { s.Points = nil },
		"form":    func(s *State) { s.Form = "" },
		"chair":   func(s *State) { s.Chair = "" },
		"owner":   func(s *State) { s.OwnerAsked = true },
		"clear":   func(s *State) { s.From, s.To = from.AddDate(0, 0, -6), from.AddDate(0, 0, -6).Add(2*time.Hour) },
	} {
		s := whole
		change(&s)
		l := s.Lacks(set, at)
		if len(l) != 1 || l[0].What != what {
			t.Errorf("without %s: %+v", what, l)
			continue
		}
		if what == "clear" && (l[0].N != 3 || l[0].Has != 2 || l[0].Source != "社区自己的做法" || !slices.Equal(l[0].Waive, []flows.Role{flows.Head})) {
			t.Errorf("clear days: %+v", l[0])
		}
		if what != "clear" && (l[0].Source != "" || len(l[0].Waive) > 0) {
			t.Errorf("%s cannot be waived: %+v", what, l[0])
		}
	}
	for what, change := range map[string]func(*State){
		"a room that is closed then":        func(s *State) { s.From, s.To = from.Add(4*time.Hour), from.Add(6*time.Hour) },
		"a room that is not there any more": func(s *State) { s.Room = "gone" },
		"a group that is not there":         func(s *State) { s.Room, s.Booked, s.Group = "", false, "gone" },
		"nowhere":                           func(s *State) { s.Room, s.Booked = "", false },
	} {
		s := whole
		change(&s)
		if l := s.Lacks(set, at); len(l) != 1 || l[0].What != "place" {
			t.Errorf("%s: %+v", what, l)
		}
	}
	past := whole
	past.From, past.To = at.AddDate(0, 0, -1), at.AddDate(0, 0, -1).Add(2*time.Hour)
	if l := past.Lacks(set, at); len(l) == 0 || l[0].What != "time" {
		t.Errorf("in the past: %+v", l)
	}
	never := whole
	never.From, never.To, never.Link, never.Room = time.Time{}, time.Time{}, "x", ""
	if l := never.Lacks(set, at); len(l) != 1 || l[0].What != "time" {
		t.Errorf("without a time: %+v", l)
	}
	// Waived for another date is not waived, and a term without a source does not hold.
	waived.From, waived.To = waived.From.AddDate(0, 0, 1), waived.To.AddDate(0, 0, 1)
	if l := waived.Lacks(set, at); len(l) != 1 || l[0].What != "clear" {
		t.Errorf("waived for an earlier date: %+v", l)
	}
	free := *set
	free.Hearings.Clear.Source = ""
	if l := waived.Lacks(&free, at); len(l) != 0 {
		t.Errorf("a rule without a source holds: %+v", l)
	}
}
