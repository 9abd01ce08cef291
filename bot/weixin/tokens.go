package weixin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/cache"

	"linli/bot"
)

// Shelf keeps tokens over a restart. What lies there lets anybody speak as the account.
type Shelf interface {
	// Load gives what was saved under the name, nothing where nothing was.
	Load(ctx context.Context, name string) ([]byte, error)
	// Save keeps a value; it is of no use after until. A nil value takes it away.
	Save(ctx context.Context, name string, value []byte, until time.Time) error
}

// Account is the prefix of the tokens of an account: who asks with another secret of the
// same corp is another account, and must never be given this one's token.
func Account(id string, secret bot.Secret) string {
	sum := sha256.Sum256([]byte("weixin token\x00" + id + "\x00" + string(secret)))
	return id + "-" + hex.EncodeToString(sum[:8])
}

// Tokens are the access tokens, and the tickets made with them, of one account: the cache of
// the library. There must be one for an account in the whole program, whoever else speaks
// for the account. An expired value is not served, one from before a restart is; a
// shelf that is broken costs one token at the next start, not one for each call.
type Tokens struct {
	Now func() time.Time // nil: time.Now
	Log *slog.Logger     // nil: nowhere

	shelf  Shelf
	prefix string

	write sync.Mutex // held while the shelf is asked
	mu    sync.Mutex
	held  map[string]entry // what the shelf holds, as far as it is known
	renewal
}

var _ cache.ContextCache = (*Tokens)(nil)

// entry is a value as it is kept. The empty one says that there is none.
type entry struct {
	Value string    `json:"v"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// NewTokens gives the tokens under a prefix that [Account] has made.
func NewTokens(s Shelf, prefix string) *Tokens {
	return &Tokens{shelf: s, prefix: prefix, held: map[string]entry{}}
}

func (t *Tokens) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

func (t *Tokens) warn(what string, err error) {
	if t.Log != nil {
		t.Log.Warn(what, "error", Clean(err))
	}
}

// isToken says that a key of the library is that of an access token, not of a ticket.
func isToken(key string) bool { return strings.Contains(key, "access_token") }

// Get implements cache.Cache. The value is a string, or nil.
func (t *Tokens) Get(key string) any { return t.GetContext(context.Background(), key) }

// GetContext implements cache.ContextCache.
func (t *Tokens) GetContext(ctx context.Context, key string) any {
	e := t.look(ctx, key)
	live := t.live(e)
	if isToken(key) {
		t.mu.Lock()
		t.sought(live)
		t.mu.Unlock()
	}
	if live {
		return e.Value
	}
	return nil
}

// live says that a value may be served.
func (t *Tokens) live(e entry) bool { return e.Value != "" && t.now().Before(e.Until) }

// look gives what is held under the key, from the shelf if it was not looked for before.
func (t *Tokens) look(ctx context.Context, key string) entry {
	t.mu.Lock()
	e, ok := t.held[key]
	t.mu.Unlock()
	if ok {
		return e
	}
	t.write.Lock()
	defer t.write.Unlock()
	t.mu.Lock()
	e, ok = t.held[key]
	t.mu.Unlock()
	if ok {
		return e
	}
	raw, err := t.shelf.Load(ctx, t.prefix+"/"+key)
	if err != nil {
		t.warn("a token could not be read from the store", err)
		return entry{}
	}
	if len(raw) > 0 && json.Unmarshal(raw, &e) != nil {
		e = entry{}
	}
	t.mu.Lock()
	t.held[key] = e
	t.mu.Unlock()
	return e
}

// Set implements cache.Cache. Only strings are kept.
func (t *Tokens) Set(key string, val any, timeout time.Duration) error {
	return t.SetContext(context.Background(), key, val, timeout)
}

// SetContext implements cache.ContextCache. That the store failed is no error: the library
// would throw the token away, which is good, and ask for another one.
func (t *Tokens) SetContext(ctx context.Context, key string, val any, timeout time.Duration) error {
	s, ok := val.(string)
	if !ok || s == "" {
		return errors.New("weixin: a token is a text")
	}
	now := t.now()
	// The library takes a reserve off the time it is told, and may have less than nothing left.
	t.put(ctx, key, entry{Value: s, From: now, Until: now.Add(max(timeout, time.Minute))})
	return nil
}

// IsExist implements cache.Cache.
func (t *Tokens) IsExist(key string) bool { return t.IsExistContext(context.Background(), key) }

// IsExistContext implements cache.ContextCache.
func (t *Tokens) IsExistContext(ctx context.Context, key string) bool {
	return t.live(t.look(ctx, key))
}

// Delete implements cache.Cache.
func (t *Tokens) Delete(key string) error { return t.DeleteContext(context.Background(), key) }

// DeleteContext implements cache.ContextCache.
func (t *Tokens) DeleteContext(ctx context.Context, key string) error {
	t.put(ctx, key, entry{})
	return nil
}

// put keeps a value at once here and then on the shelf.
func (t *Tokens) put(ctx context.Context, key string, e entry) {
	t.write.Lock()
	defer t.write.Unlock()
	t.mu.Lock()
	t.held[key] = e
	if isToken(key) && e.Value != "" {
		t.got()
	}
	t.mu.Unlock()
	t.save(ctx, key, e)
}

// save writes to the shelf; t.write is held.
func (t *Tokens) save(ctx context.Context, key string, e entry) {
	var raw []byte
	if e.Value != "" {
		raw, _ = json.Marshal(e)
	}
	// A token that the shelf does not learn of is lost at a restart, so that the one who
	// happens to have asked for it may not take it along.
	if err := t.shelf.Save(context.WithoutCancel(ctx), t.prefix+"/"+key, raw, e.Until); err != nil {
		t.warn("a token could not be written to the store", err)
	}
}

// Held says since when and until when the access token is good that the library uses, as far
// as this program has needed one. It asks for none.
func (t *Tokens) Held() (from, until time.Time, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.token()
	return e.From, e.Until, ok
}

// token is the live access token; t.mu is held.
func (t *Tokens) token() (entry, bool) {
	for key, e := range t.held {
		if isToken(key) && t.live(e) {
			return e, true
		}
	}
	return entry{}, false
}
