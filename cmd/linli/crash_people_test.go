package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot/telegram/fake"
	"linli/flows"
	"linli/prompts"
	"linli/prompts/local"
)

// quarter is the people around the binary, what they did, and what must come of
// it. It is one goroutine's at a time.
type quarter struct {
	tg         *fake.Server
	rng        *rand.Rand
	groups     []*fake.Group
	residents  []*resident
	neighbours []*neighbour
	leaders    []*leader
	chatter    []string
	rounds     int

	said     []saidUpdate       // every message and edit
	pressed  []string           // the keys of every press
	matters  map[string]*matter // what must be a case, by matter key
	also     map[string][]int64 // who pressed "我也是", by case
	accepted map[string]string  // person who pressed "接单", by case
	sends    *atomic.Int64      // of the site: calls that deliver something
}

type saidUpdate struct {
	id   int64
	lane int64 // the chat
}

// matter is one thing that is wrong at one place.
type matter struct {
	key   string
	place flows.Place
	item  string
	by    map[int64]string // whose words it must hold, by account
	own   []string         // of a matter only its reporter speaks of: their words in order
}

// resident reports a matter of their own in private, agrees, adds to it, corrects the first
// words, and says what others say too in the groups.
type resident struct {
	user   *fake.User
	group  *fake.Group
	own    *matter
	texts  []string // the first, what is added, the first in other words
	shared []report
	step   int
	first  int64 // message
	added  int
}

type report struct {
	matter *matter
	text   string
}

// neighbour never writes, and only presses "我也是".
type neighbour struct {
	user    *fake.User
	group   *fake.Group
	pressed map[string]bool
}

type leader struct {
	id, name string
	user     *fake.User
	pressed  map[string]bool
}

// Steps of a resident.
const (
	arriving = iota
	offered
	agreed
	known
)

const adds = 4

// wrong is what can be wrong in a staircase, how one says it first, again and
// in other words.
var wrong = []struct{ item, first, again, other string }{
	{"1-2", "%s楼道灯不亮了，一直没人修（编%d）", "%s楼道灯还是不亮（编%d）", "%s楼道灯坏了，晚上看不见路（编%d）"},
	{"1-3", "%s单元门坏了，关不上（编%d）", "%s单元门还是关不上（编%d）", "%s单元门坏了，门锁掉了（编%d）"},
	{"1-1", "%s电梯坏了没人修（编%d）", "", ""},
}

var chatter = []string{
	"早上好", "吃了没", "今天天气真不错", "谢谢大家", "哈哈哈", "周末去公园走走吧", "恭喜恭喜", "孩子考试考得不错",
	"晚饭做了饺子", "晚安", "收到", "生日快乐", "这张照片真好看",
}

