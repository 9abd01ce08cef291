package bot

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// People and groups are bound to accounts by one-time codes, never by what
// they call themselves. Of a code only the hash is kept.
//
// Guessing is made useless in two ways. One address has five wrong tries in an
// hour. All addresses of a community together have a hundred; after that a short
// code is taken only from accounts that are bound to a post already. So that
// nobody can lock the committee out by guessing, what is too long to be guessed
// (the link of a login, and every code that is made while this lasts) opens
// its door at any time.

// CodeFor says what a code opens.
type CodeFor struct {
	// Kind is what it does. "person" binds an account to a post; "group" binds a
	// chat to a group; "join" lets a resident into a group of the web chat, and may
	// be used by many; "login" lets a person come to the desk; "self" makes another
	// account one of the same person; "home" is brought to a household on paper, makes
	// sure of who lives there, and may be used by all of them.
	Kind   string    `json:"kind"`
	Target string    `json:"target"` // id in the directory, for "self" of the person, for "home" building/unit/room
	Until  time.Time `json:"until"`
}

// codeLife is how long a code is good.
func codeLife(kind string) time.Duration {
	switch kind {
	case "login":
		return 10 * time.Minute
	case "self":
		return time.Hour
	case "home":
		return 60 * 24 * time.Hour // the letter has to be printed, brought and read
	}
	return 7 * 24 * time.Hour
}

// attempts counts wrong codes.
type attempts struct {
	n     int
	until time.Time
}

const (
	maxWrong = 5   // from one address in an hour
	maxAll   = 100 // from all of them together
	everyone = ""  // the name under which all are counted
)

// letters leaves out what is easily taken for another sign.
const letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

const (
	shortCode = 10 // letters that a person can type
	longCode  = 20 // that nobody can guess, though nobody counts the tries
	linkWord  = 40 // of a link, which nobody has to type
)

// NewCode makes a code. Only people who may invite should get one to hand out. One of
// the kind "home" is only for a household that the roster knows.
func (b *Bot) NewCode(ctx context.Context, kind, target string) (string, error) {
	if kind == "home" {
		home, ok := b.Settings().Household(homeAt(target))
		if !ok {
			return "", fmt.Errorf("the roster has no household %q", target)
		}
		target = homeTarget(home.Place())
	}
	var code string
	err := b.store.Update(ctx, func(tx storage.Tx) (err error) {
		code, err = b.newCode(tx, CodeFor{Kind: kind, Target: target, Until: b.clock().Add(codeLife(kind))})
		return err
	})
	return code, err
}

// newCode makes a code for people to type, in fives.
func (b *Bot) newCode(tx storage.Tx, f CodeFor) (string, error) {
	n := shortCode
	if f.Kind == "home" || b.besieged(b.clock()) {
		n = longCode // one of a home is in force for long, with hundreds of others
	}
	word, err := newWord(tx, n, f)
	if err != nil {
		return "", err
	}
	return inFives(word), nil
}

// inFives writes a code as people read it out.
func inFives(word string) string {
	var parts []string
	for part := range slices.Chunk([]byte(word), 5) {
		parts = append(parts, string(part))
	}
	return strings.Join(parts, "-")
}

// newWord makes a code of n letters.
func newWord(tx storage.Tx, n int, f CodeFor) (string, error) {
	word := make([]byte, 0, n)
	for raw := make([]byte, n); len(word) < n; {
		if _, err := rand.Read(raw); err != nil {
			return "", fmt.Errorf("code: %w", err)
		}
		for _, r := range raw {
			// What would make the first letters likelier than the last is left out.
			if int(r) < 256/len(letters)*len(letters) && len(word) < n {
				word = append(word, letters[int(r)%len(letters)])
			}
		}
	}
	return string(word), tx.PutKey(codeKey(string(word)), flows.Data(f))
}

// spelled is a code without what people put into it.
func spelled(code string) string {
	return strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(code), "-", ""))
}

func codeKey(code string) string {
	sum := sha256.Sum256([]byte("linli code " + spelled(code)))
	return "code/" + hex.EncodeToString(sum[:])
}

// ErrCode says that a code is not, or no longer, good.
var ErrCode = errors.New("this code is not valid")

// besieged says that codes are being guessed from many addresses.
func (b *Bot) besieged(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.wrong[everyone]
	return a.n >= maxAll && now.Before(a.until)
}

// guessed counts a wrong code; tried says whether an address may try at all.
func (b *Bot) guessed(address string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, who := range []string{address, everyone} {
		a := b.wrong[who]
		if !now.Before(a.until) {
			a = attempts{until: now.Add(time.Hour)}
		}
		a.n++
		b.wrong[who] = a
	}
}

