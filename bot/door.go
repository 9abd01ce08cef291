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

// CodeFor says what a code opens.
type CodeFor struct {
	Kind   string    `json:"kind"`   // "person": binds an account to a post; "group": binds a chat to a group; "join": lets a resident into a group of the web chat, and may be used by many
	Target string    `json:"target"` // id in the directory
	Until  time.Time `json:"until"`
}

// codeLife is how long a code is good.
const codeLife = 7 * 24 * time.Hour

// attempts counts wrong codes from one address.
type attempts struct {
	n     int
	until time.Time
}

const maxWrong = 5 // in an hour

// letters leaves out what is easily taken for another sign.
const letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

// NewCode makes a code. Only people who may invite should get one to hand out.
func (b *Bot) NewCode(ctx context.Context, kind, target string) (string, error) {
	var code string
	err := b.store.Update(ctx, func(tx storage.Tx) (err error) {
		code, err = newCode(tx, CodeFor{Kind: kind, Target: target, Until: b.clock().Add(codeLife)})
		return err
	})
	return code, err
}

func newCode(tx storage.Tx, f CodeFor) (string, error) {
	var raw [10]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", fmt.Errorf("code: %w", err)
	}
	code := make([]byte, 0, 11)
	for i, r := range raw {
		if i == 5 {
			code = append(code, '-')
		}
		code = append(code, letters[int(r)%len(letters)])
	}
	return string(code), tx.PutKey(codeKey(string(code)), flows.Data(f))
}

func codeKey(code string) string {
	code = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(code), "-", ""))
	sum := sha256.Sum256([]byte("linli code " + code))
	return "code/" + hex.EncodeToString(sum[:])
}

// ErrCode says that a code is not, or no longer, good.
var ErrCode = errors.New("this code is not valid")

// takeCode looks a code up and uses it up.
func (b *Bot) takeCode(tx storage.Tx, code, address string, kinds ...string) (CodeFor, error) {
	now := b.clock()
	b.mu.Lock()
	a := b.wrong[address]
	if now.After(a.until) {
		a = attempts{until: now.Add(time.Hour)}
	}
	a.n++
	b.wrong[address] = a
	b.mu.Unlock()
	if a.n > maxWrong {
		return CodeFor{}, ErrCode
	}
	raw, err := tx.Key(codeKey(code))
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return CodeFor{}, err
	}
	var f CodeFor
	if len(raw) == 0 || json.Unmarshal(raw, &f) != nil || now.After(f.Until) || !slices.Contains(kinds, f.Kind) {
		return CodeFor{}, ErrCode
	}
	b.mu.Lock()
	delete(b.wrong, address)
	b.mu.Unlock()
	if f.Kind != "join" {
		err = tx.PutKey(codeKey(code), nil)
	}
	return f, err
}

// Enter lets the owner of an address (channel:rest) in by a code, and gives the
// ids of the groups in the directory that the person belongs to. It is the
// door of the web chat.
func (b *Bot) Enter(ctx context.Context, code, address, name string) (groups []string, err error) {
	s := b.Settings()
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		groups = nil
		f, err := b.takeCode(tx, code, address, "person", "join")
		if err != nil {
			return err
		}
		if f.Kind == "join" {
			groups = []string{f.Target}
			return nil // a resident becomes known when they agree to it
		}
		o, ok := s.Official(flows.PersonID(f.Target))
		if !ok {
			return ErrCode
		}
		if err := b.bind(tx, o, address); err != nil {
			return err
		}
		for _, g := range s.Groups {
			for _, p := range o.Posts {
				if s.Touches(p.Scope, g.Scope) {
					groups = append(groups, g.ID)
					break
				}
			}
		}
		return nil
	})
	return groups, err
}

// bind makes an address an account of a person with a post, and of nobody else.
func (b *Bot) bind(tx storage.Tx, o flows.Official, address string) error {
	if old, err := tx.PersonAt(address); err == nil && old.ID != o.ID {
		old.Addresses, old.Reach = without(old.Addresses, address), without(old.Reach, address)
		if err := tx.PutPerson(old); err != nil {
			return err
		}
	} else if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	p, err := b.official(tx, o)
	if err != nil {
		return err
	}
	p.Name = o.Name
	if !slices.Contains(p.Addresses, address) {
		p.Addresses = append(p.Addresses, address)
	}
	p.Reach = append([]string{address}, without(p.Reach, address)...)
	return tx.PutPerson(p)
}

