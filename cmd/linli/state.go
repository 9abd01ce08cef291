package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"linli/flows"
	"linli/storage"
)

// How an installation stands, for linli doctor and linli health.

// standing is what only who has the file open can say of an installation. It
// names groups, and no person.
type standing struct {
	Running bool          `json:"running"`
	Size    int64         `json:"size"`
	Free    int64         `json:"free"`
	Houses  []houseStands `json:"houses"`
}

type houseStands struct {
	ID       string            `json:"id"`
	Channels map[string]string `json:"channels"` // why each does not work, "" if it does
	Troubles int               `json:"troubles"`
	Overdue  time.Duration     `json:"overdue"`           // of the oldest row of the outbox
	Unmanned time.Time         `json:"unmanned,omitzero"` // the first half hour of the next day for which the roster has nobody
	Bound    int               `json:"bound"`             // people with a post who have an account
	People   int               `json:"people"`            // with a post
	Pending  int               `json:"pending"`           // differences between the directory's file and what is in force
	Groups   []groupStands     `json:"groups"`
	Sealed   string            `json:"sealed,omitempty"` // the last day of the journal that was sealed
	// Of WeChat: until when tokens that are kept are good, and when the customer service last
	// brought something.
	Tokens map[string]time.Time `json:"tokens,omitempty"`
	Synced time.Time            `json:"synced,omitzero"`
}

type groupStands struct {
	Name    string `json:"name"` // of the directory, or as the chat is called
	Address string `json:"address"`
	Deaf    bool   `json:"deaf"`
	Bound   bool   `json:"bound"`
}

// stateDeed answers linli doctor, as JSON.
func stateDeed(ctx context.Context, in *installation, _ []string, out io.Writer) error {
	s := standing{Running: in.ready.Load()}
	var err error
	if s.Size, s.Free, err = in.size(); err != nil {
		return err
	}
	for _, h := range in.houses {
		x, err := h.stands(ctx)
		if err != nil {
			return err
		}
		s.Houses = append(s.Houses, x)
	}
	return json.NewEncoder(out).Encode(s)
}

func (h *house) stands(ctx context.Context) (x houseStands, err error) {
	s := h.settings()
	x = houseStands{ID: h.id, Channels: h.channels(), People: len(s.People)}
	if _, x.Overdue, x.Troubles, err = h.waits(ctx); err != nil {
		return x, err
	}
	x.Unmanned = unmanned(s, h.now())
	if x.Tokens, x.Synced, err = h.weChatStands(ctx); err != nil {
		return x, err
	}
	if h.list != nil {
		lines, _, err := h.list.Pending(ctx)
		if err != nil {
			return x, err
		}
		x.Pending = len(lines)
	}
	err = h.store.View(ctx, func(tx storage.Tx) error {
		if d, err := tx.SealedDay(""); err == nil {
			x.Sealed = d.Date
		}
		for _, o := range s.People {
			if p, err := tx.Person(o.ID); err == nil && len(p.Addresses) > 0 {
				x.Bound++
			}
		}
		chats, err := tx.Chats()
		for _, c := range chats {
			if !c.Group || c.Left && c.Directory == "" { // one of the directory must be got back
				continue
			}
			g := groupStands{Name: c.Title, Address: c.Address, Deaf: c.Deaf, Bound: c.Directory != ""}
			if known, ok := s.Group(c.Directory); ok {
				g.Name = known.Name
			}
			x.Groups = append(x.Groups, g)
		}
		return err
	})
	return x, err
}

// unmanned gives the first half hour of the next 24 hours for which the roster
// has nobody who is there, zero if there is none.
func unmanned(s *flows.Settings, now time.Time) time.Time {
	onRoster := func(id flows.PersonID) bool {
		return slices.ContainsFunc(s.Roster, func(x flows.Shift) bool { return x.Person == id || slices.Contains(x.StandIns, id) })
	}
	for t := now.Truncate(30 * time.Minute); t.Before(now.Add(24 * time.Hour)); t = t.Add(30 * time.Minute) {
		if !slices.ContainsFunc(s.DutyLadder(t), onRoster) {
			return t
		}
	}
	return time.Time{}
}

// healthDeed is about the process that is asked.
func healthDeed(ctx context.Context, in *installation, _ []string, _ io.Writer) error {
	if !in.ready.Load() {
		return errors.New("not ready")
	}
	return in.answers(ctx)
}

// healthCommand is "linli health": no error if Linli runs and takes messages.
func healthCommand(ctx context.Context, args []string, stderr io.Writer) error {
	set, path := flags("health", stderr)
	if err := set.Parse(args); err != nil {
		return err
	}
	c, err := loadConfig(*path)
	if err != nil {
		return err
	}
	return ask(ctx, c.Data, "health", nil, io.Discard)
}
