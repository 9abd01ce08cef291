// Package model asks a language model: any server that speaks as OpenAI's does, on this
// machine or elsewhere. It is asked only through the effect [flows.Ask], outside
// transactions, for three things: the words of an invitation, better words for drafted
// minutes, and what is said in a voice note. It proposes; rules check what came back
// ([check]), and a person reads it before anybody else does.
//
// What points to a person is put away before a text leaves and put back afterwards ([mask]); a
// voice note cannot be masked and leaves as it is, so that it has a switch of its own.
// Texts of residents are data inside JSON: whatever they order, an answer is a text of a
// known form and nothing else. There are no tools.
//
// It must not choose a reader, must not change a case, must not answer an emergency, must
// not be waited for by anybody, and must not let its key, its address or anybody's words
// into an error or a log. Every call is in the [prompts.Book].
package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"

	"linli/flows"
	"linli/prompts"
)

// Options are what a Model is built from. URL, Settings and Book are needed, and Model or
// Listener.
type Options struct {
	URL      string        // of the server, "http://127.0.0.1:8000/v1"
	Model    string        // that writes; empty: it writes nothing
	Listener string        // that hears voice notes; empty: none is sent
	Key      func() string // gives the key; nil: the server wants none. A func, because it is never printed
	Limit    time.Duration // for a call with all its tries; 30 s if 0
	Day      prompts.Use   // what a day may use; what is 0 has no limit
	Price    Price
	Settings func() *flows.Settings
	Book     prompts.Book
	// Voice reads a voice note that was fetched, with a file name that says what it is.
	Voice func(ctx context.Context, hash string) (body []byte, name string, err error)
	Now   func() time.Time                                 // time.Now if nil
	Wait  func(ctx context.Context, d time.Duration) error // between tries; a timer if nil
	Log   *slog.Logger
}

// Price is what the server asks for, in millionths of the unit in which Day.Money counts.
type Price struct {
	In, Out int64 // for a million tokens
	Minute  int64 // of a voice note
}

// Answerer is how the engine asks, see bot.Answerer.
type Answerer = func(ctx context.Context, data json.RawMessage) (json.RawMessage, error)

// ErrBusy says that as many calls as there may be are under way.
var ErrBusy = errors.New("model: too many calls at a time")

// ErrNone says that there is no answer; why stands in the book.
var ErrNone = errors.New("model: no answer")

// atOnce is how many calls there may be at a time: each holds a worker of the engine.
const atOnce = 3

// Model is a client of one server for one community. It is safe for concurrent use.
type Model struct {
	o      Options
	client *openai.Client
	tasks  map[string]task
	slots  chan struct{}
	cache  cache
	rest   breaker
}

// New builds one; it calls nobody.
func New(o Options) (*Model, error) {
	if o.URL == "" || o.Settings == nil || o.Book == nil || o.Model == "" && o.Listener == "" {
		return nil, errors.New("model: an address, a model, settings and a book are needed")
	}
	if o.Limit == 0 {
		o.Limit = 30 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	tasks, err := readTasks()
	if err != nil {
		return nil, err
	}
	key := ""
	if o.Key != nil {
		key = o.Key()
	}
	c := openai.DefaultConfig(key)
	c.BaseURL = strings.TrimRight(o.URL, "/")
	c.HTTPClient = newClient()
	return &Model{o: o, client: openai.NewClientWithConfig(c), tasks: tasks, slots: make(chan struct{}, atOnce)}, nil
}

// Answers are what it answers to, by name.
func (m *Model) Answers() map[string]Answerer {
	out := map[string]Answerer{}
	if m.o.Model != "" {
		out["wording"], out["minutes"] = answerer(m.Wording), answerer(m.Minutes)
	}
	if m.o.Listener != "" && m.o.Voice != nil {
		out["transcribe"] = answerer(m.Transcribe)
	}
	return out
}

func answerer[In, Out any](f func(context.Context, In) (Out, error)) Answerer {
	return func(ctx context.Context, data json.RawMessage) (json.RawMessage, error) {
		var in In
		if err := json.Unmarshal(data, &in); err != nil {
			return nil, ErrNone
		}
		out, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
}

// known are the names of the directory: of people, who are put away, and of people and
// places, which no answer may bring in.
func (m *Model) known() (people, all []string) {
	s := m.o.Settings()
	for _, p := range s.People {
		people = append(people, p.Name)
	}
	all = append(all, people...)
	for _, r := range s.Rooms {
		all = append(all, r.Name)
	}
	for _, x := range s.Spots {
		all = append(all, x.Name)
	}
	for _, b := range s.Bodies {
		all = append(all, b.Name)
	}
	return people, all
}

// day is the day whose budget a call uses.
func (m *Model) day() string {
	return m.o.Now().In(m.o.Settings().Zone).Format(time.DateOnly)
}

// Try asks the server for its models, for somebody who sets it up. It costs nothing and
// is in no book. The error says what to look at, and holds nothing of the answer.
func (m *Model) Try(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(m.o.Limit, 15*time.Second))
	defer cancel()
	list, err := m.client.ListModels(ctx)
	if err != nil {
		f := failed(ctx, err, nil)
		if f.status == http.StatusNotFound {
			return nil // it answers, and has no list
		}
		return fmt.Errorf("model: %s", f.end)
	}
	for _, want := range []string{m.o.Model, m.o.Listener} {
		there := want == "" || len(list.Models) == 0
		for _, x := range list.Models {
			there = there || x.ID == want
		}
		if !there {
			return fmt.Errorf("model: the server does not list %q", want)
		}
	}
	return nil
}
