package fake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// User is a person with an account. Their private chat with the bot has the
// number of the account.
type User struct {
	ID       int64
	First    string
	Last     string
	Username string
	Lang     string
	NoVoice  bool // takes no voice notes, as a setting of Telegram allows

	s       *Server
	started bool // has written to the bot, so that it may answer
	blocked bool
}

// Group is a group of people. The bot is a member unless it was kicked.
type Group struct {
	ID      int64
	Title   string
	Admin   bool     // the bot is an admin, and hears everything also in privacy mode
	Forum   bool     // it has topics
	Signs   []string // which may be put on messages; nil: all
	s       *Server
	in      bool
	kicked  bool
	movedTo int64
	topics  map[int64]*topic
	gone    map[int64]bool // who has left
}

// status is what the bot is in the group.
func (g *Group) status() string {
	switch {
	case g.kicked:
		return "kicked"
	case !g.in:
		return "left"
	case g.Admin:
		return "administrator"
	}
	return "member"
}

// Said names something that a person did: the update, 0 if the bot did not
// ask to hear of it, and the message.
type Said struct {
	Update  int64
	Message int64
}

// AddUser makes a person; the bot cannot write to them before they Start.
func (s *Server) AddUser(first string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	u := &User{ID: s.serial, First: first, Lang: "zh-hans", s: s}
	s.users[u.ID] = u
	s.chats[u.ID] = &history{}
	return u
}

// AddGroup makes a supergroup in which the bot is a plain member, without
// telling it; see [Group.Join].
func (s *Server) AddGroup(title string) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	g := &Group{ID: -1_000_000_000_000 - s.serial%1_000_000_000, Title: title, s: s, in: true}
	s.groups[g.ID] = g
	s.chats[g.ID] = &history{}
	return g
}

// Start presses Start, with the payload of a t.me/bot?start= link or without.
// Telegram passes on no payload but 64 letters, digits, "_" and "-".
func (u *User) Start(word string) Said {
	if !payload.MatchString(word) {
		panic("fake: no link carries such a payload")
	}
	return u.s.Say(u, u.ID, strings.TrimSpace("/start "+word))
}

// Block stops the bot, and Unblock allows it again.
func (u *User) Block() int64   { return u.block(true) }
func (u *User) Unblock() int64 { return u.block(false) }

func (u *User) block(block bool) int64 {
	s := u.s
	s.mu.Lock()
	defer s.mu.Unlock()
	u.blocked = block
	before, now := "member", "kicked"
	if !block {
		before, now = now, before
	}
	return s.put(lane(u.ID), "my_chat_member", s.membership(u.ID, u, s.me(), before, now), day)
}

// Join adds the bot to the group, by a person, as an admin if Admin is set:
// Telegram tells it as a change of membership and as a message in the group.
func (g *Group) Join(by *User) (Said, int64) {
	s := g.s
	s.mu.Lock()
	defer s.mu.Unlock()
	before := "left"
	if g.kicked {
		before = "kicked"
	}
	g.in, g.kicked = true, false
	change := s.put(lane(g.ID), "my_chat_member", s.membership(g.ID, by, s.me(), before, g.status()), day)
	said := s.hear(by, g.ID, object{"new_chat_members": []object{s.me()}})
	return said, change
}

// Kick takes the bot out of the group for good, Remove so that it may be added
// again; a bot that is not in a group can do nothing there.
func (g *Group) Kick(by *User) int64   { return g.out(by, true) }
func (g *Group) Remove(by *User) int64 { return g.out(by, false) }

func (g *Group) out(by *User, kicked bool) int64 {
	s := g.s
	s.mu.Lock()
	defer s.mu.Unlock()
	before := g.status()
	g.in, g.kicked, g.Admin = false, kicked, false
	return s.put(lane(g.ID), "my_chat_member", s.membership(g.ID, by, s.me(), before, g.status()), day)
}

// Promote makes the bot an admin, and Demote a plain member again.
func (g *Group) Promote(by *User) int64 { return g.promote(by, true) }
func (g *Group) Demote(by *User) int64  { return g.promote(by, false) }

