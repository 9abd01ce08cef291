package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/go-telegram/bot/models"

	"linli/bot"
)

type (
	membership struct {
		Chat *chat       `json:"chat"`
		From models.User `json:"from"`
		Date int64       `json:"date"`
		Old  member      `json:"old_chat_member"`
		New  member      `json:"new_chat_member"`
	}
	member struct {
		Status string      `json:"status"`
		In     bool        `json:"is_member"`
		User   models.User `json:"user"`
	}
)

// present says whether a member of any kind, also one we do not know, is in
// the chat.
func (m member) present() bool {
	switch m.Status {
	case "", "left", "kicked":
		return false
	case "restricted":
		return m.In
	}
	return true
}

func (m member) admin() bool { return m.Status == "administrator" || m.Status == "creator" }

// readMembership hears who came and went, and what became of Linli itself. Of
// other members Telegram tells a bot so only where it is an admin; elsewhere the
// messages in the group must do.
func (t *Telegram) readMembership(ctx context.Context, raw []byte, self bool, h *heard) error {
	var m membership
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	if m.Chat == nil {
		return errShape
	}
	in := &h.in
	in.Chat = m.Chat.peer()
	in.From = person(m.From)
	in.At = time.Unix(m.Date, 0)
	at := in.Chat.Address
	h.lane = at
	before, now := m.Old.present(), m.New.present()
	switch {
	case m.Chat.Type == "channel":
	case self && in.Chat.Group && before && now:
		in.Kind, in.Title, in.Admin, in.Reads = bot.Powers, in.Chat.Name, m.New.admin(), t.reads(ctx, m.New)
	case before == now:
	case self && !in.Chat.Group:
		in.Chat.Name, in.Chat.Lang = in.From.Name, in.From.Lang
		// Unblocking comes with a /start of its own.
		if !now {
			in.Kind = bot.Removed
		}
	case self && now:
		in.Kind, in.Title, in.Admin, in.Reads = bot.Joined, in.Chat.Name, m.New.admin(), t.reads(ctx, m.New)
		in.Keys = append(in.Keys, moment("j/"+at, m.Date)...)
	case self:
		in.Kind = bot.Removed
		in.Keys = append(in.Keys, moment("x/"+at, m.Date)...)
	case !now:
		in.Kind, in.From = bot.Left, person(m.New.User)
		in.Keys = append(in.Keys, moment("l/"+at+"/"+in.From.Address, m.Date)...)
	default:
		in.Kind, in.From = bot.Came, person(m.New.User)
		in.Keys = append(in.Keys, moment("k/"+at+"/"+in.From.Address, m.Date)...)
	}
	return nil
}

// reads says whether the bot, being such a member, hears everything in a group:
// as an admin, or because its privacy mode is off. Telegram fixes the latter for
// a group when the bot is added: a group it was in when the mode was switched
// goes on as before until it is taken out and added again, and no call
// tells that. The mode is asked for anew each time, because it may have been
// switched just for this.
func (t *Telegram) reads(ctx context.Context, m member) bool {
	if m.admin() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if _, all, err := t.Check(ctx); err == nil {
		return all
	}
	known := t.me.Load()
	return known != nil && known.reads
}

// askTimeout is for what is asked while updates wait behind the one that is read.
const askTimeout = 5 * time.Second

// powers asks what the bot is in a group it was just added to.
func (t *Telegram) powers(ctx context.Context, chat string) (reads, admin bool) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	reads, admin, err := t.Known(ctx, chat)
	if err == nil {
		return reads, admin
	}
	known := t.me.Load()
	return known != nil && known.reads, false
}

// Known asks Telegram what Linli is in a group: an admin, and whether it hears
// everything that is said there; see Check for when the latter may be
// untrue. An error Gone says that it is not in the group, Moved that the group
// has another address.
func (t *Telegram) Known(ctx context.Context, chat string) (reads, admin bool, err error) {
	id, err := strconv.ParseInt(chat, 10, 64)
	if err != nil {
		return false, false, bot.Refused{Why: "address is no chat of telegram"}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, all, err := t.Check(ctx)
	if err != nil {
		return false, false, err
	}
	answer, err := t.wire.call(ctx, "getChatMember", map[string]int64{"chat_id": id, "user_id": t.self})
	if err != nil {
		return false, false, t.verdict("getChatMember", err)
	}
	var m member
	if err := json.Unmarshal(answer, &m); err != nil {
		return false, false, errors.New("telegram: getChatMember: answer is no member")
	}
	if !m.present() {
		return false, false, bot.Gone{Why: "bot is not in the group"}
	}
	return all || m.admin(), m.admin(), nil
}

// migrated hears that a group has another number, told once in the old one and
// once in the new.
func (h *heard) migrated(from, to int64) {
	old, now := strconv.FormatInt(from, 10), strconv.FormatInt(to, 10)
	in := &h.in
	in.Kind, in.Chat.Address, in.Chat.Group, in.To = bot.Migrated, old, true, now
	in.Keys = append(in.Keys, "g/"+old+"/"+now)
}

// moment gives the keys under which one happening is known that Telegram
// tells twice, as a message in the chat and as a change of membership, not
// always in the same second.
func moment(what string, date int64) []string {
	return []string{what + "/" + strconv.FormatInt(date, 10), what + "/" + strconv.FormatInt(date-1, 10)}
}

func (t *Telegram) among(users []models.User) bool {
	for _, u := range users {
		if u.ID == t.self {
			return true
		}
	}
	return false
}
