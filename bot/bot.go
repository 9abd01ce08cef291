// Package bot is the engine between the channels and the flows. A channel hands
// what it heard to Receive; one transaction keeps the mark that it was heard, the
// chat, the case and what is to be done, and only then does the platform get
// its "ok". Perform carries the rows of the outbox to people and brings the next
// events (a wake-up, an answer, a delivery) back to the rules.
//
// The engine knows no flow and no platform: flows are values, channels are
// capabilities. It must not interpret a resident's words (that is the
// reader's), must not choose recipients (the rules do), and never writes
// words, numbers or tokens to a log.
package bot

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

//go:embed words
var wordFiles embed.FS

// Options are what a Bot is built from.
type Options struct {
	Store    storage.Store
	Settings *flows.Settings
	Flows    []flows.Flow // asked in this order about a message that belongs to no case
	Channels []Channel
	Reader   prompts.Reader
	Now      func() time.Time // the clock; time.Now if nil
	Workers  int              // sends at a time, 16 if 0
	Media    string           // folder for photos and voice notes; empty: none are kept
	Owner    string           // whose claims are ours after a restart; one process may own a store at a time
	Answer   map[string]Answerer
	Secret   []byte // what the seeds of cases are made from; empty: 32 random bytes that the store keeps
	Watch    Watch  // told what happens, for figures; may be nil
	// Link gives the address of a page for a person: "desk" with a login code as
	// word, "mine" with none, or with "later" where nobody knows when it is opened, the name
	// of a flow ("poll") with the id of one of its cases (the person is empty for a group).
	// Empty where there are no such pages or their address is not known.
	Link func(page string, p flows.PersonID, word string) string
	Away Away // what a language model elsewhere gets; people are told
	Log  *slog.Logger
}

// Away is what of people's words leaves the machine for a language model that runs on
// another one.
type Away struct {
	Minutes bool // what is said at a meeting, with the names, numbers and addresses masked that are recognised
	Voices  bool // voice notes sent in private, as they are
}

// vars are what the texts have of it.
func (a Away) vars() flows.Vars {
	vars := flows.Vars{}
	if a.Minutes {
		vars["away_minutes"] = flows.Text("yes")
	}
	if a.Voices {
		vars["away_voices"] = flows.Text("yes")
	}
	return vars
}

// Answerer answers an Ask by its name, outside transactions.
type Answerer func(ctx context.Context, data json.RawMessage) (json.RawMessage, error)

// Bot is one community's engine.
type Bot struct {
	store    storage.Store
	flows    map[string]flows.Flow
	order    []flows.Flow
	channels map[string]Channel
	reader   prompts.Reader
	settings atomic.Pointer[flows.Settings]
	force    sync.Mutex      // held while settings are put in force
	base     *flows.Settings // the directory, without what people have said of themselves
	leaves   map[flows.PersonID][]flows.Leave
	away     Away
	stale    atomic.Bool // leaves may have changed in the store
	unstood  atomic.Bool // what must stand (see stand) may not all be there
	now      func() time.Time
	workers  int
	owner    string
	media    *os.Root
	house    flows.Words
	answer   map[string]Answerer
	watch    Watch
	link     func(page string, p flows.PersonID, word string) string
	secret   []byte
	log      *slog.Logger
	nudge    chan struct{}

	mu         sync.Mutex
	talk       map[string]fragments       // per chat and speaker: what they said a moment ago, in memory only
	crowd      int                        // at how many speakers talk is looked through
	here       map[flows.ChatID]filedAt   // the case last filed in a chat
	noted      map[flows.ChatID]time.Time // when a chat was last known to have been heard
	whispered  map[string]whisper         // how silent presses were answered, by the names of the press
	whisperers int                        // at how many names it is looked through
	crowded    map[string]*crowd          // how fast people speak, by address
	wrong      map[string]attempts        // codes that were wrong, by address
	limits     map[string]*rate.Limiter   // by channel, and by address
	gathered   map[string]time.Time       // by address of a group, when lines last left for it
	owed       map[string]time.Time       // by channel and address, when an answer may leave that somebody waits for
	lined      map[string]time.Time       // by the same, when the last row that waits for it may leave
	halted     map[string]time.Time       // by channel, until when it is left alone, see halt.go
	out        map[uint64]bool            // rows whose send is over and whose end is being kept
	inflight   map[uint64]bool            // rows a worker of this process holds
	asked      map[string]int             // polls on their way, by channel
	unsure     bool                       // a claim ended with an error: some claimed rows may have no worker
}

