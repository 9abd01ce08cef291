package local

import (
	"fmt"
	"linli/prompts"
	"math/rand"
	"testing"
)

func TestDbg(t *testing.T) {
	type line struct {
		Text   string `json:"text"`
		Demand bool   `json:"demand"`
		Kind   string `json:"kind"`
	}
	r, s := New(), town()
	ls := jsonl[line](t, "demand.jsonl")
	rand.New(rand.NewSource(3)).Shuffle(len(ls), func(i, j int) { ls[i], ls[j] = ls[j], ls[i] })
	n := map[string]int{}
	for _, l := range ls {
		g := r.Read(l.Text, prompts.Context{At: noon, Settings: s})
		if g.Danger != "" && !l.Demand {
			x := normal(l.Text)
			d, a, b := danger(x)
			fmt.Println("DANGER", l.Kind, d, x.part(a, b), head(l.Text, 60))
		}
		if l.Demand && g.Demand < .4 && (l.Kind == "first_plain" || l.Kind == "subject") {
			if n[l.Kind]++; n[l.Kind] < 45 {
				fmt.Printf("MISS %s %.2f %s (%s)\n", l.Kind[:3], g.Demand, head(l.Text, 70), g.Why)
			}
		}
		if !l.Demand && l.Kind != "official" && g.Demand >= .4 {
			fmt.Printf("FALSE %s %.2f %s (%s)\n", l.Kind[:3], g.Demand, head(l.Text, 60), g.Why)
		}
	}
}
