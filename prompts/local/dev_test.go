package local

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"linli/prompts"
)

// The sets measured here lie beside the checkout where somebody has them; they
// are no part of the project. Floors are far below the figures of the day: they
// tell a broken reader, not a worse one.

func jsonl[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "dev", name))
	if err != nil {
		t.Skip("the sets to measure with are not beside the checkout")
	}
	defer f.Close()
	var out []T
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestMeasureDemand(t *testing.T) {
	type line struct {
		Text   string `json:"text"`
		Demand bool   `json:"demand"`
		Kind   string `json:"kind"`
	}
	r, s := New(), town()
	score := map[string][]float64{}
	danger := map[string]int{}
	for _, l := range jsonl[line](t, "demand.jsonl") {
		got := r.Read(l.Text, prompts.Context{At: noon, Settings: s})
		score[l.Kind] = append(score[l.Kind], got.Demand)
		if got.Danger != "" {
			danger[l.Kind]++
		}
	}
	share := func(kind string, at float64) float64 {
		n := 0
		for _, x := range score[kind] {
			if x >= at {
				n++
			}
		}
		return float64(n) / float64(len(score[kind]))
	}
	others := append(append([]float64{}, score["chat"]...), score["review"]...)
	score["other"] = others
	for _, kind := range []string{"subject", "first", "subject_plain", "first_plain"} {
		// F1 where one message in twenty is a demand.
		f1 := func(at float64) float64 {
			hit, alarm := 0.05*share(kind, at), 0.95*share("other", at)
			return 2 * hit / (hit + alarm + 0.05)
		}
		best, where := 0.0, 0.0
		for at := 0.02; at < 1; at += 0.02 {
			if f := f1(at); f > best {
				best, where = f, at
			}
		}
		t.Logf("%-13s F1 %.3f at sure (found %.3f), %.3f at maybe (found %.3f); best %.3f at %.2f", kind, f1(s.Limits.Sure), share(kind, s.Limits.Sure), f1(s.Limits.Maybe), share(kind, s.Limits.Maybe), best, where)
		if kind == "subject" && f1(s.Limits.Sure) < 0.3 {
			t.Errorf("%s: F1 %.3f at sure", kind, f1(s.Limits.Sure))
		}
	}
	for _, kind := range []string{"chat", "review", "official"} {
		t.Logf("%-13s fires on %.4f at sure, %.4f at maybe; danger %d of %d", kind, share(kind, s.Limits.Sure), share(kind, s.Limits.Maybe), danger[kind], len(score[kind]))
	}
	if x := share("chat", s.Limits.Sure); x > 0.02 {
		t.Errorf("fires on %.4f of the chatter", x)
	}
}

