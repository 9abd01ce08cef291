package bot

import (
	"errors"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// Scenes: a code on a staircase or a link in a group says which building or group it was
// made for. Whoever comes by it is asked nothing about that again; it proves nothing of them.

// SceneBuilding and SceneGroup write what a code or a link says about where it was put up.
func SceneBuilding(id string) string { return "b-" + id }
func SceneGroup(id string) string    { return "g-" + id }

// SceneOf reads it: the building's place, or the group; ok says that the directory has it.
func SceneOf(s *flows.Settings, scene string) (place flows.Place, group flows.Group, ok bool) {
	if id, found := strings.CutPrefix(scene, "b-"); found {
		if _, ok = s.Building(id); ok {
			return flows.Place{Building: id}, group, true
		}
	}
	if id, found := strings.CutPrefix(scene, "g-"); found {
		group, ok = s.Group(id)
	}
	return place, group, ok
}

// came is the scene by which somebody came, as it is kept for their address.
type came struct {
	Scene   string    `json:"scene,omitempty"`
	At      time.Time `json:"at"`
	Greeted time.Time `json:"greeted,omitzero"`
}

const (
	sceneFor   = 90 * 24 * time.Hour // how long it is known by which code somebody came whom we know
	strangeFor = 48 * time.Hour      // and of somebody else
	greetedIn  = 24 * time.Hour      // nobody is greeted more often
)

func sceneKey(address string) string { return "scene/" + address }

func cameBy(tx storage.Tx, address string) (c came, err error) {
	raw, err := tx.Key(sceneKey(address))
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	c, err = decode[came](raw)
	if err != nil {
		return came{}, nil
	}
	return c, nil
}

// entered greets who comes to the private conversation, by a code or without one.
func (b *Bot) entered(st *step, h *heard) error {
	if h.chat.Group || !h.From.Person {
		return nil
	}
	c, err := cameBy(st.tx, h.chat.Address)
	if err != nil {
		return err
	}
	place, group, ok := SceneOf(st.s, h.Scene)
	fresh := ok && h.Scene != c.Scene
	if ok {
		c.Scene = h.Scene
	}
	c.At = st.at
	open, err := windowsOf(st.tx, h.chat.Address, st.at)
	if err != nil {
		return err
	}
	greet := st.at.Sub(c.Greeted) >= greetedIn || fresh
	if ch, ok := b.channels[h.Channel]; ok && ch.Capabilities().PushWindow > 0 && total(open) == 0 {
		greet = false // it could not leave
	}
	first := c.Greeted.IsZero()
	if greet {
		c.Greeted = st.at
	}
	st.kept = true
	if err := st.tx.PutKey(sceneKey(h.chat.Address), flows.Data(c)); err != nil || !greet {
		return err
	}
	vars := st.b.away.vars()
	switch {
	case group.ID != "":
		vars["group"] = flows.Text(group.Name)
	case ok:
		vars["place"] = flows.Where(place)
	}
	if first && h.person.ID == "" {
		return st.houseSay(h, "intro-private", vars)
	}
	return st.houseSay(h, "entered", vars)
}

// where is the place that a private conversation is about when nobody says another.
func (h *heard) where() flows.Place {
	if h.Kind == Said && h.Scene != "" { // they stand before the code, or have its form before them
		place, group, _ := SceneOf(h.settings, h.Scene)
		if place.Building == "" {
			place.Building = group.Scope.Building
		}
		if place.Building != "" && place.Building != h.person.Home.Building {
			return place
		}
	}
	if h.person.Home != (flows.Place{}) {
		return h.person.Home
	}
	place, _, _ := SceneOf(h.settings, h.came)
	return place
}

// sweepScenes deletes those that are old.
func sweepScenes(tx storage.Tx, now time.Time) error {
	all, err := tx.Keys("scene/")
	if err != nil {
		return err
	}
	for name, raw := range all {
		keep := sceneFor
		if _, err := tx.PersonAt(strings.TrimPrefix(name, "scene/")); errors.Is(err, storage.ErrNone) {
			keep = strangeFor
		}
		if c, err := decode[came](raw); err == nil && now.Sub(c.At) < keep {
			continue
		}
		if err := tx.PutKey(name, nil); err != nil {
			return err
		}
	}
	return nil
}
