package main

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"linli/bot/telegram/fake"
	"linli/flows"
	"linli/flows/demand"
	"linli/storage"
)

// A day of a community goes through the real binary: twelve groups, 7,860
// residents, 600 messages, of which eleven are demands, three say again what
// one of these says, and one is a danger. Afterwards it is counted what everybody was
// sent. LINLI_DAY names a file for the table. In -short a fifth is said.
func TestDay(t *testing.T) {
	t.Parallel() // it mostly waits for the time of the day
	messages, length := 600, 30*time.Second
	if testing.Short() {
		messages, length = 120, 10*time.Second
	}
	d := newDay(t, messages, length)
	p := d.serve(t, 0)
	d.pass(t)
	d.stop(t, p)
	d.check(t)
	table := d.table(t)
	t.Log("\n" + table)
	if file := os.Getenv("LINLI_DAY"); file != "" {
		putText(t, file, table)
	}
}

// day is what happens in a town.
type day struct {
	*town
	t        *testing.T
	length   time.Duration
	messages int
	began    time.Time
	wishes   []*wish
	agains   []*again
	chat     []line // what nobody wants anything by
	heads    map[int]*fake.User
	pressed  map[string]bool
	before   map[int64]int // what every chat had been sent when the day began
	calls    int           // how many had been made
	taken    became        // talk that the reader took for more
}

// line is a line of talk.
type line struct {
	user *fake.User
	text string
}

func newDay(t *testing.T, messages int, length time.Duration) *day {
	d := &day{town: newTown(t), t: t, length: length, messages: messages, wishes: wishes(), agains: agains(),
		heads: map[int]*fake.User{}, pressed: map[string]bool{}, before: map[int64]int{}}
	resident := func(by, group int) *fake.User {
		if d.heads[by] == nil {
			d.heads[by] = d.homes[max(group, 1)-1][100+by]
		}
		return d.heads[by]
	}
	for _, x := range d.wishes {
		x.user = resident(x.by, x.group)
		d.secrets.Said(x.text)
		d.secrets.Names(x.user.First)
	}
	for _, x := range d.agains {
		x.user = resident(x.by, x.group)
		d.secrets.Said(x.text)
		d.secrets.Names(x.user.First)
	}
	for _, list := range d.homes {
		for _, u := range list {
			d.before[u.ID] = 0
		}
	}
	for _, u := range d.posts {
		d.before[u.ID] = d.tg.SentCount(u.ID)
	}
	for _, g := range d.groups {
		d.before[g.ID] = d.tg.SentCount(g.ID)
	}
	d.calls = len(d.tg.Calls(""))
	return d
}

// moment is something that somebody says at a time of the day.
type moment struct {
	at  time.Duration
	say func()
}

// plan lays the day out: what is wanted at its times, and talk between, more of
// it where people have the time. Some forty people of a group talk, who want
// something among them.
func (d *day) plan() []moment {
	rng := rand.New(rand.NewPCG(uint64(d.messages), 11))
	var all []moment
	part := func(x float64) time.Duration { return time.Duration(x * float64(d.length)) }
	for _, x := range d.wishes {
		all = append(all, moment{part(x.at), func() {
			x.message, x.said = d.say(x.user, x.group, x.text), time.Now()
		}})
	}
	for _, x := range d.agains {
		all = append(all, moment{part(x.at), func() {
			d.say(x.user, x.group, x.text)
			x.said = true
		}})
	}
	for _, text := range chat(rng, d.messages-len(all)) {
		group := 1 + rng.IntN(townGroups)
		u := d.homes[group-1][rng.IntN(40)]
		if k := rng.IntN(40); k < len(d.heads) && d.heads[k] != nil {
			u = d.heads[k] // who wants something also talks
		}
		d.chat = append(d.chat, line{u, text})
		d.secrets.Said(text)
		d.secrets.Names(u.First)
		at := rng.Float64()
		if rng.IntN(3) == 0 {
			at = .7 + .3*rng.Float64() // in the evening
		}
		all = append(all, moment{part(at), func() { d.say(u, group, text) }})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return int(a.at - b.at) })
	return all
}

func (d *day) say(u *fake.User, group int, text string) (message int64) {
	chat := u.ID
	if group > 0 {
		chat = d.groups[group-1].ID
	}
	return d.tg.Say(u, chat, text).Message
}

