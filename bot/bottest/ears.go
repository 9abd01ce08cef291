package bottest

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest/wake"
)

// Ears is a Receiver that keeps what it is told. The zero value takes everything and
// answers nothing; set the fields before it hears anything. Any number of goroutines may
// use it.
type Ears struct {
	Ignored bool // what is of no use (bot.Ignored) counts as heard, too
	Once    bool // what has a key that was taken before is not heard again, as with the engine

	news   wake.Bell
	mu     sync.Mutex
	judge  func(bot.Inbound) (bot.Answer, error)
	tries  []bot.Inbound
	heard  []bot.Inbound
	known  map[string]bool
	again  int
	inside map[string]int // how many are being heard, by chat
	beside bool
}

// Judge lets judge decide on each thing from now on, and say what it is answered with;
// what it gives an error for is not taken. nil takes everything. It is asked by several
// goroutines where the channel has several.
func (e *Ears) Judge(judge func(bot.Inbound) (bot.Answer, error)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.judge = judge
}

// Receive takes what a channel hands over.
func (e *Ears) Receive(_ context.Context, in bot.Inbound) (bot.Answer, error) {
	judge := e.begin(in)
	defer e.end(in)
	runtime.Gosched() // whoever else would come in does so now
	var answer bot.Answer
	if judge != nil {
		var err error
		if answer, err = judge(in); err != nil {
			return bot.Answer{}, err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.Once {
		if slices.ContainsFunc(in.Keys, func(k string) bool { return e.known[k] }) {
			e.again++
			return bot.Answer{}, nil
		}
		for _, k := range in.Keys {
			e.known[k] = true
		}
	}
	if in.Kind != bot.Ignored || e.Ignored {
		e.heard = append(e.heard, in)
	}
	return answer, nil
}

func (e *Ears) begin(in bot.Inbound) (judge func(bot.Inbound) (bot.Answer, error)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.inside == nil {
		e.inside, e.known = map[string]int{}, map[string]bool{}
	}
	e.inside[in.Chat.Address]++
	e.beside = e.beside || in.Chat.Address != "" && e.inside[in.Chat.Address] > 1
	e.tries = append(e.tries, in)
	return e.judge
}

// end is called for a judge that falls over, too.
func (e *Ears) end(in bot.Inbound) {
	e.mu.Lock()
	e.inside[in.Chat.Address]--
	e.mu.Unlock()
	e.news.Ring()
}

// Heard is what was taken, in order.
func (e *Ears) Heard() []bot.Inbound {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// Texts are the words of what was taken, in order; a press shows as "<its data>", other
// kinds as "<kind>".
func (e *Ears) Texts() []string {
	var out []string
	for _, in := range e.Heard() {
		switch in.Kind {
		case bot.Said:
			out = append(out, in.Message.Text)
		case bot.Pressed:
			out = append(out, "<"+in.Press+">")
		default:
			out = append(out, "<"+string(in.Kind)+">")
		}
	}
	return out
}

// Tries are all things that were handed over, taken or not, of use or not.
func (e *Ears) Tries() []bot.Inbound {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.tries)
}

// Again counts what was handed over once more after it was taken; only with Once.
func (e *Ears) Again() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.again
}

// Beside says whether two things of one chat were ever handed over at the same time, which
// no channel may do.
func (e *Ears) Beside() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.beside
}

// Forget forgets what was heard and tried; what was taken stays known.
func (e *Ears) Forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard, e.tries = nil, nil
}

// Wait waits until n things were taken and gives all that were.
func (e *Ears) Wait(t testing.TB, n int) []bot.Inbound {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	enough := func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.heard) >= n
	}
	if e.news.Wait(ctx, enough) != nil {
		t.Fatalf("heard %d of %d: %q", len(e.Heard()), n, e.Texts())
	}
	return e.Heard()
}

// Counted waits until n things were taken and gives them. It fails where what a chat said
// is not 0, 1, 2 … in that order, each once, and one at a time.
func (e *Ears) Counted(t testing.TB, n int) []bot.Inbound {
	t.Helper()
	all := e.Wait(t, n)
	next := map[string]int{}
	for _, in := range all {
		if in.Message.Text != strconv.Itoa(next[in.Chat.Address]) {
			t.Fatalf("in %s %q was heard after %d", in.Chat.Address, in.Message.Text, next[in.Chat.Address]-1)
		}
		next[in.Chat.Address]++
	}
	if e.Beside() {
		t.Error("two things of one chat were handed over at the same time")
	}
	if len(all) != n {
		t.Errorf("%d things were said and %d heard", n, len(all))
	}
	return all
}

// Late is a Receiver that is made before the one it hands to, which must be there when
// something is heard.
type Late struct{ To Receiver }

// Receive hands on what a channel hands over.
func (l *Late) Receive(ctx context.Context, in bot.Inbound) (bot.Answer, error) {
	return l.To.Receive(ctx, in)
}
