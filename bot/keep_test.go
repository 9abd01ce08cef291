package bot_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

const day = 24 * time.Hour

// keeping opens a community that keeps things for times that are easy to tell
// apart.
func keeping(t *testing.T) home {
	h := newHome(t)
	s := *h.o.Settings
	s.Limits.Keep = flows.Keep{Media: 20 * day, Words: 30 * day, Sent: 60 * day, Danger: 90 * day, Cases: 400 * day, Idle: 700 * day}
	h.o.Settings = &s
	h.b.SetSettings(&s)
	h.people()
	return h
}

// sweep comes days later, as if the files had been there as long.
func (h home) sweep(days int) {
	h.Helper()
	files, _ := filepath.Glob(filepath.Join(h.dir, "media", "*", "*"))
	for _, f := range files {
		old := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(f, old, old); err != nil {
			h.Fatal(err)
		}
	}
	h.clock.Set(h.clock.Now().Add(time.Duration(days) * day))
	if err := h.b.Sweep(h.Context()); err != nil {
		h.Fatal(err)
	}
}

// in says in which rows of a case a text is.
func (h home) in(id flows.ID, text string) (where []string) {
	h.Helper()
	h.view(func(tx storage.Tx) error {
		look := func(what string, v any) {
			if strings.Contains(string(flows.Data(v)), text) {
				where = append(where, what)
			}
		}
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		look("case", c)
		journal, err := tx.Journal(id)
		look("journal", journal)
		for _, tag := range []string{"reporter", "follower"} {
			page, _, err := tx.Entries(id, tag, "", 10)
			if err != nil {
				return err
			}
			look("entries", page)
		}
		keys, _ := tx.Keys("case/" + string(id) + "/")
		for name, v := range keys {
			if strings.Contains(name+string(v), text) {
				where = append(where, "keys")
				break
			}
		}
		return err
	})
	return where
}

// Every class of record goes when its time is over, and not before; what stays is
// what, which building, when and how it ended, and who did the work.
func TestKeep(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "", "3号楼2单元下水道堵了，501的靐靐13900001111", "one")
	h.tap("p1", "登记")
	h.by("p2", "邻居", "", "3号楼2单元下水道又堵了，靐靐楼下")
	h.tap("p2", "我也是")
	h.tap("feng", "接单")
	h.tap("feng", "办好了")
	h.by("feng", "冯", "", "疏通了，靐靐在家")
	h.tap("p1", "满意")
	h.by("p1", "王", "", "3号楼2单元501有煤气味，靐靐很怕", "two")
	h.tap("sun", "我来处理")
	h.tap("sun", "处理完了")
	h.pass(time.Hour)
	h.by("p1", "王", "", "东门路灯不亮，靐靐看不见", "three")
	if want := []string{"1 demand 1 2-5 closed", "2 dispatch 1 2-5 ended", "3 demand 2  closed", "4 dispatch 2  done", "5 demand 3 1-5 filed", "6 dispatch 3 1-5 sent"}; !slices.Equal(h.stages(), want) {
		t.Fatalf("stages %q", h.stages())
	}
	var p1 flows.PersonID
	h.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:p1")
		p1 = p.ID
		return err
	})
	stages := h.stages()
	has := func(when string, id flows.ID, text, part string) {
		t.Helper()
		if got := h.in(id, text); !slices.Contains(got, part) {
			t.Errorf("%s: case %s has %q in %q, not in its %s", when, id, text, got, part)
		}
	}
	lacks := func(when string, id flows.ID, text string) {
		t.Helper()
		if got := h.in(id, text); len(got) > 0 {
			t.Errorf("%s: case %s still has %q in %q", when, id, text, got)
		}
	}
	left := func(when string, want ...string) {
		t.Helper()
		for i := range want {
			want[i] = "\xff\xd8\xff " + want[i]
		}
		if got := h.photos(); !slices.Equal(got, want) {
			t.Errorf("%s: photos %q, want %q", when, got, want)
		}
	}
	h.sweep(19)
	has("before anything is over", "1", "靐", "case")
	has("before anything is over", "2", "靐", "keys")
	left("before anything is over", "one", "three", "two")
	h.sweep(2)
	has("without photos", "1", "靐", "case")
	left("without photos", "three")
	h.sweep(10)
	for _, id := range []flows.ID{"1", "2"} {
		for _, text := range []string{"靐", `"501"`, `"` + string(p1) + `"`, "toy:p1"} {
			lacks("bare", id, text)
		}
		has("bare", id, `"building":"3"`, "case")
	}
	has("bare", "2", "feng", "journal")
	has("bare, an emergency", "3", "靐", "case")
	has("bare, what is open", "5", "靐", "case")
	h.sweep(30)
	h.view(func(tx storage.Tx) error {
		for _, id := range []string{"1", "2", "3", "4"} {
			if sent, err := tx.Keys("case/" + id + "/sent/"); len(sent) > 0 || err != nil {
				t.Errorf("case %s: what was said is still there: %d, %v", id, len(sent), err)
			}
		}
		return nil
	})
	h.sweep(30)
	lacks("bare, an emergency too", "3", "靐")
	lacks("bare, an emergency too", "4", "靐")
	if !slices.Equal(h.stages(), stages) {
		t.Errorf("stages %q", h.stages())
	}
	h.sweep(310)
	if want := stages[4:]; !slices.Equal(h.stages(), want) {
		t.Errorf("stages %q, want %q", h.stages(), want)
	}
	h.sweep(350) // she was not heard for long, and waits for something; her neighbour waits for nothing
	h.view(func(tx storage.Tx) error {
		if _, err := tx.PersonAt("toy:p1"); err != nil {
			t.Errorf("who waits for something: %v", err)
		}
		if _, err := tx.PersonAt("toy:p2"); err == nil {
			t.Error("who was not heard for long is still known")
		}
		if _, err := tx.PersonAt("toy:feng"); err != nil {
			t.Errorf("who has a post: %v", err)
		}
		return nil
	})
	list, err := h.b.Deletions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, d := range list {
		if d.Why != "expired" {
			t.Errorf("register %+v", d)
		}
		count[d.Class] += d.N
	}
	if count["case"] != 4 || count["words"] < 4 || count["file"] != 2 || count["entry"] != 3 || count["person"] != 1 || count["sent"] == 0 || count["record"] == 0 {
		t.Errorf("register %v", count)
	}
}