// pass lets the day pass, and what was begun on it come to its end.
func (d *day) pass(t *testing.T) {
	t.Helper()
	plan := d.plan()
	if len(plan) != d.messages {
		t.Fatalf("%d messages are planned", len(plan))
	}
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	patience := time.After(2*d.length + 20*time.Second)
	d.began = time.Now()
	quiet := time.Time{}
	for {
		select {
		case <-look.C:
		case <-patience:
			d.unsettled(t)
			t.Fatal("the day does not end")
		}
		for len(plan) > 0 && time.Since(d.began) >= plan[0].at {
			plan[0].say()
			plan = plan[1:]
		}
		if acted := d.live(); acted || len(plan) > 0 || d.tg.Pending() > 0 || !d.settled() {
			quiet = time.Now()
		}
		if !quiet.IsZero() && time.Since(quiet) > 3*time.Second {
			return
		}
	}
}

// became is what became of the messages, by the words that were kept.
type became struct{ filed, dangers, offered, drafts []demand.State }

// check compares the store with what was said.
func (d *day) check(t *testing.T) {
	t.Helper()
	look(t, d.site, func(tx storage.Tx) {
		var h became
		holds := map[flows.PersonID]bool{} // who may be kept although they did not agree
		for _, c := range must[[]flows.Case](t)(tx.Cases(1<<20, func(c flows.Case) bool { return c.Flow == "demand" })) {
			s, err := decoded[demand.State](c.Data)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case s.Danger != "":
				h.dangers = append(h.dangers, s)
				holds[s.Reporter] = true // kept for the person on duty
			case c.Numbered:
				h.filed = append(h.filed, s)
				if s.Item == "1-1" {
					d.followers(t, tx, c.ID)
				}
			case s.Stage == demand.Draft:
				h.drafts = append(h.drafts, s)
			case s.Stage == demand.Offered:
				h.offered = append(h.offered, s)
				holds[s.Reporter] = true // for the hour in which they may say yes
			}
		}
		for _, x := range d.wishes {
			all, want := &h.filed, 1
			if x.danger {
				all = &h.dangers
			}
			if x.refuse {
				want = 0
			}
			n := 0
			*all = slices.DeleteFunc(*all, func(s demand.State) bool {
				is := s.Words == x.text
				if is {
					n++
					if s.Item != x.item {
						t.Errorf("%s: filed as %q", x.text, s.Item)
					}
				}
				return is
			})
			if n != want {
				t.Errorf("%s: filed %d times", x.text, n)
			}
		}
		d.taken = h
		for _, all := range [][]demand.State{h.filed, h.dangers, h.offered, h.drafts} {
			for _, s := range all { // what is left is talk
				t.Logf("talk that the reader took for more: %s%s: %s", s.Item, s.Danger, s.Words)
				if !slices.Contains(misread, s.Words) {
					t.Error("and that is new")
				}
			}
		}
		d.kept(t, tx, holds)
		for _, x := range must[[]storage.Trouble](t)(tx.Troubles()) {
			t.Errorf("trouble: %s, %s", x.Kind, x.Why)
			if found := d.secrets.In(x.Why); len(found) > 0 {
				t.Errorf("a trouble says %q", found)
			}
		}
	})
	d.silent(t)
	d.told(t)
}