// House is the name under which the engine's own words are kept in rows.
const House = "house"

// New builds a Bot. It fails if the flows or the options do not fit together.
func New(o Options) (*Bot, error) {
	house, err := flows.ReadWords(must(fs.Sub(wordFiles, ".")))
	if err != nil {
		return nil, fmt.Errorf("house: %w", err)
	}
	if o.Store == nil || o.Settings == nil || o.Reader == nil {
		return nil, errors.New("bot: a store, settings and a reader are needed")
	}
	b := &Bot{
		store: o.Store, flows: map[string]flows.Flow{}, order: o.Flows, channels: map[string]Channel{},
		reader: o.Reader, now: o.Now, workers: o.Workers, owner: o.Owner, house: house, log: o.Log, secret: o.Secret, away: o.Away, whispered: map[string]whisper{},
		answer: map[string]Answerer{}, nudge: make(chan struct{}, 1),
		talk: map[string]fragments{}, here: map[flows.ChatID]filedAt{}, noted: map[flows.ChatID]time.Time{}, crowded: map[string]*crowd{}, wrong: map[string]attempts{},
		limits: map[string]*rate.Limiter{}, gathered: map[string]time.Time{}, lined: map[string]time.Time{}, owed: map[string]time.Time{}, halted: map[string]time.Time{}, inflight: map[uint64]bool{}, out: map[uint64]bool{}, unsure: true,
	}
	if b.now == nil {
		b.now = time.Now
	}
	if b.workers == 0 {
		b.workers = 16
	}
	if b.owner == "" {
		b.owner = "linli"
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	for _, f := range o.Flows {
		if _, twice := b.flows[f.Name]; twice || f.Name == House {
			return nil, fmt.Errorf("bot: flow %q is there twice", f.Name)
		}
		b.flows[f.Name] = f
	}
	for _, c := range o.Channels {
		if _, twice := b.channels[c.Name()]; twice {
			return nil, fmt.Errorf("bot: channel %q is there twice", c.Name())
		}
		b.channels[c.Name()] = c
	}
	for name, a := range o.Answer {
		b.answer[name] = a
	}
	if o.Media != "" {
		if err := os.MkdirAll(o.Media, 0o700); err != nil {
			return nil, fmt.Errorf("media: %w", err)
		}
		if b.media, err = os.OpenRoot(o.Media); err != nil {
			return nil, fmt.Errorf("media: %w", err)
		}
	}
	b.answer["fetch"] = b.fetch
	if b.watch, b.link = o.Watch, o.Link; b.watch == nil {
		b.watch = unwatched{}
	}
	if b.link == nil {
		b.link = func(string, flows.PersonID, string) string { return "" }
	}
	b.base = o.Settings
	b.settings.Store(o.Settings)
	b.stale.Store(true)
	b.unstood.Store(true)
	return b, nil
}

// Settings gives the settings that are in force.
func (b *Bot) Settings() *flows.Settings { return b.settings.Load() }

// SetSettings puts another version in force for all that happens from now on.
func (b *Bot) SetSettings(s *flows.Settings) {
	b.force.Lock()
	defer b.force.Unlock()
	b.base = s
	b.settings.Store(overlaid(s, b.leaves))
	b.unstood.Store(true)
	b.Nudge()
}

// Nudge makes Run look at the outbox again, after the clock was moved.
func (b *Bot) Nudge() {
	select {
	case b.nudge <- struct{}{}:
	default:
	}
}

// clock is the present in the community's zone.
func (b *Bot) clock() time.Time { return b.now().In(b.Settings().Zone) }

// channel finds the channel of an address ("telegram:-100…") and the rest.
func (b *Bot) channel(address string) (Channel, string, bool) {
	name, rest, ok := strings.Cut(address, ":")
	c := b.channels[name]
	return c, rest, ok && c != nil
}

// words finds the texts a row speaks with.
func (b *Bot) words(flow string) flows.Words {
	if flow == House {
		return b.house
	}
	return b.flows[flow].Words
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // only for what is compiled in
	}
	return v
}
