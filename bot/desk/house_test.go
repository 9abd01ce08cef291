package desk

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/flows/purchase"
	"linli/flows/room"
	"linli/flows/round"
	"linli/prompts/local"
	"linli/storage"
)

// paper is a channel on which everything arrives.
type paper struct{}

func (paper) Name() string { return "paper" }
func (paper) Capabilities() bot.Capabilities {
	return bot.Capabilities{ReadsGroup: true, PostsGroup: true, WritesFirst: true, Buttons: 10, DataBytes: 64, Text: 4000}
}
func (paper) Send(context.Context, string, bot.Message) (string, error) { return "1", nil }

// house is a community with an engine, a desk and a web server.
type house struct {
	t        testing.TB
	clock    *bottest.Clock
	mu       sync.Mutex
	settings *flows.Settings
	store    storage.Store
	bot      *bot.Bot
	desk     *Desk
	srv      *httptest.Server
	n        int
	photos   map[string][]byte
	pending  []string
	applied  []string
}

func (h *house) Pending(context.Context) ([]string, string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pending, "v-next", nil
}

func (h *house) Apply(_ context.Context, version string, by flows.PersonID) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.applied = append(h.applied, version+" by "+string(by))
	h.pending = nil
	return nil
}

// build makes the house of the example community, with a supervisor, a
// reviewer, a member of the council and a second head.
func build(t testing.TB, base string, change func(*Options)) *house {
	t.Helper()
	s := flowstest.Example(t, demand.DutyList())
	s.People = append(append([]flows.Official{}, s.People...),
		flows.Official{ID: "du", Name: "杜监督", Posts: []flows.Post{{Role: flows.Supervisor, Scope: flows.Everywhere}}},
		flows.Official{ID: "ping", Name: "平审核", Posts: []flows.Post{{Role: flows.Reviewer, Scope: flows.Everywhere}}},
		flows.Official{ID: "yi", Name: "易议事", Posts: []flows.Post{{Role: flows.Council, Scope: flows.Everywhere}}},
		flows.Official{ID: "evil", Name: `<img src=x onerror=alert(1)>`, Posts: []flows.Post{{Role: flows.Head, Scope: flows.Everywhere}}, Lang: "en"})
	h := &house{t: t, clock: bottest.NewClock(time.Date(2026, 3, 11, 10, 0, 0, 0, s.Zone)), settings: s, photos: map[string][]byte{}}
	h.store = bottest.Store(t, s.Community)
	var err error
	fl := flowstest.Flows(t, hearing.New, demand.New, dispatch.New, poll.New, room.New, purchase.New, round.New)
	h.bot, err = bot.New(bot.Options{Store: h.store, Settings: h.settings, Flows: fl, Channels: []bot.Channel{paper{}}, Reader: local.New(), Now: h.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range s.People {
		h.update(func(tx storage.Tx) error {
			a := "paper:" + string(o.ID)
			return tx.PutPerson(storage.Person{ID: o.ID, Name: o.Name, Addresses: []string{a}, Reach: []string{a}})
		})
	}
	o := Options{Base: base, Settings: h.current, Store: h.store, Receive: h.bot, Login: h.bot.Login, Told: h.bot.ToldOf,
		NewCode: h.bot.NewCode, Deletions: h.bot.Deletions, Troubles: h.bot, Poster: h.bot, Directory: h, Now: h.clock.Now,
		HomeCodes: h.bot.HomeCodes, HearingPath: func(id flows.ID, who flows.PersonID) string {
			return base + "/hearing/" + string(id) + "-of-" + string(who)
		},
		Forms: func(w http.ResponseWriter, _ *http.Request, id flows.ID, codes map[flows.Place]string) error {
			_, err := fmt.Fprintf(w, "%d forms of %s", len(codes), id)
			return err
		},
		Archive: func(_ context.Context, id flows.ID, w io.Writer) error {
			_, err := io.WriteString(w, "PK of "+string(id))
			return err
		},
		Photo: func(_ context.Context, hash string) ([]byte, error) {
			if b, ok := h.photos[hash]; ok {
				return b, nil
			}
			return nil, fs.ErrNotExist
		}}
	if change != nil {
		change(&o)
	}
	if h.desk, err = New(o); err != nil {
		t.Fatal(err)
	}
	h.srv = httptest.NewServer(h.desk.Handler())
	t.Cleanup(h.srv.Close)
	return h
}

func (h *house) current() *flows.Settings { h.mu.Lock(); defer h.mu.Unlock(); return h.settings }

// change puts other settings in force.
func (h *house) change(f func(*flows.Settings)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := *h.settings
	f(&s)
	h.settings = &s
	h.bot.SetSettings(&s)
}

func (h *house) update(f func(storage.Tx) error) {
	h.t.Helper()
	if err := h.store.Update(h.t.Context(), f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) view(f func(storage.Tx) error) {
	h.t.Helper()
	if err := h.store.View(h.t.Context(), f); err != nil {
		h.t.Fatal(err)
	}
}

// resident makes somebody who has agreed to filing.
func (h *house) resident(id, name, building string) {
	h.update(func(tx storage.Tx) error {
		a := "paper:" + id
		return tx.PutPerson(storage.Person{ID: flows.PersonID(id), Name: name, Home: flows.Place{Building: building}, Consent: h.clock.Now(), Addresses: []string{a}, Reach: []string{a}})
	})
}

// says lets somebody write to Linli in private.
func (h *house) says(id, text string) {
	h.t.Helper()
	h.n++
	p := bot.Peer{Address: id, Name: id, Person: true}
	if _, err := h.bot.Receive(h.t.Context(), bot.Inbound{Channel: "paper", Keys: []string{fmt.Sprint("k", h.n)}, At: h.clock.Now(), Kind: bot.Said, Chat: p, From: p,
		Message: flows.Message{Ref: fmt.Sprint(h.n), Text: text}}); err != nil {
		h.t.Fatal(err)
	}
}

// round carries out what is due.
func (h *house) round() {
	h.t.Helper()
	for range 20 {
		n, _, err := h.bot.Round(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// all gives the cases that are no part of another one, newest first.
func (h *house) all() (list []flows.Case) {
	h.t.Helper()
	h.view(func(tx storage.Tx) (err error) {
		list, err = tx.Cases(1000, func(c flows.Case) bool { return c.Parent == "" })
		return err
	})
	return list
}

// newest gives the last case, and fails if its stage is another one.
func (h *house) newest(stage string) flows.Case {
	h.t.Helper()
	list := h.all()
	if len(list) == 0 || list[0].Stage != stage {
		h.t.Fatalf("there is no case in %q: %v", stage, list)
	}
	return list[0]
}

// put keeps a case as a flow would have.
func (h *house) put(id, stage string, s demand.State, change func(*flows.Case)) flows.Case {
	h.t.Helper()
	s.Stage = stage
	c := flows.Case{ID: flows.ID(id), Flow: "demand", Opened: h.clock.Now(), Data: flows.Data(s), Summary: s.Summary()}
	h.update(func(tx storage.Tx) (err error) {
		if c.Numbered {
			if c.No, err = tx.Count("number"); err != nil {
				return err
			}
		}
		if change != nil {
			change(&c)
		}
		if err := tx.PutCase(c); err != nil {
			return err
		}
		return tx.Note(storage.Record{Case: c.ID, At: c.Opened, Event: "e" + id, Kind: "opened", By: s.Reporter, After: stage})
	})
	return c
}

// keep keeps a case with its number, if it has become a record, and how it began.
func (h *house) keep(c *flows.Case, by flows.PersonID, after string) {
	h.t.Helper()
	h.update(func(tx storage.Tx) (err error) {
		if c.Numbered {
			if c.No, err = tx.Count("number"); err != nil {
				return err
			}
		}
		if err := tx.PutCase(*c); err != nil {
			return err
		}
		return tx.Note(storage.Record{Case: c.ID, At: c.Opened, Event: "e" + string(c.ID), Kind: "opened", By: by, After: after})
	})
}

// session logs somebody in without a code, and gives the cookie.
func (h *house) session(p flows.PersonID) string {
	h.t.Helper()
	token := "token-of-" + string(p)
	h.update(func(tx storage.Tx) error {
		return tx.PutKey(sessionKey(token), flows.Data(session{Person: p, Made: h.clock.Now(), Seen: h.clock.Now()}))
	})
	return token
}

// answer is what the desk answered.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// ask sends a request as the owner of a session, "" for nobody.
func (h *house) ask(method, path, token string, form url.Values, head ...string) answer {
	h.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.srv.URL+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.AddCookie(&http.Cookie{Name: cookie, Value: token})
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (h *house) get(path, token string) answer { h.t.Helper(); return h.ask("GET", path, token, nil) }

// page gets a page and fails if it is not there.
func (h *house) page(path, token string) string {
	h.t.Helper()
	a := h.get(path, token)
	if a.Status != http.StatusOK {
		h.t.Fatalf("GET %s: %d\n%s", path, a.Status, a.Body)
	}
	return a.Body
}

var formID = regexp.MustCompile(`name="form" value="([0-9a-f]{32})"`)

// form finds the id of the first form on a page.
func (h *house) form(page string) string {
	h.t.Helper()
	m := formID.FindStringSubmatch(page)
	if m == nil {
		h.t.Fatalf("no form on\n%s", page)
	}
	return m[1]
}

func (h *house) has(page string, words ...string) {
	h.t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			h.t.Errorf("%q is not on the page\n%s", w, page)
		}
	}
}

func (h *house) hasNot(page string, words ...string) {
	h.t.Helper()
	for _, w := range words {
		if strings.Contains(page, w) {
			h.t.Errorf("%q is on the page\n%s", w, page)
		}
	}
}

// login asks for a code in the chat, as a member of staff does, and gives it.
func (h *house) code(p string) string {
	h.t.Helper()
	var sent string
	h.says(p, "/desk")
	h.view(func(tx storage.Tx) error {
		jobs, err := tx.Jobs()
		for _, j := range jobs {
			if m := regexp.MustCompile(`"code":\{"s":"([A-Z0-9-]+)"\}`).FindSubmatch(j.Body); m != nil {
				sent = string(m[1])
			}
		}
		return err
	})
	if sent == "" {
		h.t.Fatalf("%s got no code", p)
	}
	return sent
}
