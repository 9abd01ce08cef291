package fake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Poll is a poll below a message of the bot as it stands now.
type Poll struct {
	ID        string
	Question  string
	Options   []string
	Anonymous bool
	Multiple  bool // several options may be chosen
	Closed    bool
	Votes     map[int64][]int // by account
}

func (p *Poll) clone() *Poll {
	if p == nil {
		return nil
	}
	c := *p
	c.Options, c.Votes = slices.Clone(p.Options), map[int64][]int{}
	for who, what := range p.Votes {
		c.Votes[who] = slices.Clone(what)
	}
	return &c
}

// object is how the API shows a poll.
func (p *Poll) object() object {
	options := []object{}
	for i, o := range p.Options {
		n := 0
		for _, what := range p.Votes {
			if slices.Contains(what, i) {
				n++
			}
		}
		options = append(options, object{"text": o, "voter_count": n})
	}
	return object{
		"id": p.ID, "question": p.Question, "options": options, "total_voter_count": len(p.Votes), "is_closed": p.Closed,
		"is_anonymous": p.Anonymous, "type": "regular", "allows_multiple_answers": p.Multiple,
	}
}

// sendPoll sends a regular poll. Like Telegram it counts characters, not units; it
// refuses a poll of one option, which only servers of 2026 take.
func (s *Server) sendPoll(p params) (any, *refusal) {
	chat, m, no := s.compose(p, "", 4096)
	if no != nil {
		return nil, no
	}
	if kind := p.text["type"]; kind != "" && kind != "regular" {
		return nil, bad("unsupported poll type specified")
	}
	poll := &Poll{Question: strings.TrimSpace(p.text["question"]), Anonymous: true, Multiple: p.flag("allows_multiple_answers"), Votes: map[int64][]int{}}
	if p.text["is_anonymous"] != "" {
		poll.Anonymous = p.flag("is_anonymous")
	}
	var options []json.RawMessage
	if p.text["options"] == "" {
		return nil, bad("poll must have at least 2 option")
	}
	if err := json.Unmarshal([]byte(p.text["options"]), &options); err != nil {
		return nil, bad("can't parse options JSON object")
	}
	for _, raw := range options {
		var text string
		var o struct {
			Text *string `json:"text"`
		}
		if json.Unmarshal(raw, &text) != nil {
			if json.Unmarshal(raw, &o) != nil || o.Text == nil {
				return nil, bad("can't parse InputPollOption: Expected InputPollOption to be an Object")
			}
			text = *o.Text
		}
		poll.Options = append(poll.Options, strings.TrimSpace(text))
	}
	switch n := len(options); {
	case poll.Question == "":
		return nil, bad("text must be non-empty")
	case utf8.RuneCountInString(poll.Question) > 300:
		return nil, bad("poll question length must not exceed 300")
	case n < 2:
		return nil, bad("poll must have at least 2 option")
	case n > 12:
		return nil, bad("poll can't have more than 12 options")
	}
	for _, o := range poll.Options {
		if o == "" {
			return nil, bad("text must be non-empty")
		}
		if utf8.RuneCountInString(o) > 100 {
			return nil, bad("poll options length must not exceed 100")
		}
	}
	s.serial++
	poll.ID = "5" + strconv.FormatInt(s.serial, 10) // 64 bits, as a text
	m.Poll = poll
	if no := s.send(chat, m); no != nil {
		return nil, no
	}
	return s.message(chat, m), nil
}

func (s *Server) stopPoll(p params) (any, *refusal) {
	keys, no := buttons(p)
	if no != nil {
		return nil, no
	}
	chat, no := s.reach(p)
	if no != nil {
		return nil, no
	}
	m := s.chats[chat].find(p.number("message_id"))
	switch {
	case m == nil || m.Deleted:
		return nil, bad("message with poll to stop not found")
	case m.Poll == nil:
		return nil, bad("message is not a poll")
	case !m.Bot:
		return nil, bad("poll can't be stopped")
	case m.Poll.Closed:
		return nil, bad("poll has already been closed")
	}
	m.Poll.Closed, m.Buttons = true, keys
	return m.Poll.object(), nil
}

// Vote lets a person choose options in a poll, numbered from 0, in place of those
// they have chosen; with none they take their vote back. It gives the update, 0 if
// the bot is not told: what changes nothing is not, nor is who votes in an
// anonymous poll. What a client cannot do is an error.
func (s *Server) Vote(u *User, chat, message int64, options ...int) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vote(u.ID, chat, message, options, object{"user": u.object()})
}

// VoteAs votes as a channel or, with the group's own number, as an anonymous admin.
func (s *Server) VoteAs(as int64, title string, chat, message int64, options ...int) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := "channel"
	if as == chat {
		kind = "supergroup"
	}
	return s.vote(as, chat, message, options, object{
		"voter_chat": object{"id": as, "type": kind, "title": title},
		"user":       object{"id": 136817688, "is_bot": true, "first_name": "Channel", "username": "Channel_Bot"}, // as Telegram fills it for old bots
	})
}

func (s *Server) vote(who, chat, message int64, options []int, by object) (int64, error) {
	m := s.chats[chat].find(message)
	switch {
	case m == nil || m.Deleted || m.Poll == nil:
		return 0, fmt.Errorf("fake: no poll %d in chat %d", message, chat)
	case m.Poll.Closed:
		return 0, fmt.Errorf("fake: the poll has ended")
	case len(options) > 1 && !m.Poll.Multiple:
		return 0, fmt.Errorf("fake: only one option may be chosen")
	}
	for _, o := range options {
		if o < 0 || o >= len(m.Poll.Options) {
			return 0, fmt.Errorf("fake: the poll has no option %d", o)
		}
	}
	if slices.Equal(m.Poll.Votes[who], options) {
		return 0, nil
	}
	if m.Poll.Votes[who] = slices.Clone(options); len(options) == 0 {
		delete(m.Poll.Votes, who)
	}
	if m.Poll.Anonymous {
		return 0, nil
	}
	answer := object{"poll_id": m.Poll.ID, "option_ids": append([]int{}, options...)}
	for k, v := range by {
		answer[k] = v
	}
	// A queue of the poll's own: a vote can overtake what was said before it.
	return s.put("poll "+m.Poll.ID, "poll_answer", answer, day), nil
}
