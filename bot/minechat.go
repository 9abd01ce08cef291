package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"linli/flows"
	"linli/prompts"
	"linli/storage"
)

// The same in a private chat: 我的数据 shows what is held, with buttons to copy,
// correct, withdraw and delete it; 我的事 lists what is open.

// mineCommand answers "我的数据", and "我的数据 称呼 …", "我的数据 住处 …".
func (b *Bot) mineCommand(st *step, h *heard) error {
	if done, err := b.notForMine(st, h); done || err != nil {
		return err
	}
	if words := strings.Fields(h.Message.Text); len(words) > 1 {
		return b.correctBy(st, h, words[1], strings.Join(words[2:], " "))
	}
	m, err := b.mine(st.tx, h.person.ID)
	if err != nil {
		return err
	}
	vars := b.mineVars(m, h.person)
	vars["link"] = flows.Text(b.link("mine", h.person.ID, ""))
	return st.houseAsk(h, "me", "mine", vars,
		flows.Button{Words: "b-mine-copy", Choice: "copy"}, flows.Button{Words: "b-mine-fix", Choice: "fix"},
		flows.Button{Words: "b-mine-withdraw", Choice: "withdraw", Row: 1}, flows.Button{Words: "b-mine-erase", Choice: "erase", Row: 1})
}

// notForMine answers where nothing can be shown: before others, and to whom is
// not known.
func (b *Bot) notForMine(st *step, h *heard) (done bool, err error) {
	switch {
	case h.chat.Group:
		return true, st.houseSay(h, "mine-private", nil)
	case h.person.ID == "":
		return true, st.houseSay(h, "mine-nothing", nil)
	}
	if _, err := st.tx.Person(h.person.ID); errors.Is(err, storage.ErrNone) {
		return true, st.houseSay(h, "mine-nothing", nil) // a post that nobody has bound yet
	} else if err != nil {
		return true, err
	}
	going, err := isErasing(st.tx, h.person.ID)
	if err != nil || !going {
		return err != nil, err
	}
	return true, st.houseSay(h, "mine-erasing", nil)
}

// mineCases answers "我的事".
func (b *Bot) mineCases(st *step, h *heard) error {
	if done, err := b.notForMine(st, h); done || err != nil {
		return err
	}
	m, err := b.mine(st.tx, h.person.ID)
	if err != nil {
		return err
	}
	var lines []string
	for _, c := range m.Cases {
		if !c.Done {
			lines = append(lines, c.Line)
		}
	}
	if len(lines) == 0 {
		return st.houseSay(h, "mine-none", nil)
	}
	more := max(0, len(lines)-20)
	return st.houseShow(h, "mine-cases", flows.Vars{"lines": flows.Text(strings.Join(lines[:len(lines)-more], "\n")), "more": flows.Num(more)})
}

// houseShow shows somebody what is theirs, and keeps it off the lock screen where
// something of it is nobody else's business: phones are shared.
func (st *step) houseShow(h *heard, words string, vars flows.Vars) error {
	cases, err := st.tx.CasesWith(string(h.person.ID), everyCase)
	if err != nil {
		return err
	}
	covered := slices.ContainsFunc(cases, func(c flows.Case) bool { return st.b.dangerOf(c).Discreet() || c.Item == "6-5" })
	return st.send(nil, House, 0, flows.Say{Class: flows.Notice, Words: words, Vars: vars, Reply: true, Neutral: covered}, h.person, h.chat)
}

// correctBy takes a correction written as a command.
func (b *Bot) correctBy(st *step, h *heard, what, value string) error {
	var c Correction
	switch strings.ToLower(what) {
	case "称呼", "name":
		c.Name = &value
	case "住处", "home":
		// Not what was read of the message: that may come from the home held now.
		home := b.reader.Read(value, prompts.Context{At: st.at, Direct: true, Settings: st.s}).Place
		if slices.Contains([]string{"不留", "没有", "none"}, strings.ToLower(value)) {
			home = flows.Place{}
		} else if home.Building == "" {
			return st.houseSay(h, "mine-which", nil)
		}
		home.Spot = ""
		c.Home = &home
	default:
		return st.houseSay(h, "mine-how", nil)
	}
	err := st.correct(h.person.ID, c)
	switch {
	case errors.Is(err, ErrPost):
		return st.houseSay(h, "mine-post", nil)
	case errors.Is(err, ErrWhat):
		return st.houseSay(h, "mine-how", nil)
	case err != nil:
		return err
	}
	if h.person, err = st.tx.Person(h.person.ID); err != nil {
		return err
	}
	st.kept = true
	return st.houseSay(h, "mine-fixed", flows.Vars{"name": flows.Text(h.person.Name), "home": flows.Where(h.person.Home)})
}

// pressedMine takes the buttons of 我的数据.
func (b *Bot) pressedMine(st *step, h *heard, choice string) error {
	if done, err := b.notForMine(st, h); done || err != nil {
		return err
	}
	st.kept = true
	id := h.person.ID
	switch choice {
	case "copy":
		text, err := b.copyOf(st.tx, id)
		if err != nil {
			return err
		}
		return st.houseShow(h, "mine-copy", flows.Vars{"text": flows.Text(string(text))})
	case "fix":
		return st.houseSay(h, "mine-how", nil)
	case "withdraw":
		words, n, err := st.withdraw(id)
		if err != nil {
			return err
		}
		return st.houseSay(h, words, flows.Vars{"n": flows.Num(n)})
	case "erase":
		words := "mine-sure"
		if _, post := st.s.Official(id); post {
			words = "mine-sure-post"
		}
		return st.houseAsk(h, "me", words, nil, flows.Button{Words: "b-mine-yes", Choice: "yes"}, flows.Button{Words: "b-mine-no", Choice: "no"})
	case "no":
		return st.houseSay(h, "mine-stays", nil)
	case "yes":
		words := "mine-gone"
		cases, err := st.tx.CasesWith(string(id), everyCase)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(cases, b.urgent) {
			words = "mine-gone-later"
		}
		if err := st.eraseSoon(id, "asked"); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
		return st.houseSay(h, words, nil)
	}
	return st.brief(House, "button-unknown", nil)
}