func newQuarter(t *testing.T, h *site, rng *rand.Rand, s *flows.Settings, rounds int) *quarter {
	t.Helper()
	tg := h.tg
	q := &quarter{tg: tg, sends: &h.sends, rng: rng, rounds: rounds, chatter: chatter, matters: map[string]*matter{}, also: map[string][]int64{}, accepted: map[string]string{}}
	for i := range 8 {
		q.groups = append(q.groups, tg.AddGroup(fmt.Sprintf("居民%d群", i+1)))
	}
	for _, o := range s.People {
		if slices.Contains([]flows.PersonID{"li", "zhou", "wu"}, o.ID) {
			q.leaders = append(q.leaders, &leader{id: string(o.ID), name: o.Name, user: tg.AddUser(o.Name), pressed: map[string]bool{}})
		}
	}
	var places []flows.Place
	for _, b := range s.Buildings {
		for _, u := range b.Units {
			places = append(places, flows.Place{Building: b.ID, Unit: u})
		}
	}
	rng.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	serial := 0
	text := func(form string, m *matter, direct bool, atLeast float64) string {
		serial++
		said := fmt.Sprintf(form, s.PlaceName(m.place, "zh-CN", false), serial)
		sure(t, s, said, m, direct, atLeast)
		return said
	}
	var shared []*matter
	for i := range min(len(places), rounds/2+3) {
		shared = append(shared, q.matter(s, wrong[2].item, places[i]))
	}
	for i := range min(2*len(places), rounds+8) {
		w := wrong[i%2]
		r := &resident{user: tg.AddUser(fmt.Sprintf("居民%d", i+1)), group: q.groups[i%len(q.groups)]}
		r.own = q.matter(s, w.item, places[i/2])
		r.texts = append(r.texts, text(w.first, r.own, true, s.Limits.Sure))
		for range adds {
			r.texts = append(r.texts, text(w.again, r.own, true, s.Limits.Maybe))
		}
		r.texts = append(r.texts, text(w.other, r.own, true, s.Limits.Maybe))
		for _, n := range rng.Perm(len(shared))[:min(len(shared), 3+rng.IntN(3)+rounds/20)] {
			r.shared = append(r.shared, report{shared[n], text(wrong[2].first, shared[n], false, s.Limits.Sure)})
		}
		q.residents = append(q.residents, r)
	}
	for i := range 2 * len(q.groups) {
		q.neighbours = append(q.neighbours, &neighbour{user: tg.AddUser(fmt.Sprintf("邻居%d", i+1)), group: q.groups[i%len(q.groups)], pressed: map[string]bool{}})
	}
	reader := local.New()
	for _, c := range q.chatter {
		r := reader.Read(c, prompts.Context{At: time.Now(), Scope: flows.Everywhere, Settings: s})
		if r.Demand >= s.Limits.Maybe || r.Item != "" || r.Danger != "" || r.Also || r.Status {
			t.Fatalf("%q is no chatter to the reader: %+v", c, r)
		}
	}
	return q
}

func (q *quarter) matter(s *flows.Settings, item string, p flows.Place) *matter {
	m := &matter{key: s.MatterKey(item, p), item: item, place: p, by: map[int64]string{}}
	q.matters[m.key] = m
	return m
}

// sure makes certain that there is no doubt about what a message is: this test is not
// about the reader.
func sure(t *testing.T, s *flows.Settings, text string, m *matter, direct bool, atLeast float64) {
	t.Helper()
	reader := local.New()
	for _, before := range [][]string{nil, chatter[:4]} {
		c := prompts.Context{At: time.Now(), Scope: flows.Everywhere, Direct: direct, Settings: s, Before: before}
		if direct {
			c.Scope = flows.Scope{}
		}
		r := reader.Read(text, c)
		if r.Demand < atLeast || r.Item != m.item || r.Place != m.place || r.Danger != "" || r.Also || r.Status || r.Number != 0 || r.Notice || r.Behalf {
			t.Fatalf("the reader is not sure about %q: %+v", text, r)
		}
	}
}

func (q *quarter) noteSaid(s fake.Said, chat int64) fake.Said {
	q.said = append(q.said, saidUpdate{s.Update, chat})
	return s
}

func (q *quarter) notePress(id string) { q.pressed = append(q.pressed, "c/"+id) }

// perRound is about how many things happen between two deaths.
const perRound = 120

// talk lets the people do one thing after another until ctx ends: half of it
// chatter, of which only the marks stay.
func (q *quarter) talk(ctx context.Context) {
	pace := time.NewTicker(1500 * time.Microsecond)
	defer pace.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		// They come one by one, so that there is work in every round.
		here := q.residents[:min(len(q.residents), 3+n*len(q.residents)/(q.rounds*perRound))]
		switch n := q.rng.IntN(100); {
		case n < 18:
			q.reside(here[q.rng.IntN(len(here))])
		case n < 22:
			q.join(q.neighbours[q.rng.IntN(len(q.neighbours))], 1)
		case n < 26:
			q.lead(q.leaders[q.rng.IntN(len(q.leaders))], 1)
		default:
			r := q.residents[q.rng.IntN(len(q.residents))]
			q.noteSaid(q.tg.Say(r.user, r.group.ID, q.chatter[q.rng.IntN(len(q.chatter))]), r.group.ID)
		}
	}
}

