package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// What was said for a case, to whom, and how that ended: for the desk, and for
// whoever is asked later. It goes with the case, or earlier (Keep.Sent).

// sentRow is what is kept of one message of a case.
type sentRow struct {
	At      time.Time      `json:"at"`
	Flow    string         `json:"flow"`
	Words   string         `json:"words"`
	Vars    flows.Vars     `json:"vars,omitempty"`
	No      int            `json:"no,omitempty"`
	Person  flows.PersonID `json:"person,omitempty"`
	Chat    flows.ChatID   `json:"chat,omitempty"` // of a group
	Channel string         `json:"channel"`
	Outcome string         `json:"outcome"` // a flows.Outcome, or "unknown"
}

// noteSent keeps how a row of a case ended. Of a slot the last is kept, as its
// reader sees it.
func (b *Bot) noteSent(tx storage.Tx, j storage.Job, outcome string) error {
	row, err := decode[sendRow](j.Body)
	if err != nil || j.Case == "" || row.Say.Tidy || row.Say.React != "" {
		return nil
	}
	if row.Flow == flows.MenuFlow && row.Person != "" {
		return nil // what people have said of themselves is told to nobody else, nor that it was told
	}
	if _, err := tx.Case(j.Case); errors.Is(err, storage.ErrNone) {
		return nil // forgotten meanwhile
	} else if err != nil {
		return err
	}
	channel, _, _ := strings.Cut(row.Address, ":")
	sent := sentRow{At: b.clock(), Flow: row.Flow, Words: row.Say.Words, Vars: row.Say.Vars, No: row.No, Person: row.Person, Channel: channel, Outcome: outcome}
	if row.Say.Unkept {
		sent.Words, sent.Vars = "", nil
	}
	if !strings.HasPrefix(string(row.Chat), "~") {
		sent.Chat = row.Chat
	}
	name := fmt.Sprintf("%016x", j.ID)
	if row.Say.Slot != "" {
		name = "slot/" + row.Say.Slot + "/" + string(row.Person) + string(sent.Chat)
	}
	return tx.PutKey("case/"+string(j.Case)+"/sent/"+name, flows.Data(sent))
}

// Told is one message that was sent for a case, or could not be.
type Told struct {
	At      time.Time
	To      string // whom, as staff may read it: an official's name and post, the title of a group, or what part a resident has in the case
	Person  flows.PersonID
	Channel string
	Outcome string // a flows.Outcome, or "unknown"
	Text    string // as it read, in the community's language
}

// ToldOf gives what was sent for a case, oldest first. It is for people who may
// see the case.
func (b *Bot) ToldOf(ctx context.Context, id flows.ID) (list []Told, err error) {
	s := b.Settings()
	err = b.store.View(ctx, func(tx storage.Tx) error {
		rows, err := tx.Keys("case/" + string(id) + "/sent/")
		if err != nil {
			return err
		}
		list = make([]Told, 0, len(rows))
		for _, name := range slices.Sorted(maps.Keys(rows)) { // of one moment in the order they were asked for
			r, err := decode[sentRow](rows[name])
			if err != nil {
				continue
			}
			t := Told{At: r.At.In(s.Zone), Person: r.Person, Channel: r.Channel, Outcome: r.Outcome}
			if t.To, err = b.whom(tx, id, r, s); err != nil {
				return err
			}
			if t.Text, err = b.words(r.Flow).Render(s.Lang, r.Words, r.Vars, r.No, r.At, s); err != nil {
				t.Text = "" // words of an older version
			}
			list = append(list, t)
		}
		return nil
	})
	sort.SliceStable(list, func(i, j int) bool { return list[i].At.Before(list[j].At) })
	return list, err
}

// whom names the reader of a message for staff.
func (b *Bot) whom(tx storage.Tx, id flows.ID, r sentRow, s *flows.Settings) (string, error) {
	if r.Chat != "" {
		chat, err := tx.Chat(r.Chat)
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return "", err
		}
		return chat.Title, nil
	}
	if o, ok := s.Official(r.Person); ok {
		for _, p := range o.Posts {
			return o.Name + "（" + p.Role.In(s.Lang) + "）", nil
		}
		return o.Name, nil
	}
	words := "told-resident"
	if e, err := tx.Entry(id, string(r.Person)); err == nil && b.house.Has("told-"+e.Tag) {
		words = "told-" + e.Tag
	} else if err != nil && !errors.Is(err, storage.ErrNone) {
		return "", err
	}
	return b.house.Render(s.Lang, words, nil, 0, r.At, s)
}
