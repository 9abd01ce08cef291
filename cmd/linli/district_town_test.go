package main

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/flows/hearing"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

// A community of the district: the real engine and store, a chat platform in memory
// that writes down what everybody was told and when, and a clock that jumps to the
// next thing that is to happen.

// yearTown is one of them.
type yearTown struct {
	t        *testing.T
	id       string
	rng      *rand.Rand
	file     *community.File
	settings *flows.Settings
	store    storage.Store
	bot      *bot.Bot
	now      time.Time
	swept    time.Time

	queue  errands
	seq    int
	posts  map[string][]*posted // by address
	told   []*arrival
	toasts int
	n      int

	people  map[string]string // name by address
	cast    []dialogue.Person
	gone    map[flows.PersonID]time.Time // erased
	matters []*concern
	numbers map[int]*concern
	others  []*concern // hearings that came of a complaint meeting
	presses int
	missed  []string // buttons that somebody wanted to press and were not there
	extra   map[string]bool
	busy    map[string]time.Time
	acted   map[string]time.Time // by address
	clashes []string
	crowded []string
}

// errand is something that somebody is going to do.
type errand struct {
	at  time.Time
	seq int
	do  func()
}

type errands []errand

func (q errands) Len() int { return len(q) }
func (q errands) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].seq < q[j].seq
}
func (q errands) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *errands) Push(x any)   { *q = append(*q, x.(errand)) }
func (q *errands) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// posted is a message as it stands on the platform.
type posted struct {
	ref, address string
	by           string // name; empty: Linli
	text         string
	buttons      []bot.Button
}

// arrival is a message as it came.
type arrival struct {
	at      time.Time
	address string // m/… or g/…
	text    string
	labels  []string
	edit    bool
	reply   bool // came of what the reader had just done
	post    *posted
}

func (x *arrival) group() bool { return strings.HasPrefix(x.address, "g/") }

func (x *arrival) person() flows.PersonID { return flows.PersonID(strings.TrimPrefix(x.address, "m/")) }

func (x *arrival) has(label string) bool { return slices.Contains(x.labels, label) }

// numberIn is the number with which a message begins.
var numberIn = regexp.MustCompile(`^(\d{4})`)

func (x *arrival) no() int {
	m := numberIn.FindString(x.text)
	n, _ := strconv.Atoi(m)
	return n
}

var yearSurnames = []rune("李周吴刘唐孙钱陈郑赵冯何韩许蒋沈马罗高梁宋谢邓彭曾萧田董潘袁蔡余杜叶程魏丁任姚卢傅崔")

