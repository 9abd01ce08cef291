package local

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/prompts"
)

// shipped is the community of the example, with the interests and the duty list every
// community begins with.
func shipped(t testing.TB) *flows.Settings { return flowstest.Example(t, demand.DutyList()) }

// wishText writes a wish in one line.
func wishText(w *flows.WishLine) string {
	if w == nil {
		return "none"
	}
	with := ""
	if w.Children {
		with = "c"
	}
	return strings.Join([]string{w.Text, w.Interest, string(w.Free), with}, "|")
}

func offerText(o *flows.OfferLine) string {
	if o == nil {
		return "none"
	}
	flags := ""
	if o.Civic {
		flags += "c"
	}
	if o.Teach {
		flags += "t"
	}
	return strings.Join([]string{o.Title, strconv.Itoa(o.Most), strconv.Itoa(o.Least), o.Cost, strconv.Itoa(o.Minutes), strconv.Itoa(o.Number), flags}, "|")
}

func TestWish(t *testing.T) {
	r, s := New(), shipped(t)
	cases := lines(t, "wish.txt", 2)
	if len(cases) < 60 {
		t.Fatalf("%d cases, want 60", len(cases))
	}
	for _, c := range cases {
		got := r.Read(c[1], prompts.Context{At: noon, Settings: s, Direct: true})
		if wishText(got.Wish) != c[0] {
			t.Errorf("Read(%q): %s, want %s (%.2f %s)", c[1], wishText(got.Wish), c[0], got.Demand, got.Item)
		}
		if got.Demand >= s.Limits.Maybe || got.Item != "" || got.About != "" || got.Offer != nil || got.Topic != nil || got.Poll != nil || got.Danger != "" {
			t.Errorf("Read(%q) is something else, too: %+v", c[1], got)
		}
		if in := r.Read(c[1], prompts.Context{At: noon, Settings: s}); in.Wish != nil {
			t.Errorf("Read(%q) in a group: %s", c[1], wishText(in.Wish))
		}
	}
}

// What is wrong is a demand, whatever interest it names.
func TestNoWish(t *testing.T) {
	r, s := New(), shipped(t)
	cases := lines(t, "nowish.txt", 1)
	if len(cases) < 60 {
		t.Fatalf("%d cases, want 60", len(cases))
	}
	for _, c := range cases {
		got := r.Read(c[0], prompts.Context{At: noon, Settings: s, Direct: true})
		if got.Wish != nil || got.Offer != nil {
			t.Errorf("Read(%q): wish %s, offer %s", c[0], wishText(got.Wish), offerText(got.Offer))
		}
	}
}

// What the other tests take for a demand, a place or a danger is one here, too.
func TestNothingElseIsWished(t *testing.T) {
	r, s := New(), shipped(t)
	n := 0
	for file, fields := range map[string]int{"talk.txt": 3, "item.txt": 3, "place.txt": 3, "flags.txt": 2, "danger.txt": 2, "until.txt": 2} {
		for _, c := range lines(t, file, fields) {
			n++
			got := r.Read(c[fields-1], prompts.Context{At: noon, Settings: s, Direct: true})
			if got.Wish != nil && !(fields == 3 && (c[0] == "no" || c[0] == "faint")) || got.Offer != nil {
				t.Errorf("%s: Read(%q): wish %s, offer %s", file, c[fields-1], wishText(got.Wish), offerText(got.Offer))
			}
		}
	}
	if n < 500 {
		t.Errorf("only %d lines", n)
	}
}

