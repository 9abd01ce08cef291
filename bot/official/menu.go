package official

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/menu"

	"linli/bot"
	"linli/bot/weixin"
)

// MenuItem is an entry of the menu below the conversation: a word that it says, a page that
// it opens, or a list of up to five such.
type MenuItem struct {
	Name  string // up to 16 bytes, in a list up to 60
	Key   string // what it says, as if the person had written it
	URL   string
	Items []MenuItem
}

func checkMenu(items []MenuItem) error {
	if len(items) > 3 {
		return fmt.Errorf("official: a menu of %d entries, not 3", len(items))
	}
	for _, m := range items {
		if len(m.Items) > 5 {
			return fmt.Errorf("official: a list of %d entries in the menu, not 5", len(m.Items))
		}
		if err := m.check(16, true); err != nil {
			return err
		}
		for _, x := range m.Items {
			if err := x.check(60, false); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m MenuItem) check(name int, list bool) error {
	if m.Name == "" || len(m.Name) > name {
		return fmt.Errorf("official: a name of %d bytes in the menu, not 1 to %d", len(m.Name), name)
	}
	n := 0
	for _, is := range []bool{m.Key != "", m.URL != "", len(m.Items) > 0} {
		if is {
			n++
		}
	}
	switch {
	case n != 1, len(m.Items) > 0 && !list:
		return errors.New("official: an entry of the menu says a word, opens a page, or has entries below it")
	case len(m.Key) > 128, len(m.URL) > 1024:
		return errors.New("official: the word or the address of an entry of the menu is too long")
	}
	if _, ok := webAddress(m.URL); m.URL != "" && !ok {
		return errors.New("official: the address of an entry of the menu is none of the web")
	}
	return nil
}

// buttons is the menu as the platform writes it.
func buttons(items []MenuItem) (out []*menu.Button) {
	for _, m := range items {
		b := new(menu.Button)
		switch {
		case m.Key != "":
			b.SetClickButton(m.Name, m.Key)
		case m.URL != "":
			b.SetViewButton(m.Name, m.URL)
		default:
			b.SetSubButton(m.Name, buttons(m.Items))
		}
		out = append(out, b)
	}
	return out
}

// setMenu brings the menu to the platform unless it is there as it should be: how often an
// account may do so in a day is limited.
func (o *Official) setMenu(ctx context.Context) {
	want := buttons(o.options.Menu)
	for wait := time.Second; ; wait = min(2*wait, 10*time.Minute) {
		err := o.putMenu(ctx, want)
		var refused bot.Refused
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			return
		case errors.As(err, &refused):
			o.log.Error("the menu is not shown", "error", err)
			return
		}
		var halted bot.Halted
		if errors.As(err, &halted) {
			o.log.Error("the menu is not shown", "error", err, "fix", halted.Fix)
			wait = max(wait, 5*time.Minute)
		} else {
			o.log.Warn("the menu is not shown yet", "error", err)
		}
		if o.pause(ctx, wait/2+rand.N(wait/2+1)) != nil {
			return
		}
	}
}

func (o *Official) putMenu(ctx context.Context, want []*menu.Button) error {
	have, err := o.menu(ctx)
	if err != nil {
		return verdict(ctx, err)
	}
	if slices.EqualFunc(have, want, sameButton) {
		return nil
	}
	if err := o.post(ctx, "/cgi-bin/menu/create", map[string]any{"button": want}, nil); err != nil {
		return verdict(ctx, err)
	}
	o.log.Info("the menu was put up")
	return nil
}

// menu is the menu as the platform has it.
func (o *Official) menu(ctx context.Context) ([]*menu.Button, error) {
	var answer struct {
		Menu struct {
			Button []*menu.Button `json:"button"`
		} `json:"menu"`
	}
	err := o.get(ctx, "/cgi-bin/menu/get", url.Values{}, &answer)
	if weixin.Code(err) == codeNoMenu {
		return nil, nil
	}
	return answer.Menu.Button, err
}

func sameButton(a, b *menu.Button) bool {
	return a.Type == b.Type && a.Name == b.Name && a.Key == b.Key && a.URL == b.URL && slices.EqualFunc(a.SubButtons, b.SubButtons, sameButton)
}
