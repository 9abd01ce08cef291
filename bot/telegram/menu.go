package telegram

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"linli/bot"
)

// What leads people to Linli: the menu of commands, and links.

// plainLang is the language of those for whom there is no other: in the menu
// it stands without a language code.
const plainLang = "zh-CN"

var (
	commandForm = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	wordForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	langForm    = regexp.MustCompile(`^[a-z]{2}$`)
)

func (c Command) check() error {
	if !commandForm.MatchString(c.Word) {
		return fmt.Errorf("telegram: command %q is not of 1 to 32 small Latin letters, digits or _", c.Word)
	}
	if c.Text[plainLang] == "" {
		return fmt.Errorf("telegram: command %q has no text in %s", c.Word, plainLang)
	}
	for lang, text := range c.Text {
		if n := bot.UTF16.Len(text); n == 0 || n > 256 {
			return fmt.Errorf("telegram: command %q in %s has %d letters, not 1 to 256", c.Word, lang, n)
		}
		if lang != plainLang && !langForm.MatchString(lang) {
			return fmt.Errorf("telegram: language %q of command %q is not of two letters", lang, c.Word)
		}
	}
	return nil
}

// setMenu shows the commands beside the input. A menu that Telegram refuses
// costs nothing but the menu.
func (t *Telegram) setMenu(ctx context.Context) {
	langs := map[string]bool{}
	for _, c := range t.options.Commands {
		for lang := range c.Text {
			langs[lang] = true
		}
	}
	for _, in := range []struct {
		scope models.BotCommandScope
		group bool
	}{
		{&models.BotCommandScopeAllPrivateChats{}, false},
		{&models.BotCommandScopeAllGroupChats{}, true},
	} {
		for _, lang := range slices.Sorted(maps.Keys(langs)) {
			var list []models.BotCommand
			for _, c := range t.options.Commands {
				if in.group && !c.Group {
					continue
				}
				text := c.Text[lang]
				if text == "" {
					text = c.Text[plainLang]
				}
				list = append(list, models.BotCommand{Command: c.Word, Description: text})
			}
			if len(list) == 0 {
				continue
			}
			p := &tg.SetMyCommandsParams{Commands: list, Scope: in.scope, LanguageCode: strings.TrimPrefix(lang, plainLang)}
			err := t.persist(ctx, "setMyCommands", func() error {
				ctx, cancel := context.WithTimeout(ctx, callTimeout)
				defer cancel()
				_, err := t.calls.SetMyCommands(ctx, p)
				return t.verdict("setMyCommands", err)
			})
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				t.log.Warn("the menu of commands is not shown", "error", err)
				return
			}
		}
	}
}

// Link is the address under which a person's Telegram opens the private chat
// with Linli; pressing Start there says "/start word". It is empty for what
// is no word (1 to 64 of A-Z a-z 0-9 _ -), and until Run has learnt the bot's name.
func (t *Telegram) Link(word string) string { return t.link("start", word) }

// GroupLink is the address under which somebody chooses a group to add Linli
// to, as an admin that may pin messages and no more: so it hears everything there.
// The word is said in the group as "/start word". Empty as for Link.
func (t *Telegram) GroupLink(word string) string {
	link := t.link("startgroup", word)
	if link != "" {
		link += "&admin=pin_messages"
	}
	return link
}

func (t *Telegram) link(what, word string) string {
	me := t.me.Load()
	if me == nil || me.name == "" || !wordForm.MatchString(word) {
		return ""
	}
	return "https://t.me/" + me.name + "?" + what + "=" + word
}
