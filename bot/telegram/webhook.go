package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"sync"
	"unicode/utf8"

	tg "github.com/go-telegram/bot"
)

const (
	secretHeader = "X-Telegram-Bot-Api-Secret-Token"
	// An update is never larger than a text of 4,096 units, what it answers, and
	// their buttons make it. What claims to be, is not read: by webhook it is
	// refused, in a batch it is Ignored.
	updateLimit = 1 << 20
)

func digest(s string) [32]byte { return sha256.Sum256([]byte(s)) }

// ServeHTTP takes one update of the webhook. It answers 200 only when the
// update was accepted; everything else makes Telegram send it again.
func (t *Telegram) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t.options.Mode != Webhook {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	// The digests have the same length whatever was sent.
	given := r.Header.Values(secretHeader)
	sum := digest("")
	if len(given) == 1 {
		sum = digest(given[0])
	}
	if subtle.ConstantTimeCompare(sum[:], t.hash[:]) != 1 {
		w.Header().Set("Connection", "close") // or the server would still read the body
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		w.Header().Set("Connection", "close")
		http.Error(w, "not JSON", http.StatusUnsupportedMediaType)
		return
	}
	if r.ContentLength > updateLimit {
		w.Header().Set("Connection", "close")
		http.Error(w, "update too large", http.StatusRequestEntityTooLarge)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, updateLimit))
	if err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			http.Error(w, "update too large", http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(w, "body broke off", http.StatusBadRequest)
		return
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		t.log.Warn("webhook body is no JSON", "bytes", len(body))
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	h, err := t.read(r.Context(), body)
	if err != nil {
		// It has the secret, so Telegram sent it, and would do so for a day.
		t.log.Error("update without an id is dropped")
		return
	}
	leave, err := t.lanes.enter(r.Context(), h.lane)
	if err != nil {
		http.Error(w, "not taken", http.StatusServiceUnavailable)
		return
	}
	defer leave()
	if err := t.receive(r.Context(), h); err != nil {
		t.log.Error("update was not taken", "update", h.id, "error", t.wire.clean(err))
		http.Error(w, "not taken", http.StatusServiceUnavailable)
	}
}

func (t *Telegram) setWebhook(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := t.calls.SetWebhook(ctx, &tg.SetWebhookParams{
		URL:            t.options.PublicURL,
		AllowedUpdates: allowed,
		SecretToken:    t.wire.secret,
	})
	return t.verdict("setWebhook", err)
}

// lanes lets those who enter under the same name through one by one, in the
// order they came.
type lanes struct {
	mu   sync.Mutex
	last map[string]chan struct{} // closed when the last one in the lane has left
}

func (l *lanes) enter(ctx context.Context, lane string) (func(), error) {
	mine := make(chan struct{})
	l.mu.Lock()
	if l.last == nil {
		l.last = map[string]chan struct{}{}
	}
	before := l.last[lane]
	l.last[lane] = mine
	l.mu.Unlock()

	leave := func() {
		l.mu.Lock()
		if l.last[lane] == mine {
			delete(l.last, lane)
		}
		l.mu.Unlock()
		close(mine)
	}
	if before == nil {
		return leave, nil
	}
	select {
	case <-before:
		return leave, nil
	case <-ctx.Done():
		// The one behind must still wait for the one in front.
		go func() {
			<-before
			leave()
		}()
		return nil, ctx.Err()
	}
}
