package dialogue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/bot"
	"linli/storage"
)

// lane is a second platform of the stage, as those of WeChat are: private chats only, where
// Linli may write to somebody five times in the 48 hours after they have spoken, and else only
// by a form. It is as strict as they are.
type lane struct {
	w       *World
	only    map[string]bool // by address: who is nowhere else
	also    map[string]bool // who is on both
	open    map[string]window
	forms   bool // there is an approved form
	buttons int
}

type window struct {
	until time.Time
	left  int
}

const (
	laneName   = "wx"
	laneFor    = 48 * time.Hour
	laneWrites = 5
)

func newLane(w *World) *lane {
	return &lane{w: w, only: map[string]bool{}, also: map[string]bool{}, open: map[string]window{}, forms: true, buttons: 10}
}

func (l *lane) Name() string { return laneName }

func (l *lane) Capabilities() bot.Capabilities {
	return bot.Capabilities{PushWindow: laneFor, Buttons: l.buttons, Toastless: true, DataBytes: 64, Text: 2000, Unit: bot.Bytes, Photos: true}
}

// Send shows a message, if the window is open.
func (l *lane) Send(_ context.Context, address string, m bot.Message) (string, error) {
	name, ok := l.w.people[address]
	if !ok {
		return "", bot.Gone{Why: "nobody here has this address"}
	}
	o := l.open[address]
	if !l.w.now.Before(o.until) || o.left == 0 {
		return "", bot.Closed{Why: "outside of the window"}
	}
	o.left -= 1 + len(m.Photos)
	l.open[address] = o
	t := Told{Name: name, Text: m.Text}
	if len(m.Photos) > 0 {
		t.Text += fmt.Sprintf("（附照片%d张）", len(m.Photos))
	}
	labels, flat, err := l.w.flat(m)
	if err != nil {
		return "", err
	}
	if c := l.Capabilities(); c.Unit.Len(m.Text) > c.Text || len(flat) > c.Buttons || m.Edit != "" || m.Poll != nil {
		return "", bot.Refused{Why: "the message is not one for this platform"}
	}
	t.Labels = labels
	l.w.given = append(l.w.given, post{text: m.Text, buttons: flat})
	l.w.n++
	p := post{ref: strconv.Itoa(l.w.n), text: m.Text, buttons: flat}
	l.w.posts[address] = append(l.w.posts[address], p)
	l.w.out = append(l.w.out, t)
	return p.ref, nil
}

// Knock shows a form. The same one is shown once.
func (l *lane) Knock(_ context.Context, address string, f bot.Form) (string, error) {
	name, ok := l.w.people[address]
	if !ok || !l.forms {
		return "", bot.Closed{Why: "there is no form"}
	}
	ref := "form-" + f.Key
	for _, p := range l.w.posts[address] {
		if p.ref == ref {
			return ref, nil
		}
	}
	l.w.posts[address] = append(l.w.posts[address], post{ref: ref, text: f.What})
	l.w.out = append(l.w.out, Told{Name: name, Mode: "模板", Text: strings.TrimSpace(f.No + " " + f.What)})
	return ref, nil
}

// Fetch is that of the stage.
func (l *lane) Fetch(ctx context.Context, remote string, limit int64) ([]byte, error) {
	return l.w.Fetch(ctx, remote, limit)
}

// by says on which platform somebody speaks.
func (w *World) by(from, chat bot.Peer, lane bool) string {
	if !chat.Group && (w.lane.only[from.Address] || lane && w.lane.also[from.Address]) {
		return laneName
	}
	return "play"
}

// opens lets Linli write to who has just spoken.
func (l *lane) opens(in *bot.Inbound) {
	in.Window = bot.Window{Kind: "said", For: laneFor, Messages: laneWrites}
	l.open[in.From.Address] = window{until: l.w.now.Add(laneFor), left: laneWrites}
}

// Scan lets somebody come by the code of a building or a group.
func (w *World) Scan(ctx context.Context, who, place string) error {
	from, chat, err := w.peers(who, "")
	if err != nil {
		return err
	}
	if w.by(from, chat, true) != laneName {
		return fmt.Errorf("%s is not there: = 微信 %s", who, who)
	}
	scene := ""
	for _, b := range w.settings.Buildings {
		if b.Name == place {
			scene = bot.SceneBuilding(b.ID)
		}
	}
	for _, g := range w.settings.Groups {
		if g.Name == place {
			scene = bot.SceneGroup(g.ID)
		}
	}
	if scene == "" {
		return fmt.Errorf("the directory has no %q", place)
	}
	w.n++
	return w.receive(ctx, bot.Inbound{Channel: laneName, Kind: bot.Entered, Keys: []string{fmt.Sprintf("scan/%d", w.n)}, From: from, Chat: chat, Scene: scene})
}

// setLane changes what stands in the settings of a play about the second platform.
func (w *World) setLane(ctx context.Context, setting string) (done bool, err error) {
	what, name, _ := strings.Cut(setting, " ")
	switch what {
	case "微信没有按钮":
		w.lane.buttons = 0
		return true, nil
	case "没有模板":
		w.lane.forms = false
		return true, nil
	case "微信", "也用微信":
	default:
		return false, nil
	}
	a, err := w.address(name)
	if err != nil {
		return true, err
	}
	w.lane.only[a], w.lane.also[a] = what == "微信", true
	return true, w.again(func() error {
		return w.o.Store.Update(ctx, func(tx storage.Tx) error {
			p, err := tx.PersonAt("play:" + a)
			if errors.Is(err, storage.ErrNone) {
				return nil // they are known when they have agreed to it
			}
			if err != nil {
				return err
			}
			here := laneName + ":" + a
			p.Addresses = append(slices.DeleteFunc(p.Addresses, func(x string) bool { return x == "play:"+a && what == "微信" }), here)
			p.Reach = append([]string{here}, slices.DeleteFunc(p.Reach, func(x string) bool { return x == "play:"+a && what == "微信" })...)
			return tx.PutPerson(p)
		})
	})
}

var _ bot.Outsider = (*lane)(nil)
