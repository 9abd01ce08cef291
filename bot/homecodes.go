package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"linli/flows"
	"linli/storage"
)

// A letter with a code is brought to a household on paper. Who enters the code lives
// there, as far as a letter box can say so; nothing else is asked of them.

// homeTarget writes a household as codes name it: "3/1/501".
func homeTarget(p flows.Place) string { return p.Building + "/" + p.Unit + "/" + p.Room }

// homeAt reads it back; a zero place if it is none.
func homeAt(target string) flows.Place {
	part := strings.Split(target, "/")
	if len(part) != 3 {
		return flows.Place{}
	}
	return flows.Place{Building: part[0], Unit: part[1], Room: part[2]}
}

// codesAtOnce is how many codes are made in one transaction.
const codesAtOnce = 500

// HomeCodes makes a code for each household of a scope that is known one by one: by
// the roster, or by the floors and doors of its building. It is for printing the
// letters; codes made earlier stay valid.
func (b *Bot) HomeCodes(ctx context.Context, scope flows.Scope) (map[flows.Place]string, error) {
	codes := map[flows.Place]string{}
	until := b.clock().Add(codeLife("home"))
	for some := range slices.Chunk(homesIn(b.Settings(), scope), codesAtOnce) {
		err := b.store.Update(ctx, func(tx storage.Tx) error {
			for _, p := range some {
				code, err := b.newCode(tx, CodeFor{Kind: "home", Target: homeTarget(p), Until: until})
				if err != nil {
					return err
				}
				codes[p] = code
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("codes of households: %w", err)
		}
	}
	return codes, nil
}

// homesIn lists the households of a scope that are known one by one.
func homesIn(s *flows.Settings, scope flows.Scope) (list []flows.Place) {
	listed := map[string]bool{}
	for _, h := range s.Households {
		listed[h.Building] = true
		if s.Contains(scope, flows.Scope{Building: h.Building}) {
			list = append(list, h.Place())
		}
	}
	for _, b := range s.Buildings {
		if listed[b.ID] || !s.Contains(scope, flows.Scope{Building: b.ID}) {
			continue
		}
		units := b.Units
		if len(units) == 0 {
			units = []string{""}
		}
		for _, unit := range units {
			for floor := 1; floor <= b.Floors; floor++ {
				doors := b.PerFloor
				if n, differs := b.OnFloor[floor]; differs {
					doors = n
				}
				for door := 1; door <= doors; door++ {
					h, ok := s.Household(flows.Place{Building: b.ID, Unit: unit, Room: strconv.Itoa(floor*100 + door)})
					if ok {
						list = append(list, h.Place())
					}
				}
			}
		}
	}
	return list
}

// EnterHome lets somebody without any account vote for the household whose letter
// they hold: it gives the person that stands for it, who has no name and cannot be
// written to. Visitor is by whom wrong codes are counted, an address of the network;
// ErrCode says that the code is not good, or that there were too many wrong ones.
func (b *Bot) EnterHome(ctx context.Context, code, visitor string) (id flows.PersonID, err error) {
	err = b.store.Update(ctx, func(tx storage.Tx) error {
		id = ""
		st := &step{b: b, tx: tx, at: b.clock(), s: b.Settings(), event: "home"}
		f, err := b.takeCode(tx, code, visitor, "home")
		if err != nil {
			return err
		}
		home, ok := st.s.Household(homeAt(f.Target))
		if !ok {
			return ErrCode // it is in the roster no more
		}
		address := "home:" + homeTarget(home.Place())
		p, err := tx.PersonAt(address)
		if errors.Is(err, storage.ErrNone) {
			n, err := tx.Count("resident")
			if err != nil {
				return err
			}
			p = storage.Person{ID: flows.PersonID(fmt.Sprintf("r%d", n)), Lang: st.s.Lang, Addresses: []string{address}}
		} else if err != nil {
			return err
		} else if going, err := isErasing(tx, p.ID); err != nil || going {
			return errors.Join(err, ErrCode)
		}
		id = p.ID
		return st.livesAt(&p, home.Place())
	})
	if err != nil {
		return "", fmt.Errorf("enter: %w", err)
	}
	return id, nil
}

// livesAt makes sure of somebody's home: entering the code is the agreement to be
// kept with it.
func (st *step) livesAt(p *storage.Person, home flows.Place) error {
	if p.Seen = st.at; p.Consent.IsZero() {
		p.Consent = st.at
	}
	st.proves(p, home)
	if err := st.tx.PutPerson(*p); err != nil {
		return err
	}
	return st.tellHomes()
}

// proven takes the code of a letter from who has written it in private.
func (b *Bot) proven(st *step, h *heard, f CodeFor) error {
	home, ok := st.s.Household(homeAt(f.Target))
	if !ok {
		return st.houseSay(h, "code-home-wrong", nil) // it is in the roster no more
	}
	if h.person.ID != "" {
		if going, err := isErasing(st.tx, h.person.ID); err != nil || going {
			return errors.Join(err, st.houseSay(h, "mine-erasing", nil))
		}
	}
	if err := st.need(h); err != nil {
		return err
	}
	if err := st.livesAt(&h.person, home.Place()); err != nil {
		return err
	}
	st.by = b.actor(h)
	return st.houseSay(h, "code-home", flows.Vars{"home": flows.Where(h.person.Home)})
}

// letterCode is a code as it stands in a letter, or as people write it; almostCode is
// one that was mistyped. Sentences of English are neither: "Building 7 unit 2 room 402".
var (
	letterCode = regexp.MustCompile(`^[` + letters + `]{5}([- ]?[` + letters + `]{5}){3}$`)
	almostCode = regexp.MustCompile(`^[A-Z0-9]{4,6}(-[A-Z0-9]{4,6}){3}$`)
)

// bare finds a text that is nothing but the code of a letter, or a try at one: the
// letters of other codes are too few to be told from words.
func bare(text string) (code string, ok bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	code = strings.NewReplacer("-", "", " ", "").Replace(text)
	digits := strings.ContainsAny(text, "0123456789")
	return code, letterCode.MatchString(text) && (digits || !strings.Contains(text, " ")) || almostCode.MatchString(text) && digits
}

// bareCode takes such a code in private. In a group everybody has seen it, and it is
// worth nothing any more.
func (b *Bot) bareCode(st *step, h *heard, code string) (done bool, err error) {
	if h.Message.Forwarded || h.As != "" {
		return false, nil
	}
	if !h.chat.Group {
		f, err := b.takeCode(st.tx, code, h.who(), "home")
		if errors.Is(err, ErrCode) {
			return true, st.houseSay(h, "code-home-wrong", nil)
		}
		if err != nil {
			return true, err
		}
		return true, b.proven(st, h, f)
	}
	raw, err := st.tx.Key(codeKey(code))
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		return false, nil
	}
	if f, err2 := decode[CodeFor](raw); err != nil || err2 != nil || f.Kind != "home" {
		return false, err
	}
	if err := st.tx.PutKey(codeKey(code), nil); err != nil {
		return true, err
	}
	return true, st.houseSay(h, "code-home-seen", nil)
}
