package telegram

import (
	"strconv"
	"strings"
	"sync"

	"linli/bot"
)

// The reference of a message is its number inside the chat, "31"; in a topic
// of a forum the number of the topic stands behind it, "31@5", so that what is
// said near it later lands in the same topic. The General topic has no number,
// neither here nor in the Bot API. Telegram numbers the messages of a chat
// through all its topics: what stands before the "@" alone says which message
// is meant, and a bare number is good for everything but finding the topic. Of a
// poll its id stands behind the number, "31!5123" or "31!5123@5", because that is
// all that is told of it when somebody votes.

func refOf(id, topic int64) string { return pollRef(id, "", topic) }

func pollRef(id int64, poll string, topic int64) string {
	ref := strconv.FormatInt(id, 10)
	if poll != "" {
		ref += "!" + poll
	}
	if topic != 0 {
		ref += "@" + strconv.FormatInt(topic, 10)
	}
	return ref
}

// parseRef takes a reference apart; ok is false if it is none of Telegram's.
func parseRef(ref string) (id, topic int, ok bool) {
	head, tail, in := strings.Cut(ref, "@")
	head, _, _ = strings.Cut(head, "!")
	id, err := strconv.Atoi(head)
	if err != nil || id <= 0 {
		return 0, 0, false
	}
	if in {
		// A broken topic costs the topic, not the message.
		topic, _ = strconv.Atoi(tail)
	}
	return id, max(topic, 0), true
}

// topicOf is the topic a message belongs in: that of what it answers, or of
// what it is to be near. 0 is the General topic, or a group without topics.
func topicOf(m bot.Message) int {
	for _, ref := range []string{m.Quote, m.Near} {
		if _, topic, ok := parseRef(ref); ok && topic != 0 {
			return topic
		}
	}
	return 0
}

// topics remembers the topic of the latest messages in topics. Telegram leaves
// it out where it tells of a reaction, and of a press below a message that is
// too old to be shown. It is lost with the process; then such a reference is a
// bare number.
type topics struct {
	mu       sync.Mutex
	now, old map[[2]int64]int64 // chat and message → topic
}

const topicsKept = 20_000

func (s *topics) note(chat, id, topic int64) {
	if topic == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || len(s.now) >= topicsKept/2 {
		s.old, s.now = s.now, map[[2]int64]int64{}
	}
	s.now[[2]int64{chat, id}] = topic
}

func (s *topics) of(chat, id int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]int64{chat, id}
	if topic, ok := s.now[key]; ok {
		return topic
	}
	return s.old[key]
}
