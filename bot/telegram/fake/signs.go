package fake

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Signs on messages, pins, the menu and links.

// emoji are those that may be put on a message, as the Bot API names them.
var emoji = strings.Fields("❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡")

type sign struct {
	Type  string `json:"type"`
	Emoji string `json:"emoji"`
}

func signsOf(list []string) []sign {
	out := []sign{}
	for _, e := range list {
		out = append(out, sign{"emoji", e})
	}
	return out
}

// allows says whether a sign may be put on messages of a chat.
func (s *Server) allows(chat int64, e string) bool {
	g := s.groups[chat]
	return slices.Contains(emoji, e) && (g == nil || g.Signs == nil || slices.Contains(g.Signs, e))
}

func (s *Server) setReaction(p params) (any, *refusal) {
	chat, no := s.reach(p)
	if no != nil {
		return nil, no
	}
	var list []sign
	if no := p.nested("reaction", &list); no != nil {
		return nil, no
	}
	m := s.chats[chat].find(p.number("message_id"))
	switch {
	case m == nil || m.Deleted:
		return nil, bad("message to react not found")
	case len(list) > 1:
		return nil, bad("REACTIONS_TOO_MANY")
	}
	m.Sign = ""
	for _, r := range list {
		if r.Type != "emoji" || !s.allows(chat, r.Emoji) {
			return nil, bad("REACTION_INVALID")
		}
		m.Sign = r.Emoji
	}
	return true, nil
}

// Sign is the sign that the bot has put on a message, "" if none.
func (s *Server) Sign(chat, message int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.chats[chat].find(message); m != nil {
		return m.Sign
	}
	return ""
}

// React puts a person's signs on a message in place of those that are there;
// with none it takes them off. The bot is told in private and where it is an
// admin; otherwise the update is 0.
func (s *Server) React(u *User, chat, message int64, signs ...string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.chats[chat].find(message)
	if m == nil || m.Deleted {
		panic("fake: no such message to react to")
	}
	for _, e := range signs {
		if !s.allows(chat, e) {
			panic("fake: " + e + " may not be put on a message here")
		}
	}
	if m.theirs == nil {
		m.theirs = map[int64][]string{}
	}
	old := m.theirs[u.ID]
	m.theirs[u.ID] = signs
	if g := s.groups[chat]; g != nil && (!g.in || !g.Admin) {
		return 0
	}
	return s.put(lane(chat), "message_reaction", object{
		"chat": s.chat(chat), "message_id": message, "user": u.object(), "date": s.Now().Unix(),
		"old_reaction": signsOf(old), "new_reaction": signsOf(signs),
	}, day)
}

func (s *Server) pin(p params) (any, *refusal) {
	chat, no := s.reach(p)
	if no != nil {
		return nil, no
	}
	m := s.chats[chat].find(p.number("message_id"))
	switch g := s.groups[chat]; {
	case g != nil && !g.Admin:
		return nil, bad("not enough rights to manage pinned messages in the chat")
	case m == nil || m.Deleted:
		return nil, bad("message to pin not found")
	}
	m.Pinned, m.PinLoud = true, !p.flag("disable_notification")
	return true, nil
}

// Command is a line of the bot's menu.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

var scopes = []string{"", "default", "all_private_chats", "all_group_chats", "all_chat_administrators"}

// menuKey names a menu by scope and language.
func menuKey(p params) (string, *refusal) {
	var scope struct {
		Type string `json:"type"`
	}
	if no := p.nested("scope", &scope); no != nil {
		return "", no
	}
	if !slices.Contains(scopes, scope.Type) {
		return "", bad("can't parse BotCommandScope: unsupported type specified")
	}
	if scope.Type == "" {
		scope.Type = "default"
	}
	lang := p.text["language_code"]
	if lang != "" && !regexp.MustCompile(`^[a-z]{2}$`).MatchString(lang) {
		return "", bad("invalid language code specified")
	}
	return scope.Type + "/" + lang, nil
}

func (s *Server) setCommands(p params) (any, *refusal) {
	key, no := menuKey(p)
	if no != nil {
		return nil, no
	}
	var list []Command
	if no := p.nested("commands", &list); no != nil {
		return nil, no
	}
	if len(list) > 100 {
		return nil, bad("BOT_COMMANDS_TOO_MUCH")
	}
	for _, c := range list {
		if c.Command == "" || len(c.Command) > 32 || strings.Trim(c.Command, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, bad("BOT_COMMAND_INVALID")
		}
		if c.Description == "" || units(c.Description) > 256 {
			return nil, bad("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	s.menus[key] = list
	return true, nil
}

// Menu is the list of commands for a scope ("all_private_chats", …) and a
// language ("" for all others).
func (s *Server) Menu(scope, lang string) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.menus[scope+"/"+lang])
}

// goodURL says whether a button may open an address.
func goodURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "tg":
		return u.Host != ""
	case "http", "https":
		host := u.Hostname()
		return net.ParseIP(host) != nil || strings.Contains(strings.Trim(host, "."), ".")
	}
	return false
}

var payload = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)

// Follow opens a t.me link of the bot and presses Start. It reports false for a
// link that is another's, or carries what Telegram does not pass on.
func (u *User) Follow(link string) (Said, bool) {
	l, err := url.Parse(link)
	if err != nil || l.Scheme != "https" || l.Host != "t.me" || strings.TrimPrefix(l.Path, "/") != u.s.Username {
		return Said{}, false
	}
	word := l.Query().Get("start")
	if word == "" || !payload.MatchString(word) {
		return Said{}, false
	}
	return u.Start(word), true
}

// Slow waits before it does what was asked.
func Slow(d time.Duration) Fault { return Fault{kind: "slow", slow: d} }
