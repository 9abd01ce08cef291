package kefu

import (
	"context"
	"net/http"
	"sync"
	"time"

	"linli/bot/weixin"
)

// ServeHTTP is the callback: it verifies, notes that there is something, and answers.
func (k *Kefu) ServeHTTP(w http.ResponseWriter, r *http.Request) { k.envelope.ServeHTTP(w, r) }

// called notes a callback. What is not of this account, or not of its conversations, is
// taken as well, or the platform would bring it again.
func (k *Kefu) called(_ context.Context, m *weixin.Message) ([]byte, error) {
	if m.Event != "kf_msg_or_event" || m.OpenKfID != "" && m.OpenKfID != k.options.Account {
		k.log.Debug("a callback is not for this account", "type", m.Type, "event", m.Event)
		return nil, nil
	}
	k.word.note(m.Token, m.Created, k.now())
	select {
	case k.wake <- struct{}{}:
	default: // the worker knows
	}
	return nil, nil
}

// wordLife is how long the platform takes the token of a callback, with a reserve.
const wordLife = 9 * time.Minute

// word is the token of the newest callback. Who asks with it may ask often.
type word struct {
	mu    sync.Mutex
	token string
	made  time.Time
}

func (w *word) note(token string, made, now time.Time) {
	if token == "" {
		return
	}
	if made.IsZero() || made.After(now) {
		made = now
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !made.Before(w.made) { // or it is one that was brought again
		w.token, w.made = token, made
	}
}

func (w *word) get(now time.Time) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.made) >= wordLife {
		return ""
	}
	return w.token
}

// drop forgets a token that the platform does not take.
func (w *word) drop(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.token == token {
		w.token = ""
	}
}