func TestOffer(t *testing.T) {
	r, s := New(), shipped(t)
	cases := lines(t, "offer.txt", 2)
	if len(cases) < 30 {
		t.Fatalf("%d cases, want 30", len(cases))
	}
	for _, c := range cases {
		text := strings.ReplaceAll(c[1], `\n`, "\n")
		got := r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true})
		if offerText(got.Offer) != c[0] {
			t.Errorf("Read(%q):\n got %s\nwant %s", text, offerText(got.Offer), c[0])
			continue
		}
		if got.Demand >= s.Limits.Maybe || got.Wish != nil || got.Topic != nil || got.Poll != nil || got.Chain != nil || got.Offer.Number != 0 && got.Number != got.Offer.Number {
			t.Errorf("Read(%q) is something else, too: %+v", text, got)
		}
		if timed := strings.ContainsAny(text, "周週") || strings.Contains(text, "day") || strings.Contains(text, "月"); timed && !strings.Contains(text, "我周末") && (got.Plan == nil || len(got.Plan.Times) != 1) {
			t.Errorf("Read(%q): no time: %s", text, show(got.Plan))
		}
		if strings.Contains(text, "邻里室") && !slices.Equal(got.Plan.Rooms, []string{"linli"}) {
			t.Errorf("Read(%q): no room: %s", text, show(got.Plan))
		}
		if in := r.Read(text, prompts.Context{At: noon, Settings: s}); in.Offer != nil {
			t.Errorf("Read(%q) in a group: %s", text, offerText(in.Offer))
		}
	}
}

// Somebody in danger wishes nothing else, and a community without interests still reads
// what people would like to learn.
func TestWishBounds(t *testing.T) {
	r, s := New(), shipped(t)
	for _, text := range []string{"想学吉他，家里着火了", "活动：学急救，楼道着火了快来人", "我可以教吉他，我闻到煤气味"} {
		if got := r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true}); got.Danger == "" || got.Wish != nil || got.Offer != nil {
			t.Errorf("Read(%q): danger %q, %s, %s", text, got.Danger, wishText(got.Wish), offerText(got.Offer))
		}
	}
	bare := town()
	if got := r.Read("想学吉他", prompts.Context{At: noon, Settings: bare, Direct: true}).Wish; got == nil || got.Text != "学吉他" || got.Interest != "" {
		t.Errorf("without interests: %+v", got)
	}
	if got := r.Read("想学吉他", prompts.Context{At: noon, Direct: true}).Wish; got == nil || got.Text != "学吉他" {
		t.Errorf("without settings: %+v", got)
	}
	// After a demand, a few bare words add to it.
	if got := r.Read("下班后跳舞", prompts.Context{At: noon, Settings: s, Direct: true, Before: []string{"楼下太吵了"}}); got.Wish != nil {
		t.Errorf("%+v", got.Wish)
	}
}

// subsequence says that all runes of part stand in whole, in their order.
func subsequence(part, whole string) bool {
	w := []rune(whole)
	for _, r := range part {
		i := slices.Index(w, r)
		if i < 0 {
			return false
		}
		w = w[i+1:]
	}
	return true
}

func FuzzWishAndOffer(f *testing.F) {
	for _, name := range []string{"wish.txt", "offer.txt"} {
		for _, c := range lines(f, name, 2) {
			f.Add(c[1])
		}
	}
	for _, c := range lines(f, "nowish.txt", 1) {
		f.Add(c[0])
	}
	f.Add("\xff活动：\x00①２人，免费，100000000人，最少99999999999人，" + strings.Repeat("9", 400) + "小时")
	f.Add("我可以教" + "ﷺﷺ" + "吉他")
	r, s := New(), shipped(f)
	f.Fuzz(func(t *testing.T, text string) {
		ctx := prompts.Context{At: noon, Settings: s, Direct: true}
		got := r.Read(text, ctx)
		if again := r.Read(text, ctx); !cmp.Equal(got, again) {
			t.Errorf("read twice: %s", cmp.Diff(got, again))
		}
		if w, o := got.Wish, got.Offer; w != nil && o != nil || (w != nil || o != nil) && (got.Danger != "" || got.Demand > 0.15 || got.Poll != nil || got.Topic != nil || got.Chain != nil) {
			t.Errorf("%q: several things: %+v", text, got)
		}
		valid := strings.Join(strings.Fields(proper(text, longest)), "")
		if w := got.Wish; w != nil {
			if w.Text == "" || utf8.RuneCountInString(w.Text) > 2*longestWish || strings.ContainsAny(w.Text, "\n\r") {
				t.Errorf("%q: wish %+v", text, w)
			}
			if !subsequence(strings.Join(strings.Fields(w.Text), ""), valid+valid+valid) {
				t.Errorf("%q: %q was not written", text, w.Text)
			}
			if _, ok := s.Interest(w.Interest); w.Interest != "" && !ok {
				t.Errorf("%q: interest %q is invented", text, w.Interest)
			}
		}
		if o := got.Offer; o != nil {
			if o.Most < 0 || o.Most > 99_999 || o.Least < 0 || o.Least > 99_999 || o.Minutes < 0 || o.Minutes > 24*60 || o.Number < 0 || o.Number > 99_999 || utf8.RuneCountInString(o.Title) > longest {
				t.Errorf("%q: offer %+v", text, o)
			}
			words := strings.FieldsFunc(o.Title, func(r rune) bool { return divides(r) || blank(r) }) // a mark may be another one
			if !subsequence(strings.Join(words, ""), valid) {
				t.Errorf("%q: the title %q was not written", text, o.Title)
			}
			if !strings.Contains(text, o.Cost) && utf8.ValidString(text) {
				t.Errorf("%q: the cost %q was not written", text, o.Cost)
			}
		}
	})
}