// followers checks who waits for the first wish together with the one who said it.
func (d *day) followers(t *testing.T, tx storage.Tx, id flows.ID) {
	t.Helper()
	page, _, err := tx.Entries(id, "follower", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	got := map[flows.PersonID]bool{}
	for _, e := range page {
		got[flows.PersonID(e.Key)] = true
	}
	if len(got) != 3 {
		t.Errorf("%d follow the case of the lift", len(got))
	}
	for _, x := range d.agains {
		if !got[person(tx, x.user.ID)] {
			t.Errorf("%q: its speaker does not follow the case", x.text)
		}
	}
}

// kept checks that nobody is kept who has not agreed to it.
func (d *day) kept(t *testing.T, tx storage.Tx, holds map[flows.PersonID]bool) {
	t.Helper()
	for _, p := range must[[]storage.Person](t)(tx.People()) {
		if _, post := d.settings.Official(p.ID); post || !p.Consent.IsZero() {
			continue
		}
		if !holds[p.ID] {
			t.Errorf("%s is kept and has agreed to nothing", p.Name)
		}
	}
	for _, x := range d.wishes {
		if x.refuse && person(tx, x.user.ID) != "" {
			t.Errorf("somebody who refused is kept")
		}
	}
}

// silent checks that of talk nothing is in the file, not even where something was
// deleted.
func (d *day) silent(t *testing.T) {
	t.Helper()
	raw := must[[]byte](t)(os.ReadFile(filepath.Join(d.dir, "data", "linli.db")))
	for _, c := range d.chat {
		first, _, _ := strings.Cut(c.text, "\n")
		if utf8.RuneCountInString(first) < 6 || slices.Contains(misread, c.text) {
			continue
		}
		if bytes.Contains(raw, []byte(first)) {
			t.Errorf("talk is in the file: %s", first)
		}
	}
}

// told checks what everybody was sent: nobody the same twice, no group too much
// or too exactly, and everybody else nothing.
func (d *day) told(t *testing.T) {
	t.Helper()
	type message struct {
		chat int64
		what string
	}
	sent := map[message]int{}
	times := map[int64][]time.Time{}
	for _, c := range d.tg.Calls("")[d.calls:] {
		if c.Code == 429 {
			t.Errorf("Telegram had to ask for a pause: %s %d", c.Method, c.Chat)
		}
		if c.Code != 200 || c.Chat == 0 {
			continue
		}
		if strings.HasPrefix(c.Method, "send") {
			sent[message{c.Chat, c.Params["text"] + c.Params["caption"] + c.Params["reply_markup"] + c.Params["reply_parameters"]}]++
		}
		if strings.HasPrefix(c.Method, "send") || strings.HasPrefix(c.Method, "edit") {
			times[c.Chat] = append(times[c.Chat], c.At)
		}
	}
	for _, x := range d.wishes {
		if x.rated { // each rating is thanked for, in the same words
			sent[message{x.user.ID, thanks}]--
		}
	}
	for m, n := range sent {
		if n > 1 || n == 1 && m.what == thanks {
			t.Errorf("%s was told %d times: %s", d.name(m.chat), n, m.what)
		}
	}
	for _, g := range d.groups {
		if n := most(times[g.ID], time.Minute); n > 20 {
			t.Errorf("%s got %d messages and changes within a minute", g.Title, n)
		}
		if n := d.tg.SentCount(g.ID) - d.before[g.ID]; n > mostInGroup {
			t.Errorf("%s got %d messages", g.Title, n)
		}
		d.discreet(t, g)
	}
	busy := d.busy()
	for chat := range d.before {
		if chat > 0 && busy[chat] == "" && d.tg.SentCount(chat) > 0 {
			t.Errorf("somebody who did nothing was sent %d messages", d.tg.SentCount(chat))
		}
	}
}

const thanks = "记下了，谢谢。想补一句，直接发给我就行。"

// mostInGroup is how many messages of a day a group may get in which two things
// were filed, or something was asked in vain.
const mostInGroup = 8

// most is the largest number of times within a span.
func most(times []time.Time, span time.Duration) (n int) {
	for i := range times {
		j := i
		for j < len(times) && times[j].Sub(times[i]) < span {
			j++
		}
		n = max(n, j-i)
	}
	return n
}

// discreet checks that no group heard a name, a unit, or what somebody wrote.
func (d *day) discreet(t *testing.T, g *fake.Group) {
	t.Helper()
	var private []string
	for _, u := range d.heads {
		private = append(private, u.First)
	}
	for _, u := range d.posts {
		private = append(private, u.First)
	}
	for u := range maps.Keys(d.busy()) {
		private = append(private, d.name(u))
	}
	for _, m := range d.tg.Sent(g.ID) {
		texts := []string{m.Text}
		for _, e := range m.Edits {
			texts = append(texts, e.Text)
		}
		for _, text := range texts {
			for _, x := range private {
				if x != "" && strings.Contains(text, x) {
					t.Errorf("%s heard a name: %s", g.Title, text)
				}
			}
			if place.MatchString(text) {
				t.Errorf("%s heard more than the building: %s", g.Title, text)
			}
			for _, x := range d.wishes {
				for part := range strings.SplitSeq(x.text, "，") {
					if strings.Contains(text, part) {
						t.Errorf("%s heard what somebody wrote: %s", g.Title, text)
					}
				}
			}
		}
	}
}