func (b *Bot) tried(address string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.wrong[address]
	return a.n < maxWrong || !now.Before(a.until)
}

// takeCode looks a code up and uses it up. The address is that of the account,
// or names the visitor of a page.
func (b *Bot) takeCode(tx storage.Tx, code, address string, kinds ...string) (CodeFor, error) {
	now := b.clock()
	if !b.tried(address, now) {
		return CodeFor{}, ErrCode // and not counted: those who wait do not prolong what others wait for
	}
	if len(spelled(code)) < longCode && b.besieged(now) {
		p, err := tx.PersonAt(address)
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return CodeFor{}, err
		}
		if _, post := b.Settings().Official(p.ID); !post {
			return CodeFor{}, ErrCode
		}
	}
	raw, err := tx.Key(codeKey(code))
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return CodeFor{}, err
	}
	var f CodeFor
	if len(raw) == 0 || json.Unmarshal(raw, &f) != nil || now.After(f.Until) || !slices.Contains(kinds, f.Kind) {
		b.guessed(address, now)
		return CodeFor{}, ErrCode
	}
	if f.Kind == "home" {
		return f, nil // who has a good one of their own must not use it to begin counting anew
	}
	b.mu.Lock()
	delete(b.wrong, address)
	b.mu.Unlock()
	switch f.Kind {
	case "join":
		return f, nil
	case "login", "self":
		return f, voidCodes(tx, f.Kind, f.Target) // there may be two of one login, and a newer one replaces all
	}
	return f, tx.PutKey(codeKey(code), nil)
}

// voidCodes makes all codes of a kind for somebody worthless.
func voidCodes(tx storage.Tx, kind, target string) error {
	codes, err := tx.Keys("code/")
	if err != nil {
		return err
	}
	for name, raw := range codes {
		if f, err := decode[CodeFor](raw); err == nil && f.Kind == kind && f.Target == target {
			if err := tx.PutKey(name, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// seenCode makes a code that everybody in a group has seen worthless, unless it is
// for many.
func (b *Bot) seenCode(tx storage.Tx, code string) error {
	raw, err := tx.Key(codeKey(code))
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if f, err := decode[CodeFor](raw); err == nil && f.Kind == "join" {
		return nil
	}
	return tx.PutKey(codeKey(code), nil)
}

// giveCode makes a code for a person or a group that staff name. An invitation
// lets residents into a group of the web chat, many by the same code.
func (b *Bot) giveCode(st *step, h *heard, name string, invite bool) error {
	if !st.s.May(st.by, flows.Invite, flows.Everywhere) {
		return st.houseSay(h, "not-yours", nil)
	}
	var fit []CodeFor
	var names, which []string
	for _, o := range st.s.People {
		if !invite && (o.Name == name || string(o.ID) == name) {
			fit, names = append(fit, CodeFor{Kind: "person", Target: string(o.ID)}), append(names, o.Name)
			which = append(which, fmt.Sprintf("%s（%s）", o.ID, b.postsOf(st.lang(st.person), o)))
		}
	}
	for _, g := range st.s.Groups {
		if g.Name == name || g.ID == name {
			f := CodeFor{Kind: "group", Target: g.ID}
			if invite {
				f.Kind = "join"
			}
			fit, names = append(fit, f), append(names, g.Name)
			which = append(which, fmt.Sprintf("%s（%s）", g.ID, g.Name))
		}
	}
	if i := slices.IndexFunc(fit, func(f CodeFor) bool { return f.Target == name }); i >= 0 {
		fit, names = fit[i:i+1], names[i:i+1] // an id is nobody else's
	}
	switch len(fit) {
	case 0:
		return st.houseSay(h, "code-whom", flows.Vars{"name": flows.Text(name)})
	case 1:
	default:
		return st.houseSay(h, "code-which", flows.Vars{"name": flows.Text(name), "which": flows.Text(strings.Join(which, "、")), "id": flows.Text(fit[0].Target)})
	}
	f := fit[0]
	f.Until = st.at.Add(codeLife(f.Kind))
	code, err := b.newCode(st.tx, f)
	if err != nil {
		return err
	}
	return st.houseSay(h, "code-given-"+f.Kind, flows.Vars{"name": flows.Text(names[0]), "code": flows.Text(code), "until": flows.At(f.Until)})
}

// postsOf tells apart people of one name.
func (b *Bot) postsOf(lang string, o flows.Official) string {
	var out []string
	for _, p := range o.Posts {
		if name := p.Role.In(lang); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return strings.Join(out, "、")
}