func (g *Group) promote(by *User, admin bool) int64 {
	s := g.s
	s.mu.Lock()
	defer s.mu.Unlock()
	before := g.status()
	g.Admin = admin
	return s.put(lane(g.ID), "my_chat_member", s.membership(g.ID, by, s.me(), before, g.status()), day)
}

// Come lets people come in, told as one message and, if the bot is an admin and
// asks for chat_member, as a change of membership for each.
func (g *Group) Come(users ...*User) (Said, []int64) {
	s := g.s
	s.mu.Lock()
	defer s.mu.Unlock()
	var who []object
	for _, u := range users {
		who = append(who, u.object())
		delete(g.gone, u.ID)
	}
	said := s.hear(users[0], g.ID, object{"new_chat_members": who})
	var changes []int64
	for _, u := range users {
		changes = append(changes, s.change(g, u, "left", "member"))
	}
	return said, changes
}

// change tells an admin that a member changed.
func (s *Server) change(g *Group, u *User, before, now string) int64 {
	if !g.Admin || !g.in {
		return 0
	}
	return s.put(lane(g.ID), "chat_member", s.membership(g.ID, u, u.object(), before, now), day)
}

// Leave lets a person leave, told as a message and, if the bot is an admin and
// asks for chat_member, as a change of membership.
func (g *Group) Leave(u *User) (Said, int64) {
	s := g.s
	s.mu.Lock()
	defer s.mu.Unlock()
	said := s.hear(u, g.ID, object{"left_chat_member": u.object()})
	if g.gone == nil {
		g.gone = map[int64]bool{}
	}
	g.gone[u.ID] = true
	return said, s.change(g, u, "member", "left")
}

// Migrate gives the group a new number. The old one answers with it from now on.
func (g *Group) Migrate(by *User) *Group {
	next := g.s.AddGroup(g.Title)
	s := g.s
	s.mu.Lock()
	defer s.mu.Unlock()
	next.Admin = g.Admin
	s.hear(by, g.ID, object{"migrate_to_chat_id": next.ID})
	g.movedTo = next.ID
	s.hear(by, next.ID, object{"migrate_from_chat_id": g.ID})
	return next
}

// Say lets a person say something in a group or, with their own number, to
// the bot.
func (s *Server) Say(u *User, chat int64, text string, more ...Option) Said {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := object{"text": text}
	for _, m := range more {
		m(s, chat, o)
	}
	return s.hear(u, chat, o)
}

// hear keeps a person's message and queues it, if the bot may see it.
func (s *Server) hear(u *User, chat int64, o object) Said {
	h := s.chats[chat]
	if h == nil {
		panic(fmt.Sprintf("fake: nobody made the chat %d", chat))
	}
	if chat == u.ID {
		u.started = true
	}
	toBot, _ := o[answered].(bool)
	delete(o, answered)
	m := h.add(s.Now())
	m.From = u.ID
	m.Text, _ = o["text"].(string)
	if c, ok := o["caption"].(string); ok {
		m.Text, m.Caption = c, true
	}
	o["message_id"], o["date"], o["chat"] = m.ID, m.At.Unix(), s.chat(chat)
	if o["from"] == nil {
		o["from"] = u.object()
	}
	if in, _ := o["is_topic_message"].(bool); in {
		m.Topic, _ = o["message_thread_id"].(int64)
	}
	m.raw = o
	said := Said{Message: m.ID}
	if g := s.groups[chat]; g != nil {
		if !g.in || !service(o) && !s.ReadsAll && !g.Admin && !toBot && !strings.HasPrefix(m.Text, "/") {
			return said
		}
	}
	said.Update = s.put(lane(chat), "message", o, day)
	return said
}

// service says that a message is Telegram's own, which every bot hears.
func service(o object) bool {
	for _, field := range []string{"new_chat_members", "left_chat_member", "migrate_to_chat_id", "migrate_from_chat_id", "forum_topic_created"} {
		if o[field] != nil {
			return true
		}
	}
	return false
}

