package bot

import (
	"slices"
	"strings"

	"linli/flows"
	"linli/storage"
)

// command answers what is said to Linli itself, by a word with "/" or by its
// Chinese name. In a group only the introduction, the language and a code for the
// group do anything: everything else is the business of one person, in private.
func (b *Bot) command(st *step, h *heard) (done bool, err error) {
	text := strings.TrimSpace(h.Message.Text)
	if h.Kind != Said || len(text) > 150 {
		return false, nil
	}
	word, rest, _ := strings.Cut(text, " ")
	word, _, _ = strings.Cut(word, "@")
	word, rest = strings.ToLower(word), strings.TrimSpace(rest)
	if code, ok := bare(text); ok {
		return b.bareCode(st, h, code)
	}
	switch word {
	case "/start":
		return true, b.start(st, h, rest)
	case "/poll":
		if rest != "" {
			return false, nil // it is said to the flows
		}
		if !h.chat.Group {
			return true, b.tellPoll(st, h)
		}
	case "/activities", "/likes", "/stop":
		if !h.chat.Group {
			return false, nil // it is said to the flows
		}
	case "/help", "/intro", "介绍一下", "邻里介绍":
		return true, b.introduce(st, h)
	case "/me", "/mydata", "我的数据", "/served", "志愿证明": // the page of one leads to the other
		return true, b.mineCommand(st, h)
	case "/mine":
		return true, b.mineCases(st, h)
	case "/lang":
		return true, b.setLang(st, h, rest)
	}
	if !h.chat.Group && !h.Message.Forwarded {
		if done, err := b.privateCommand(st, h, word, rest); done || err != nil {
			return done, err
		}
		if done, err := b.leaveCommand(st, h, text); done || err != nil {
			return done, err
		}
	}
	return strings.HasPrefix(text, "/") && len(text) < 40, nil
}

func (b *Bot) privateCommand(st *step, h *heard, word, rest string) (done bool, err error) {
	if rest != "" && !strings.HasPrefix(word, "/") {
		return false, nil // a sentence that begins like one of these
	}
	switch word {
	case "/code", "/invite":
		switch {
		case rest == "":
			return true, st.houseSay(h, "code-name", nil)
		case word == "/code" && slices.Contains([]string{"自己", "我", "me", "self"}, rest):
			return true, b.linkSelf(st, h)
		}
		return true, b.giveCode(st, h, rest, word == "/invite")
	case "我的事":
		return true, b.mineCases(st, h)
	case "/link", "绑定另一个账号":
		return true, b.linkSelf(st, h)
	case "/here", "以后发到这里":
		return true, b.hereFirst(st, h)
	case "/desk", "登录", "工作台":
		return true, b.tellDesk(st, h)
	case "/trouble", "没办成的":
		return true, b.tellTroubles(st, h)
	case "人工", "转人工", "找人工":
		if c, ok := b.channels[h.Channel]; ok && h.As == "" && c.Capabilities().Handover {
			return true, st.callHuman()
		}
	case "/groups", "哪些群":
		return true, b.tellGroups(st, h)
	}
	return false, nil
}

// tellPoll says how a poll is written, to who may send one and to who may ask for one.
func (b *Bot) tellPoll(st *step, h *heard) error {
	words := "poll-ask"
	if mayPoll(st.s, st.by) {
		words = "poll-how"
	}
	return st.houseSay(h, words, nil)
}

// mayPoll says whether somebody may send a poll anywhere.
func mayPoll(s *flows.Settings, a flows.Actor) bool {
	return slices.ContainsFunc(a.Posts, func(p flows.Post) bool { return s.May(a, flows.Poll, p.Scope) })
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
	return st.houseAsk(h, "", words, vars)
}

// houseAsk is houseSay with buttons of the engine's own, which come back as
// "~name/choice".
func (st *step) houseAsk(h *heard, name, words string, vars flows.Vars, buttons ...flows.Button) error {
	say := flows.Say{Class: flows.Notice, Words: words, Vars: vars, Reply: true, Buttons: buttons}
	p := h.person
	if h.chat.Group {
		p = storage.Person{}
	}
	if name == "" {
		return st.send(nil, House, 0, say, p, h.chat)
	}
	// The row belongs to no case; one that forgets only lends its name to the buttons.
	c := flows.Case{ID: flows.ID("~" + name), Summary: flows.Summary{Forget: true}}
	return st.send(&c, House, 0, say, p, h.chat)
}
