package bot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// A thousand messages of one person in a second are all kept, in order, and read
// slowly; staff hear of it once; others are read at once, and so is a danger.
func TestCrowd(t *testing.T) {
	var heard []string
	s := newStage(t, nil, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if o, ok := e.What.(flows.Opened); ok {
			heard = append(heard, o.Said.Message.Text)
		}
		return n, nil
	}))
	s.read.danger = func(text string) flows.Danger {
		if strings.Contains(text, "燃气") {
			return flows.Gas
		}
		return ""
	}
	var all []bot.Inbound
	for i := range 1000 {
		in := s.said("p1", "g3", fmt.Sprintf("事%03d", i))
		all = append(all, in)
		s.hear(in)
	}
	if n := len(heard); n < 20 || n > 25 {
		t.Errorf("%d of a thousand were read at once", n)
	}
	before := len(heard)
	s.hear(s.said("p2", "g3", "事情"))
	s.hear(s.said("p1", "g3", "事：燃气味"))
	if got := heard[before:]; !slices.Equal(got, []string{"事情", "事：燃气味"}) {
		t.Errorf("at once were read %q", got)
	}
	heard = slices.DeleteFunc(heard, func(x string) bool { return x == "事情" || x == "事：燃气味" })
	for _, in := range all { // the platform brings all of them again
		s.hear(in)
	}
	s.restart()
	told := 0
	for range 2000 {
		s.clock.Set(s.clock.Now().Add(2 * time.Second))
		s.drain()
	}
	for _, a := range s.toy.take() {
		if strings.Contains(a.Text, "连发") {
			told++
			if a.To != "chen" {
				t.Errorf("%s was told of it", a.To)
			}
		}
	}
	if told != 1 {
		t.Errorf("staff were told %d times", told)
	}
	if len(heard) != 1000 || !slices.IsSorted(heard) {
		t.Errorf("%d were read, in order: %t", len(heard), slices.IsSorted(heard))
	}
	s.view(func(tx storage.Tx) error {
		jobs, err := tx.Jobs()
		for _, j := range jobs {
			if j.Kind == "hear" {
				t.Errorf("row %d still waits", j.ID)
			}
		}
		return err
	})
}

// What waits and then breaks a rule is parked with its text.
func TestCrowdIsParked(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", func(_ string, n note, e flows.Event) (note, []flows.Effect) {
		if o, ok := e.What.(flows.Opened); ok && o.Said.Message.Text == "事坏" {
			panic("a rule")
		}
		return n, nil
	}))
	for range 30 {
		s.hear(s.said("p1", "g3", "吃了吗"))
	}
	s.hear(s.said("p1", "g3", "事坏"))
	for range 60 {
		s.clock.Set(s.clock.Now().Add(2 * time.Second))
		s.drain()
	}
	list, err := s.b.Troubles(t.Context())
	if err != nil || len(list) != 1 || list[0].Kind != "parked" || list[0].Text != "事坏" {
		t.Errorf("troubles are %+v (%v)", list, err)
	}
	var in bot.Inbound
	if len(list) == 1 && json.Unmarshal(list[0].Body, &in) != nil {
		t.Error("what is parked cannot be heard again")
	}
}

// A group that has moved is the same group: what waits for it goes to its new
// address, and who speaks there is in the same chat.
func TestMigrated(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only(tell(flows.To{Chat: "g"}, flows.Notice, "好"))))
	s.hear(s.said("p1", "g3", "事情"))
	in := s.said("p1", "g3", "")
	in.Kind, in.To = bot.Migrated, "G3"
	s.hear(in)
	s.hear(in)
	s.hear(s.said("p1", "G3", "事情"))
	s.drain()
	got := lines(s.toy.take())
	if want := []string{"G3: 好", "G3: 好"}; !slices.Equal(got, want) {
		t.Errorf("told were %q", got)
	}
	s.view(func(tx storage.Tx) error {
		c, err := tx.ChatAt("toy:G3")
		if c.ID != "g" || c.Directory != "b3" {
			t.Errorf("the new group is %+v", c)
		}
		if _, err := tx.ChatAt("toy:g3"); !errors.Is(err, storage.ErrNone) {
			t.Errorf("the old address is still there: %v", err)
		}
		return err
	})
}

// Staff hear, once, that a group cannot be heard, and that it can again.
func TestPowers(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only()))
	now := func(admin, reads bool) []string {
		in := s.said("p1", "g3", "")
		in.Kind, in.Admin, in.Reads = bot.Powers, admin, reads
		s.hear(in)
		s.drain()
		var words []string
		for _, a := range s.toy.take() {
			words = append(words, a.To+": "+strings.Fields(a.Text)[0])
		}
		return words
	}
	for i, c := range []struct {
		admin, reads bool
		want         string
	}{{true, true, ""}, {false, false, "听不见"}, {false, false, ""}, {false, true, "能听见"}} {
		got := strings.Join(now(c.admin, c.reads), "; ")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%d: staff were told %q", i, got)
		}
	}
}

// It is known when a group was last heard, give or take ten minutes.
func TestLastHeard(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only()))
	last := func() string {
		var raw []byte
		s.view(func(tx storage.Tx) (err error) { raw, err = tx.Key("heard/g"); return err })
		return string(raw)
	}
	first := s.clock.Now()
	for range 30 {
		s.hear(s.said("p1", "g3", "吃了吗"))
		s.clock.Set(s.clock.Now().Add(time.Second))
	}
	if want := fmt.Sprint(first.Unix()); last() != want {
		t.Errorf("last heard at %s, want %s", last(), want)
	}
	s.clock.Set(s.clock.Now().Add(11 * time.Minute))
	s.hear(s.said("p1", "g3", "吃了吗"))
	if want := fmt.Sprint(s.clock.Now().Unix()); last() != want {
		t.Errorf("last heard at %s, want %s", last(), want)
	}
}