func TestMeasurePlace(t *testing.T) {
	type line struct {
		Text  string `json:"text"`
		Spans []struct{ Label, Text string }
	}
	label := map[part]string{house: "houseno", unit: "cellno", floor: "floorno", room: "roomno"}
	right, said, want := map[string]int{}, map[string]int{}, map[string]int{}
	bare := func(s string) string {
		t := normal(s)
		if sp := spans(&t); len(sp) == 1 {
			return sp[0].value
		}
		if n, _, end, ok := func() (int, int, int, bool) {
			if len(t.r) == 0 || !digit(t.r[0]) && !numeral(t.r[0]) {
				return 0, 0, 0, false
			}
			return t.number(0)
		}(); ok && n > 0 {
			v := t.tailed(end, n)
			return v
		}
		return string(t.r)
	}
	for _, l := range jsonl[line](t, "place.jsonl") {
		x := normal(l.Text)
		got, truth := map[string]int{}, map[string]int{}
		for _, s := range spans(&x) {
			got[label[s.part]+" "+s.value]++
		}
		for _, s := range l.Spans {
			if s.Label == "houseno" || s.Label == "cellno" || s.Label == "floorno" || s.Label == "roomno" {
				truth[s.Label+" "+bare(s.Text)]++
			}
		}
		for k, n := range got {
			p, _, _ := strings.Cut(k, " ")
			said[p] += n
			right[p] += min(n, truth[k])
		}
		for k, n := range truth {
			p, _, _ := strings.Cut(k, " ")
			want[p] += n
		}
	}
	var names []string
	for k := range want {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range names {
		f := 2 * float64(right[k]) / float64(said[k]+want[k])
		t.Logf("%-8s F1 %.3f (precision %.3f, recall %.3f of %d)", k, f, float64(right[k])/float64(said[k]), float64(right[k])/float64(want[k]), want[k])
		if f < 0.5 {
			t.Errorf("%s: F1 %.3f", k, f)
		}
	}
}

// Nobody there asks a neighbourhood anything: what is read as a poll, a list or
// a vote is read wrongly.
func TestMeasureMany(t *testing.T) {
	if testing.Short() {
		t.Skip("every line there is: not in short runs")
	}
	type line struct {
		Text string `json:"text"`
	}
	r, s := New(), town()
	for name, most := range map[string]int{"demand.jsonl": 5, "item_train.jsonl": 5, "item_dev.jsonl": 2, "same.jsonl": 2, "place.jsonl": 0, "time.jsonl": 2} {
		n, polls, chains, slips, homes, topics := 0, 0, 0, 0, 0, 0
		for _, l := range jsonl[line](t, name) {
			n++
			got := r.Read(l.Text, prompts.Context{At: noon, Settings: s, Direct: true})
			if got.Poll != nil {
				polls++
			}
			if got.Chain != nil || r.Read(l.Text, prompts.Context{At: noon, Settings: s}).Chain != nil {
				chains++
			}
			if got.Slip != nil {
				slips++
			}
			if got.Topic != nil {
				topics++
			}
			x := normal(l.Text)
			if _, ok := r.directory(s).home(&x, prompts.Context{}); ok {
				homes++
			}
		}
		t.Logf("%-16s of %d: %d polls, %d lists, %d votes, %d homes, %d topics", name, n, polls, chains, slips, homes, topics)
		if polls+chains+slips+topics > most {
			t.Errorf("%s: %d polls, %d lists, %d votes, %d topics", name, polls, chains, slips, topics)
		}
	}
}

// Times as a meeting or a poll would name them, against suites of other readers.
func TestMeasureTimes(t *testing.T) {
	type line struct {
		Text    string `json:"text"`
		At      string `json:"at"`
		Meeting bool   `json:"meeting"`
		Time    *struct {
			Kind, Grain, Start string
		} `json:"time"`
	}
	points, right, planned := 0, 0, 0
	d := compile(town())
	for _, l := range jsonl[line](t, "time.jsonl") {
		if !l.Meeting || l.Time == nil || l.Time.Kind != "point" || l.Time.Grain != "day" && l.Time.Grain != "hour" && l.Time.Grain != "minute" {
			continue
		}
		at, err := time.ParseInLocation("2006-01-02T15:04:05", l.At, zone)
		if err != nil {
			t.Fatal(err)
		}
		points++
		layout := "2006-01-02T15:04:05"
		if l.Time.Grain == "day" {
			layout = "2006-01-02"
		}
		w := write(l.Text)
		if p := d.plan(&w, at); p != nil && len(p.Times) > 0 && strings.HasPrefix(l.Time.Start, p.Times[0].At.Format(layout)) {
			planned++
		}
		x := normal(l.Text)
		got := times(&x, at)
		if len(got) == 0 {
			continue
		}
		if strings.HasPrefix(l.Time.Start, got[0].time.Format(layout)) {
			right++
		}
	}
	t.Logf("%d of %d points (%.3f), %d of a plan (%.3f)", right, points, float64(right)/float64(points), planned, float64(planned)/float64(points))
	if 2*right < points || 2*planned < points {
		t.Errorf("%d of %d points, %d of a plan", right, points, planned)
	}
}
