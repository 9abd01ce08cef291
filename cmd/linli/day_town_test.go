package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot/telegram/fake"
	"linli/flows"
)

// town is a whole community on Telegram around the real binary: twelve groups,
// one for a building, everybody who lives there, and the people with a post with
// their accounts bound.
type town struct {
	*site
	settings *flows.Settings
	groups   []*fake.Group // of building i+1
	homes    [][]*fake.User
	posts    map[flows.PersonID]*fake.User
	names    map[int64]string // of groups, and of people with a post
}

const (
	townGroups    = 12
	townResidents = 7860
)

// newTown has everybody there and the binary stopped.
func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{site: newSite(t), posts: map[flows.PersonID]*fake.User{}, names: map[int64]string{}}
	w.tg.Limits = true
	w.directory(t)
	w.settings = w.site.settings(t)
	for i := range townGroups {
		g := w.tg.AddGroup(fmt.Sprintf("%d号楼群", i+1))
		g.Admin = true
		w.groups, w.homes = append(w.groups, g), append(w.homes, nil)
		w.names[g.ID] = g.Title
	}
	for i := range townResidents {
		home := &w.homes[i%townGroups]
		*home = append(*home, w.tg.AddUser(residentName(i)))
	}
	for _, o := range w.settings.People {
		u := w.tg.AddUser(o.Name)
		w.posts[o.ID], w.names[u.ID] = u, o.Name
	}
	w.bindAll(t)
	return w
}

// directory makes the community of the site one with a group for every building,
// and no residents of a play; the binary writes down everything it logs.
func (w *town) directory(t *testing.T) {
	t.Helper()
	file := filepath.Join(w.dir, "community.yaml")
	text := textOf(t, file)
	head, _, ok := strings.Cut(text, "\ncast:")
	for _, r := range [][2]string{
		{"burst: 100000 ", "burst: 20 "},
		{"join: 10m ", "join: 2s "}, // a day is not much longer than ten minutes here
	} {
		ok = ok && strings.Count(head, r[0]) == 1
		head = strings.Replace(head, r[0], r[1], 1)
	}
	if !ok {
		t.Fatal("the community of the crash test is another one")
	}
	before, rest, ok := strings.Cut(head, "\ngroups:")
	_, after, ok2 := strings.Cut(rest, "\nroster:")
	if !ok || !ok2 {
		t.Fatal("the community has no groups or no roster")
	}
	groups := "\ngroups:\n"
	for i := range townGroups {
		groups += fmt.Sprintf("  - {id: b%d, name: %d号楼群, building: %d}\n", i+1, i+1, i+1)
	}
	putText(t, file, before+groups+"\nroster:"+after+"\n")
	for _, c := range w.config {
		putText(t, c, strings.Replace(textOf(t, c), "level: info", "level: debug", 1))
	}
}

func textOf(t *testing.T, file string) string {
	t.Helper()
	return string(must[[]byte](t)(os.ReadFile(file)))
}

func putText(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// bindAll makes the accounts of people and groups known by codes from the
// command line, and brings Linli into the groups.
func (w *town) bindAll(t *testing.T) {
	t.Helper()
	w.stop(t, w.serve(t, 0))
	code := func(whom string) string {
		codes := w.codes(t, whom)
		w.secrets.Names(codes...)
		return codes[0]
	}
	for id, u := range w.posts {
		u.Start(code(string(id)))
	}
	for i, g := range w.groups {
		staff := w.posts["chen"]
		g.Join(staff)
		w.tg.Say(staff, g.ID, "/start "+code(fmt.Sprintf("b%d", i+1)))
	}
	p := w.serve(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	bound := func(chat int64, words string) bool {
		return slices.ContainsFunc(w.tg.Sent(chat), func(m fake.Message) bool { return strings.Contains(m.Text, words) })
	}
	err := w.tg.Wait(ctx, func() bool {
		for _, u := range w.posts {
			if !bound(u.ID, "绑定好了") {
				return false
			}
		}
		for _, g := range w.groups {
			if !bound(g.ID, "这个群已接入") {
				return false
			}
		}
		return true
	})
	if err != nil {
		for chat, name := range w.names {
			for _, m := range w.tg.Sent(chat) {
				t.Logf("%s was told: %s", name, m.Text)
			}
		}
		t.Fatalf("not everybody could be bound: %v\n%s", err, p.log())
	}
	w.settle(t, 2*time.Second)
	w.stop(t, p)
}

// settle waits until nothing has been sent for a while: what begins afterwards
// does not wait behind it.
func (w *town) settle(t *testing.T, calm time.Duration) {
	t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	patience := time.After(time.Minute)
	for sends, since := int64(-1), time.Now(); time.Since(since) < calm; {
		select {
		case <-look.C:
		case <-patience:
			t.Fatal("there is no end of sending")
		}
		if n := w.sends.Load(); n != sends || w.tg.Pending() > 0 {
			sends, since = n, time.Now()
		}
	}
}

// office is what post somebody's account has, "" for a resident.
func (w *town) office(user int64) string {
	for id, u := range w.posts {
		if u.ID == user {
			switch id {
			case "li", "zhou", "wu":
				return "leader"
			case "feng":
				return "property"
			case "sun", "qian":
				return "duty"
			}
			return "staff"
		}
	}
	return ""
}