// OpenGroup makes the chat at an address (channel:rest) the one of a group of
// the directory, for channels whose groups are made from it.
func (b *Bot) OpenGroup(ctx context.Context, address, group string) error {
	s := b.Settings()
	g, ok := s.Group(group)
	if !ok {
		return fmt.Errorf("the directory has no group %q", group)
	}
	return b.store.Update(ctx, func(tx storage.Tx) error {
		c, err := tx.ChatAt(address)
		if errors.Is(err, storage.ErrNone) {
			n, err2 := tx.Count("chat")
			if err2 != nil {
				return err2
			}
			c, err = flows.Chat{ID: flows.ChatID(fmt.Sprintf("g%d", n)), Address: address, Group: true}, nil
		}
		if err != nil {
			return err
		}
		c.Directory, c.Title, c.Scope, c.Lang = g.ID, g.Name, g.Scope, g.Lang
		return tx.PutChat(c)
	})
}

// Unbound gives the people who hold the role of staff if none of them has an
// account yet: on the first day somebody must be let in.
func (b *Bot) Unbound(ctx context.Context) (staff []flows.PersonID, err error) {
	err = b.store.View(ctx, func(tx storage.Tx) error {
		for _, r := range []flows.Role{flows.Staff, flows.Head, flows.Secretary} {
			for _, id := range b.Settings().With(r, flows.Everywhere) {
				if p, err := tx.Person(id); err == nil && len(p.Reach) > 0 {
					staff = nil
					return nil
				}
				staff = append(staff, id)
			}
		}
		return nil
	})
	return staff, err
}

// command answers what is said to Linli itself: /start, /help, /code, /invite, /lang, /trouble
// and their Chinese words. In a group only /help and a code for the group.
func (b *Bot) command(st *step, h *heard) (done bool, err error) {
	text := strings.TrimSpace(h.Message.Text)
	if h.Kind != Said || len(text) > 100 {
		return false, nil
	}
	word, rest, _ := strings.Cut(text, " ")
	word, _, _ = strings.Cut(word, "@")
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(word) {
	case "/start":
		if rest != "" {
			return true, b.startCode(st, h, rest)
		}
		return true, b.introduce(st, h)
	case "/help", "/intro", "介绍一下", "邻里介绍":
		return true, b.introduce(st, h)
	case "/code", "/invite":
		if h.chat.Group || rest == "" {
			return true, nil
		}
		return true, b.giveCode(st, h, rest, word == "/invite")
	case "/lang":
		return true, b.setLang(st, h, rest)
	case "/trouble", "没办成的":
		if h.chat.Group {
			return true, nil
		}
		return true, b.tellTroubles(st, h)
	}
	return strings.HasPrefix(text, "/") && len(text) < 40, nil
}

// setLang lets a person choose the language they are told in, and staff that of
// a group. Somebody who is not known yet is only answered in it.
func (b *Bot) setLang(st *step, h *heard, code string) error {
	lang := language(code)
	if lang == "" {
		return st.houseSay(h, "lang-which", nil)
	}
	switch {
	case h.chat.Group:
		if !st.s.May(st.by, flows.Invite, h.chat.Scope) || !h.known {
			return st.houseSay(h, "not-yours", nil)
		}
		h.chat.Lang = lang
		if err := st.tx.PutChat(h.chat); err != nil {
			return err
		}
	case h.person.ID == "":
		h.chat.Lang = lang
	default:
		h.person.Lang = lang
		if err := st.tx.PutPerson(h.person); err != nil {
			return err
		}
	}
	return st.houseSay(h, "lang-set", nil)
}

// houseSay tells the chat of a message something of the engine's own.
func (st *step) houseSay(h *heard, words string, vars flows.Vars) error {
	say := flows.Say{Class: flows.Notice, Words: words, Vars: vars, Reply: true}
	p := h.person
	if h.chat.Group {
		p = storage.Person{}
	}
	return st.send(nil, House, 0, say, p, h.chat)
}

func (b *Bot) startCode(st *step, h *heard, code string) error {
	kinds := []string{"person"}
	if h.chat.Group {
		kinds = []string{"group"}
	}
	f, err := b.takeCode(st.tx, code, h.who(), kinds...)
	if errors.Is(err, ErrCode) {
		return st.houseSay(h, "code-wrong", nil)
	}
	if err != nil {
		return err
	}
	if f.Kind == "group" {
		g, ok := st.s.Group(f.Target)
		if !ok {
			return st.houseSay(h, "code-wrong", nil)
		}
		if err := b.keepChat(st.tx, h); err != nil {
			return err
		}
		h.chat.Directory, h.chat.Title, h.chat.Scope, h.chat.Lang = g.ID, g.Name, g.Scope, g.Lang
		if err := st.tx.PutChat(h.chat); err != nil {
			return err
		}
		return st.houseSay(h, "code-group", flows.Vars{"group": flows.Text(g.Name)})
	}
	o, ok := st.s.Official(flows.PersonID(f.Target))
	if !ok {
		return st.houseSay(h, "code-wrong", nil)
	}
	if err := b.bind(st.tx, o, h.who()); err != nil {
		return err
	}
	if h.person, err = st.tx.Person(o.ID); err != nil {
		return err
	}
	return st.houseSay(h, "code-person", flows.Vars{"who": flows.Who(o.ID)})
}