// yearDirectory makes a community of the example: other ids, other names, its own residents.
func yearDirectory(k, homes int) (string, []string) {
	text := string(community.Example())
	var lines []string
	for l := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(l), "#") {
			continue
		}
		if i := strings.Index(l, " #"); i >= 0 {
			l = l[:i] + "\n"
		}
		lines = append(lines, l)
	}
	head, _, _ := strings.Cut(strings.Join(lines, ""), "\ncast:")
	id := fmt.Sprintf("c%02d", k)
	head = strings.Replace(head, "id: example", "id: "+id, 1)
	head = strings.Replace(head, "name: 示例社区（虚构）", fmt.Sprintf("name: 示例第%d社区（虚构）", k), 1)
	old := regexp.MustCompile(`\{id: ([a-z]+), name: (\S)(网格|楼长|值班|社区|主任|书记|物业|服务|审核|监督|议事),|- id: (liu)\n    name: (\S)(楼长)`)
	var ids []string
	for _, m := range old.FindAllStringSubmatch(head, -1) {
		ids = append(ids, m[1]+m[4])
	}
	n := 0
	head = old.ReplaceAllStringFunc(head, func(s string) string {
		m := old.FindStringSubmatch(s)
		sur := string(yearSurnames[(n+k*5)%len(yearSurnames)])
		n++
		return strings.Replace(s, m[2]+m[5]+m[3]+m[6], sur+m[3]+m[6], 1)
	})
	for _, x := range ids {
		head = regexp.MustCompile(`\b`+x+`\b`).ReplaceAllString(head, fmt.Sprintf("%s%02d", x, k))
	}
	head = strings.Replace(head, "  - {id: b3, name: 3号楼群, building: 3}\n", "  - {id: b3, name: 3号楼群, building: 3}\n  - {id: b5, name: 5号楼群, building: 5}\n  - {id: all, name: 全社区群, community: true}\n", 1)
	var w strings.Builder
	w.WriteString(head + "\ncast:\n")
	var names []string
	given := []rune("芷苒葭蕤荇薇蘅芮菡莳芃茉荃苕茗蓁萱蕙芊芸菁荻莜萩")
	family := []rune("邬阚郗郜郦郓郏鄢酆闵阙隗雍鞠")
	where := []string{"3-1", "3-2", "5-1", "5-2", "3-1", "3-2", "1-1", "6-2", "3-2", "5-1", "9-1", "3-1"}
	for i := range homes {
		name := string(family[(i+k)%len(family)]) + string(given[(i*7+k)%len(given)]) + string(given[(i*5+3*k+i/len(given))%len(given)])
		names = append(names, name)
		in := where[i%len(where)]
		groups := "all"
		switch in[0] {
		case '3':
			groups = "all, b3, east"
		case '5':
			groups = "all, b5"
		case '1':
			groups = "all, east"
		}
		fmt.Fprintf(&w, "  - {id: p%02dx%d, name: %s, age: %d, home: %s-%d0%d, consent: true, groups: [%s]}\n", k, i, name, 24+i*7%60, in, 1+i/len(where)%6, 1+i%3, groups)
	}
	return w.String(), names
}