// Nobody there wishes for an activity: what is read as one is read wrongly, and where it
// was a demand it is lost.
func TestMeasureWishes(t *testing.T) {
	if testing.Short() {
		t.Skip("every line there is: not in short runs")
	}
	type line struct {
		Text   string `json:"text"`
		Demand bool   `json:"demand"`
		Kind   string `json:"kind"`
	}
	r, s := New(), shipped(t)
	for _, name := range []string{"demand.jsonl", "item_train.jsonl", "item_dev.jsonl", "same.jsonl", "place.jsonl", "time.jsonl"} {
		n, wishes, offers, lost := 0, 0, 0, 0
		for _, l := range jsonl[line](t, name) {
			n++
			got := r.Read(l.Text, prompts.Context{At: noon, Settings: s, Direct: true})
			if got.Wish != nil {
				wishes++
			}
			if got.Offer != nil {
				offers++
			}
			if (got.Wish != nil || got.Offer != nil) && (l.Demand || l.Kind == "" && name != "place.jsonl" && name != "time.jsonl") {
				lost++
			}
		}
		t.Logf("%-16s of %d: %d wishes, %d offers, %d demands lost", name, n, wishes, offers, lost)
		if lost > 0 || wishes+offers > 1+n/1000 {
			t.Errorf("%s: of %d: %d wishes, %d offers, %d demands lost", name, n, wishes, offers, lost)
		}
	}
}

func BenchmarkWish(b *testing.B) {
	r, s := New(), shipped(b)
	for name, text := range map[string]string{"wish": "周末想带孩子去爬山", "demand": "能不能把楼道的垃圾清一下", "offer": "活动：学吉他，周四19:30，邻里室，12人，最少5人，免费，一个半小时"} {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Read(text, prompts.Context{At: noon, Settings: s, Direct: true})
			}
		})
	}
}

// A line that is nothing but a part of an activity has no title, so that nobody takes it for
// one; a sentence with a number in it is none.
func TestPartOfAnOffer(t *testing.T) {
	r, s := New(), town()
	c := prompts.Context{At: noon, Settings: s, Direct: true}
	for text, want := range map[string]*flows.OfferLine{
		"12人，最少5人":        {Most: 12, Least: 5},
		"改成15人":           {Most: 15},
		"最多20人，免费，一个半小时":  {Most: 20, Cost: "免费", Minutes: 90},
		"周四19:30，8人":      {Most: 8},
		"楼下有3个人在吵架":       nil,
		"停水3个小时了":         nil,
		"物业费涨了20元":        nil,
		"我们12个人想反映电梯的事":   nil,
		"好的":              nil,
		"12 people, free": {Most: 12, Cost: "free"},
	} {
		if got := r.Read(text, c).Offer; !cmp.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}
