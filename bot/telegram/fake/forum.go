package fake

import (
	"fmt"
	"net/http"
	"strconv"
)

// Forums, albums and members.

// topic is a topic of a forum; its number is that of the message that opened it.
type topic struct {
	name   string
	closed bool
}

// Topic opens a topic in a group that is a Forum and gives its number.
func (g *Group) Topic(by *User, name string) int64 {
	s := g.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if !g.Forum {
		panic("fake: a group that is no forum has no topics")
	}
	if h := s.chats[g.ID]; len(h.messages) == 0 {
		h.add(s.Now()) // the first number is that of the General topic
	}
	id := int64(len(s.chats[g.ID].messages) + 1)
	if g.topics == nil {
		g.topics = map[int64]*topic{}
	}
	g.topics[id] = &topic{name: name}
	s.hear(by, g.ID, object{
		"forum_topic_created": object{"name": name, "icon_color": 7322096}, "message_thread_id": id, "is_topic_message": true,
	})
	return id
}

// CloseTopic lets only admins write in a topic; DropTopic takes it away with all
// that is in it.
func (g *Group) CloseTopic(id int64) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.topics[id].closed = true
}

func (g *Group) DropTopic(id int64) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	delete(g.topics, id)
	for _, m := range g.s.chats[g.ID].messages {
		m.Deleted = m.Deleted || m.Topic == id
	}
}

// In says it in a topic. Every such message answers, formally, the one that
// opened the topic, unless it answers another.
func In(id int64) Option {
	return func(s *Server, chat int64, o object) {
		if g := s.groups[chat]; g == nil || g.topics[id] == nil {
			panic(fmt.Sprintf("fake: chat %d has no topic %d", chat, id))
		}
		o["message_thread_id"], o["is_topic_message"] = id, true
		if o["reply_to_message"] == nil {
			o["reply_to_message"] = s.message(chat, s.chats[chat].find(id))
		}
	}
}

// place finds the topic a message of the bot goes to: the one named, or that
// of the message it answers.
func (s *Server) place(chat int64, p params, answers *Message) (int64, *refusal) {
	id := p.number("message_thread_id")
	if id == 0 && answers != nil && !answers.Deleted {
		id = answers.Topic
	}
	if id == 0 {
		return 0, nil
	}
	g := s.groups[chat]
	switch {
	case g == nil || g.topics[id] == nil:
		return 0, bad("message thread not found")
	case g.topics[id].closed && !g.Admin:
		return 0, bad("TOPIC_CLOSED")
	}
	return id, nil
}

// Album sends photos together: each is a message of its own, the text is the
// caption of the first.
func (s *Server) Album(u *User, chat int64, text string, photos [][]byte, more ...Option) []Said {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	group := strconv.FormatInt(13_000_000_000+s.serial, 10)
	var all []Said
	for _, data := range photos {
		o := object{"text": text, "media_group_id": group}
		Photo(data)(s, chat, o)
		for _, m := range more {
			m(s, chat, o)
		}
		all = append(all, s.hear(u, chat, o))
		text = ""
	}
	return all
}

// getChatMember knows the bot and who is known to the server.
func (s *Server) getChatMember(p params) (any, *refusal) {
	chat, no := s.reach(p)
	if no != nil {
		return nil, no
	}
	g := s.groups[chat]
	switch who := p.number("user_id"); {
	case who == s.BotID() && g != nil:
		return object{"status": g.status(), "user": s.me()}, nil
	case who == s.BotID():
		return object{"status": "member", "user": s.me()}, nil
	case s.users[who] != nil && !(g != nil && g.gone[who]):
		return object{"status": "member", "user": s.users[who].object()}, nil
	case s.users[who] != nil:
		return object{"status": "left", "user": s.users[who].object()}, nil
	}
	return nil, &refusal{code: http.StatusBadRequest, why: "Bad Request: member not found"}
}