// newYearTown moves a community in.
func newYearTown(t *testing.T, db *bolt.DB, reader *local.Reader, k, homes int, start time.Time) *yearTown {
	t.Helper()
	text, _ := yearDirectory(k, homes)
	file, err := community.Parse("c.yaml", []byte(text), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	c := &yearTown{t: t, id: file.Settings.Community, file: file, settings: file.Settings, now: start.In(file.Settings.Zone), rng: rand.New(rand.NewPCG(uint64(k), 42)),
		posts: map[string][]*posted{}, people: map[string]string{}, gone: map[flows.PersonID]time.Time{}, numbers: map[int]*concern{}, extra: map[string]bool{}, busy: map[string]time.Time{}, acted: map[string]time.Time{}}
	c.store = db.In(c.id)
	c.cast = bottest.Cast(file)
	for _, o := range c.settings.People {
		c.people["m/"+string(o.ID)] = o.Name
	}
	for _, p := range c.cast {
		c.people["m/"+string(p.ID)] = p.Name
	}
	for _, g := range c.settings.Groups {
		c.people["g/"+g.ID] = g.Name
	}
	all, err := allFlows()
	if err != nil {
		t.Fatal(err)
	}
	c.bot, err = bot.New(bot.Options{Store: c.store, Settings: c.settings, Flows: all, Channels: []bot.Channel{c}, Reader: reader,
		Now: func() time.Time { return c.now }, Secret: []byte("the district")})
	if err != nil {
		t.Fatal(err)
	}
	if err := dialogue.Populate(t.Context(), c.store, c.settings, c.cast, "play", c.now); err != nil {
		t.Fatal(err)
	}
	return c
}

// Name, Capabilities and Send make it a channel.
func (c *yearTown) Name() string { return "play" }

func (c *yearTown) Capabilities() bot.Capabilities {
	return bot.Capabilities{ReadsGroup: true, PostsGroup: true, WritesFirst: true, Edits: true, Buttons: 100, DataBytes: 64, Text: 4000, Photos: true, Voices: true, Reacts: true}
}

// Fetch gives a small picture.
func (c *yearTown) Fetch(_ context.Context, remote string, _ int64) ([]byte, error) {
	return []byte("\x89PNG\r\n" + remote), nil
}

func (c *yearTown) Send(_ context.Context, address string, m bot.Message) (string, error) {
	if _, ok := c.people[address]; !ok {
		return "", bot.Gone{Why: "nobody here has this address"}
	}
	if m.React != "" {
		return "", nil
	}
	x := &arrival{at: c.now, address: address, text: m.Text}
	if at, ok := c.acted[address]; ok && c.now.Sub(at) < 10*time.Minute {
		x.reply = true
	}
	var flat []bot.Button
	for _, row := range m.Buttons {
		for _, b := range row {
			if len(b.Data) > 64 {
				return "", bot.Refused{Why: "a button's data is too long"}
			}
			x.labels, flat = append(x.labels, b.Label), append(flat, b)
		}
	}
	if m.Edit != "" {
		for _, p := range c.posts[address] {
			if p.ref != m.Edit || p.by != "" {
				continue
			}
			if p.text == m.Text && slices.Equal(p.buttons, flat) {
				return p.ref, nil
			}
			p.text, p.buttons, x.edit, x.post = m.Text, flat, true, p
			c.told = append(c.told, x)
			c.react(x)
			return p.ref, nil
		}
	}
	c.n++
	x.post = &posted{ref: strconv.Itoa(c.n), address: address, text: m.Text, buttons: flat}
	c.posts[address] = append(c.posts[address], x.post)
	c.told = append(c.told, x)
	c.react(x)
	return x.post.ref, nil
}

// at lets something happen.
func (c *yearTown) at(when time.Time, do func()) {
	if when.Before(c.now) {
		when = c.now
	}
	c.seq++
	heap.Push(&c.queue, errand{when, c.seq, do})
}

// pass lets time pass until nothing more is to happen before a time.
func (c *yearTown) pass(until time.Time) {
	ctx := c.t.Context()
	for range 10_000_000 {
		if c.swept.IsZero() || c.now.YearDay() != c.swept.YearDay() {
			if err := c.bot.Sweep(ctx); err != nil {
				c.t.Fatal(err)
			}
			c.swept = c.now
			c.morning()
		}
		n, next, err := c.bot.Round(ctx)
		if err != nil {
			c.t.Fatal(err)
		}
		if n > 0 {
			continue
		}
		if len(c.queue) > 0 && !c.queue[0].at.After(c.now) {
			heap.Pop(&c.queue).(errand).do()
			continue
		}
		if len(c.queue) > 0 && (next.IsZero() || c.queue[0].at.Before(next)) {
			next = c.queue[0].at
		}
		if midnight := flows.Clock(1).On(c.now.AddDate(0, 0, 1)); next.IsZero() || next.After(midnight) {
			next = midnight
		}
		if next.After(until) {
			c.now = until.In(c.settings.Zone)
			return
		}
		if next.After(c.now) {
			c.now = next.In(c.settings.Zone)
		}
	}
	c.t.Fatal("the year does not come to an end")
}

func (c *yearTown) peers(who flows.PersonID, where string) (from, chat bot.Peer) {
	a := "m/" + string(who)
	from = bot.Peer{Address: a, Name: c.people[a], Person: true}
	if where == "" {
		return from, bot.Peer{Address: a, Name: from.Name}
	}
	return from, bot.Peer{Address: "g/" + where, Name: c.people["g/"+where], Group: true}
}

func (c *yearTown) receive(in bot.Inbound) string {
	in.Channel, in.At = "play", c.now
	c.acted[in.From.Address] = c.now
	a, err := c.bot.Receive(c.t.Context(), in)
	if err != nil {
		c.t.Fatalf("%s: %v", c.id, err)
	}
	if a.Toast != "" {
		c.toasts++
	}
	return a.Toast
}

// say says something; where is a group of the directory, or empty: to Linli.
func (c *yearTown) say(who flows.PersonID, where, text string) {
	if !c.gone[who].IsZero() {
		return
	}
	from, chat := c.peers(who, where)
	c.n++
	ref := strconv.Itoa(c.n)
	c.posts[chat.Address] = append(c.posts[chat.Address], &posted{ref: ref, address: chat.Address, by: from.Name, text: text})
	c.receive(bot.Inbound{Kind: bot.Said, Keys: []string{"play/" + ref}, From: from, Chat: chat, Message: flows.Message{Text: text, Ref: ref}})
}

// photo sends one.
func (c *yearTown) photo(who flows.PersonID, text string) {
	from, chat := c.peers(who, "")
	c.n++
	ref := strconv.Itoa(c.n)
	c.receive(bot.Inbound{Kind: bot.Said, Keys: []string{"play/" + ref}, From: from, Chat: chat,
		Message: flows.Message{Text: text, Ref: ref, Media: []flows.Media{{Kind: "photo", Remote: "photo-" + ref, Channel: "play"}}}})
}

// press presses a button of a message, or of the newest one there that has it and speaks
// of the same number. It says whether there was one.
func (c *yearTown) press(who flows.PersonID, where string, p *posted, no int, label string) (toast string, ok bool) {
	if !c.gone[who].IsZero() {
		return "", false
	}
	from, chat := c.peers(who, where)
	data := ""
	of := func(p *posted) {
		for _, b := range p.buttons {
			if b.Label == label && b.Data != "" {
				data = b.Data
			}
		}
	}
	list := c.posts[chat.Address]
	if p != nil {
		of(p)
	}
	for i := len(list) - 1; i >= 0 && data == ""; i-- {
		if no == 0 || strings.HasPrefix(list[i].text, fmt.Sprintf("%04d", no)) || strings.Contains(list[i].text, fmt.Sprintf("（%04d）", no)) || strings.HasPrefix(label, fmt.Sprintf("%04d", no)) {
			of(list[i])
		}
	}
	if data == "" {
		c.missed = append(c.missed, fmt.Sprintf("%s %s %s [%s] %04d", c.now.Format("01-02 15:04"), from.Name, where, label, no))
		return "", false
	}
	c.n++
	c.presses++
	return c.receive(bot.Inbound{Kind: bot.Pressed, Keys: []string{fmt.Sprintf("press/%d", c.n)}, From: from, Chat: chat, Press: data}), true
}

// working is a time within the working hours of staff.
func (c *yearTown) working(t time.Time) time.Time { return c.settings.Calendar.Next(t) }

// soon is when a member of staff comes to something: within some working hours.
func (c *yearTown) soon() time.Time {
	return c.working(c.now.Add(time.Duration(3+c.rng.IntN(150)) * time.Minute))
}

// awake is when a resident comes to something.
func (c *yearTown) awake(most time.Duration) time.Time {
	t := c.now.Add(time.Minute + time.Duration(c.rng.Int64N(int64(most))))
	if h := t.Hour(); h < 8 {
		t = time.Date(t.Year(), t.Month(), t.Day(), 8, c.rng.IntN(50), 0, 0, t.Location())
	}
	return t
}

// official gives somebody with a role.
func (c *yearTown) official(r flows.Role, i int) flows.PersonID {
	list := c.settings.With(r, flows.Everywhere)
	return list[i%len(list)]
}

func (c *yearTown) nameOf(p flows.PersonID) string { return c.people["m/"+string(p)] }

// read gives the newest hearing with a number.
func (c *yearTown) read(no int) (s hearing.State, k flows.Case, ok bool) {
	err := c.store.View(c.t.Context(), func(tx storage.Tx) error {
		list, err := tx.Numbered(no)
		for _, x := range list {
			if x.Flow == hearing.Name {
				if s, err = hearing.Read(x); err != nil {
					return err
				}
				k, ok = x, true
			}
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return s, k, ok
}