// finish lets everybody end what they began, until nothing has happened for a
// while, and says whether anything has.
func (q *quarter) finish(ctx context.Context) (moved bool) {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	const calm = 30 // looks
	for still, sends := 0, q.sends.Load(); still < calm; still++ {
		select {
		case <-ctx.Done():
			return moved
		case <-look.C:
		}
		acted := false
		for _, r := range q.residents {
			acted = q.reside(r) || acted
		}
		for _, n := range q.neighbours {
			acted = q.join(n, 4) || acted
		}
		for _, l := range q.leaders {
			acted = q.lead(l, 1000) || acted
		}
		if now := q.sends.Load(); acted || now != sends || q.tg.Pending() > 0 {
			still, sends, moved = 0, now, moved || acted || now != sends
		}
	}
	return moved
}

// reside does the next thing a resident has to do, if its time has come.
func (q *quarter) reside(r *resident) bool {
	id := r.user.ID
	switch r.step {
	case arriving:
		s := q.noteSaid(q.tg.Say(r.user, id, r.texts[0]), id)
		r.first = s.Message
		r.own.own = []string{r.texts[0]}
		r.step = offered
		return true
	case offered:
		press, err := q.tg.Press(r.user, id, "登记")
		if err != nil {
			return false // not asked yet
		}
		q.notePress(press)
		r.own.by[id] = r.texts[0]
		r.step = agreed
		return true
	case agreed:
		for _, m := range q.tg.Sent(id) {
			if strings.HasPrefix(m.Text, "记下了，") {
				r.step = known
				return true
			}
		}
		return false
	}
	// People write in bursts, so that the order in which things are taken matters.
	acted := false
	for range 1 + q.rng.IntN(adds) {
		acted = q.speak(r) || acted
	}
	return acted
}

// speak lets a resident who is known say the next thing, in private or in the
// group.
func (q *quarter) speak(r *resident) bool {
	id := r.user.ID
	more, others := r.added <= adds, len(r.shared) > 0
	switch {
	case more && (!others || q.rng.IntN(2) == 0):
		r.added++
		if r.added > adds {
			// The first words anew, after all that was added to them.
			q.noteSaid(q.tg.Edit(id, r.first, r.texts[adds+1]), id)
			r.own.own[0] = r.texts[adds+1]
			return true
		}
		q.noteSaid(q.tg.Say(r.user, id, r.texts[r.added]), id)
		r.own.own = append(r.own.own, r.texts[r.added])
		return true
	case others:
		next := r.shared[0]
		r.shared = r.shared[1:]
		q.noteSaid(q.tg.Say(r.user, r.group.ID, next.text), r.group.ID)
		next.matter.by[id] = next.text
		return true
	}
	return false
}

// join lets a neighbour press up to n lines they have not pressed.
func (q *quarter) join(who *neighbour, n int) bool {
	pressed := false
	for _, m := range q.tg.Sent(who.group.ID) {
		for _, data := range choices(m, "/also") {
			if who.pressed[data] || n == 0 || len(who.pressed) >= 4+q.rounds/10 {
				continue
			}
			press, err := q.tg.Press(who.user, who.group.ID, data)
			if err != nil {
				continue // changed a moment ago
			}
			n--
			q.notePress(press)
			who.pressed[data], pressed = true, true
			id := strings.TrimSuffix(data, "/also")
			q.also[id] = append(q.also[id], who.user.ID)
		}
	}
	return pressed
}

// lead lets a leader take up to n cards, but one in four stays as it is.
func (q *quarter) lead(l *leader, n int) bool {
	pressed := false
	for _, m := range q.tg.Sent(l.user.ID) {
		for _, data := range choices(m, "/accept") {
			id := strings.TrimSuffix(data, "/accept")
			if no, err := strconv.Atoi(id); err != nil || no%4 == 0 || l.pressed[data] || n == 0 {
				continue
			}
			press, err := q.tg.Press(l.user, l.user.ID, data)
			if err != nil {
				continue
			}
			n--
			q.notePress(press)
			l.pressed[data], pressed = true, true
			q.accepted[id] = l.id
		}
	}
	return pressed
}

// choices are the data of a message's buttons that end so.
func choices(m fake.Message, ending string) (found []string) {
	for _, row := range m.Buttons {
		for _, b := range row {
			if strings.HasSuffix(b.Data, ending) {
				found = append(found, b.Data)
			}
		}
	}
	return found
}