// Edit gives a message of a person new words.
func (s *Server) Edit(chat, message int64, text string) Said {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.chats[chat].find(message)
	if m == nil || m.Bot {
		panic(fmt.Sprintf("fake: no message %d of a person in chat %d", message, chat))
	}
	m.Edits = append(m.Edits, Edit{Text: m.Text})
	m.Text = text
	o := object{}
	for k, v := range m.raw {
		o[k] = v
	}
	field := "text"
	if m.Caption {
		field = "caption"
	}
	o[field], o["edit_date"] = text, s.Now().Unix()
	m.raw = o
	return Said{Message: m.ID, Update: s.put(lane(chat), "edited_message", o, day)}
}

// press is a callback query.
type press struct {
	at       time.Time
	answered bool
	toast    string
	alert    bool
}

// Press lets a person press the newest button in a chat that has this label or
// this data. It gives the id of the press, for Toast.
func (s *Server) Press(u *User, chat int64, button string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.chats[chat]
	if h == nil {
		return "", fmt.Errorf("fake: nobody made the chat %d", chat)
	}
	for _, m := range slices.Backward(h.messages) {
		for _, row := range m.Buttons {
			for _, b := range row {
				if !m.Deleted && b.URL == "" && (b.Label == button || b.Data == button) {
					return s.press(u, chat, m.ID, b.Data, s.message(chat, m)), nil
				}
			}
		}
	}
	return "", fmt.Errorf("fake: no message in chat %d has a button %q", chat, button)
}

// Forge presses a button that is not there: any data under any message.
func (s *Server) Forge(u *User, chat, message int64, data string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var shown object
	if m := s.chats[chat].find(message); m != nil {
		shown = s.message(chat, m)
	} else { // "inaccessible"
		shown = object{"message_id": message, "date": 0, "chat": s.chat(chat)}
	}
	return s.press(u, chat, message, data, shown)
}

func (s *Server) press(u *User, chat, message int64, data string, shown object) string {
	s.serial++
	id := "48" + strconv.FormatInt(s.serial, 10)
	s.presses[id] = &press{at: s.Now()}
	// A queue of the person's own: a press can overtake the message before it.
	s.put("press "+lane(u.ID), "callback_query", object{
		"id": id, "from": u.object(), "message": shown, "data": data, "chat_instance": lane(chat),
	}, pressKept)
	return id
}

// Toast is the notice that answered a press, and whether there was any answer.
func (s *Server) Toast(press string) (text string, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.presses[press]
	if p == nil {
		return "", false
	}
	return p.toast, p.answered
}

// Sent are the bot's messages in a chat, as they read now, oldest first.
func (s *Server) Sent(chat int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sent []Message
	if h := s.chats[chat]; h != nil {
		for _, m := range h.messages {
			if m.Bot {
				sent = append(sent, m.clone())
			}
		}
	}
	return sent
}

// SentCount is how many messages the bot has sent in a chat, edits not counted.
func (s *Server) SentCount(chat int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.chats[chat]; h != nil {
		return h.sent
	}
	return 0
}

func lane(chat int64) string { return strconv.FormatInt(chat, 10) }

func (u *User) object() object {
	o := object{"id": u.ID, "is_bot": false, "first_name": u.First}
	for k, v := range map[string]string{"last_name": u.Last, "username": u.Username, "language_code": u.Lang} {
		if v != "" {
			o[k] = v
		}
	}
	return o
}

func (s *Server) me() object {
	return object{"id": s.BotID(), "is_bot": true, "first_name": "Linli", "username": s.Username}
}

func (s *Server) chat(id int64) object {
	if g := s.groups[id]; g != nil {
		o := object{"id": id, "type": "supergroup", "title": g.Title}
		if g.Forum {
			o["is_forum"] = true
		}
		return o
	}
	o := object{"id": id, "type": "private"}
	if u := s.users[id]; u != nil {
		o["first_name"] = u.First
	}
	return o
}

func (s *Server) membership(chat int64, by *User, who object, before, now string) object {
	member := func(status string) object {
		m := object{"status": status, "user": who}
		if status == "kicked" {
			m["until_date"] = 0
		}
		return m
	}
	return object{"chat": s.chat(chat), "from": by.object(), "date": s.Now().Unix(),
		"old_chat_member": member(before), "new_chat_member": member(now)}
}