// giveCode makes a code for a person or a group that staff name. An invitation
// lets residents into a group of the web chat, many by the same code.
func (b *Bot) giveCode(st *step, h *heard, name string, invite bool) error {
	if !st.s.May(st.by, flows.Invite, flows.Everywhere) {
		return st.houseSay(h, "not-yours", nil)
	}
	f := CodeFor{Until: st.at.Add(codeLife)}
	for _, o := range st.s.People {
		if !invite && (o.Name == name || string(o.ID) == name) {
			f.Kind, f.Target, name = "person", string(o.ID), o.Name
		}
	}
	for _, g := range st.s.Groups {
		if g.Name == name || g.ID == name {
			if f.Kind, f.Target, name = "group", g.ID, g.Name; invite {
				f.Kind = "join"
			}
		}
	}
	if f.Kind == "" {
		return st.houseSay(h, "code-whom", flows.Vars{"name": flows.Text(name)})
	}
	code, err := newCode(st.tx, f)
	if err != nil {
		return err
	}
	return st.houseSay(h, "code-given-"+f.Kind, flows.Vars{"name": flows.Text(name), "code": flows.Text(code), "until": flows.At(f.Until)})
}

// keepChat makes a group a row.
func (b *Bot) keepChat(tx storage.Tx, h *heard) error {
	if !h.chat.Group || h.known {
		return nil
	}
	n, err := tx.Count("chat")
	if err != nil {
		return err
	}
	h.chat.ID, h.known = flows.ChatID(fmt.Sprintf("g%d", n)), true
	return tx.PutChat(h.chat)
}

// introduce says in four lines what Linli reads, what it keeps, who sees it and
// how to refuse.
func (b *Bot) introduce(st *step, h *heard) error {
	if !h.chat.Group {
		return st.houseSay(h, "intro-private", nil)
	}
	if err := b.keepChat(st.tx, h); err != nil {
		return err
	}
	h.chat.Introduced, h.chat.Left = st.at, false
	if err := st.tx.PutChat(h.chat); err != nil {
		return err
	}
	st.chat = h.chat
	return st.houseSay(h, "intro-group", nil)
}

// joined answers that Linli was added to a group.
func (b *Bot) joined(st *step, h *heard) error {
	if !h.chat.Group {
		return nil
	}
	st.kept = true
	if h.known && !h.chat.Left && !h.chat.Introduced.IsZero() {
		return nil
	}
	if err := b.introduce(st, h); err != nil {
		return err
	}
	if h.chat.Directory != "" {
		return nil
	}
	return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work,
		Words: "group-new", Vars: flows.Vars{"group": flows.Text(h.chat.Title)}})
}

// removed notes that Linli was taken out of a group, or blocked by a person.
func (b *Bot) removed(st *step, h *heard) error {
	st.kept = true
	if h.chat.Group {
		if !h.known || h.chat.Left {
			return nil
		}
		h.chat.Left = true
		if err := st.tx.PutChat(h.chat); err != nil {
			return err
		}
		return st.say(nil, House, flows.Say{To: flows.To{Role: flows.Staff, Scope: flows.Everywhere}, Class: flows.Work,
			Words: "group-gone", Vars: flows.Vars{"group": flows.Text(h.chat.Title)}})
	}
	if h.person.ID == "" || !slices.Contains(h.person.Reach, h.who()) {
		return nil
	}
	h.person.Reach = without(h.person.Reach, h.who())
	return st.tx.PutPerson(h.person)
}

// left notes that a member has left a group: what they say elsewhere is not
// about what they said here.
func (b *Bot) left(st *step, h *heard) error {
	st.kept = true
	var rest []storage.Recent
	for _, r := range h.person.Recent {
		if r.Chat != h.chat.ID {
			rest = append(rest, r)
		}
	}
	if h.person.ID == "" || len(rest) == len(h.person.Recent) {
		return nil
	}
	h.person.Recent = rest
	return st.tx.PutPerson(h.person)
}