// A sweep changes so many cases and no more, and the next goes on from there.
func TestKeepIsBounded(t *testing.T) {
	h := keeping(t)
	const n = 450
	h.update(func(tx storage.Tx) error {
		for i := range n {
			if _, err := tx.Count("case"); err != nil {
				return err
			}
			c := flows.Case{ID: flows.ID(fmt.Sprint(i + 1)), Flow: "demand", No: i + 1, Opened: h.clock.Now(), Ended: h.clock.Now(),
				Data: []byte(`{"stage":"closed","words":"靐靐","at":"2026-03-11T09:00:00Z"}`), Summary: flows.Summary{Stage: "closed", Done: true, Numbered: true}}
			if err := tx.PutCase(c); err != nil {
				return err
			}
		}
		return nil
	})
	left := func() (n int) {
		h.view(func(tx storage.Tx) error {
			_, err := tx.Cases(1, func(c flows.Case) bool {
				if strings.Contains(string(c.Data), "靐") {
					n++
				}
				return false
			})
			return err
		})
		return n
	}
	h.sweep(29)
	if left() != n {
		t.Errorf("%d left before their time", left())
	}
	for _, want := range []int{250, 50, 0, 0} { // and nothing twice
		h.sweep(2)
		if left() != want {
			t.Errorf("%d left, want %d", left(), want)
		}
	}
	list, err := h.b.Deletions(t.Context())
	total := 0
	for _, d := range list {
		if total += d.N; d.Class != "words" || d.Why != "expired" {
			t.Errorf("register %+v", d)
		}
	}
	if err != nil || total != n || !slices.IsSortedFunc(list, func(a, b bot.Deletion) int { return strings.Compare(a.Day, b.Day) }) {
		t.Errorf("register %+v, %v", list, err)
	}
}

// A case that cannot be dealt with keeps no other from being deleted.
func TestKeepGoesOn(t *testing.T) {
	h := keeping(t)
	h.update(func(tx storage.Tx) error {
		for i, flow := range []string{"no-such", "demand"} {
			if _, err := tx.Count("case"); err != nil {
				return err
			}
			if err := tx.PutCase(flows.Case{ID: flows.ID(fmt.Sprint(i + 1)), Flow: flow, Opened: h.clock.Now(), Ended: h.clock.Now(),
				Data: []byte(`{"stage":"closed","words":"靐靐"}`), Summary: flows.Summary{Stage: "closed", Done: true, Numbered: true}}); err != nil {
				return err
			}
		}
		return nil
	})
	h.clock.Set(h.clock.Now().Add(31 * day))
	if err := h.b.Sweep(t.Context()); err == nil || strings.Contains(err.Error(), "靐") {
		t.Errorf("swept with %v", err)
	}
	if len(h.in("1", "靐")) == 0 || len(h.in("2", "靐")) > 0 {
		t.Errorf("left: %q, %q", h.in("1", "靐"), h.in("2", "靐"))
	}
	if _, err := h.b.Erase(t.Context(), "feng", "because/of"); err == nil {
		t.Error("any reason is taken for the register")
	}
}

// forgetful is a platform that keeps things of its own.
type forgetful struct {
	*platform
	forgot *[]string
}

func (f forgetful) Forget(_ context.Context, address string) error {
	*f.forgot = append(*f.forgot, address)
	return nil
}

// Who has withdrawn and is named by nothing is forgotten by Linli and stays in
// the chat; only who asks to be deleted leaves it.
func TestWithdrawnStaysInTheChat(t *testing.T) {
	s := newStage(t, nil, toy(t, "toy", only()))
	var forgot []string
	s.o.Channels = []bot.Channel{forgetful{s.toy, &forgot}}
	s.restart()
	s.update(func(tx storage.Tx) error {
		for _, p := range []storage.Person{{ID: "r1", Addresses: []string{"toy:p1"}}, {ID: "r2", Addresses: []string{"toy:p2"}, Consent: s.clock.Now()}} {
			if err := tx.PutPerson(p); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.view(func(tx storage.Tx) error {
		if _, err := tx.Person("r1"); !errors.Is(err, storage.ErrNone) {
			t.Errorf("who agreed to nothing is still kept: %v", err)
		}
		return nil
	})
	if len(forgot) > 0 {
		t.Errorf("%q were thrown out of the chat", forgot)
	}
	if _, err := s.b.Erase(t.Context(), "r2", "asked"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(forgot, []string{"p2"}) {
		t.Errorf("forgotten were %q", forgot)
	}
}

// Who was asked for words, and then said that there is nothing to say, is heard with what
// they write next: it is about something else.
func TestNothingIsExpectedAnyMore(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "g3", "3号楼2单元下水道堵了")
	h.tap("p1", "登记")
	h.tap("feng", "接单")
	h.tap("feng", "办好了")
	h.tap("feng", "不用说，就这样")
	h.toy.take()
	h.by("feng", "冯", "", "1号楼2单元楼道灯不亮了")
	if told := lines(h.toy.take()); !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, "feng: ") && strings.Contains(s, "楼道灯") }) {
		t.Errorf("what was written next was not heard: %q", told)
	}
}
