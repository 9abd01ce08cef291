package flows

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Who may be asked, and what a vote is worth: the roster of households, and the
// community's rules for polls. Numbers come from the settings, each with its source.

// Household is a household (户) of the roster. Of people it holds nothing but, for
// decisions of owners, which households have one owner.
type Household struct {
	Building, Unit, Room string
	Area                 int    // of the exclusive part (专有部分面积), in 1/100 m²; 0: not known
	Owner                string // the same word for all households of one owner; empty: an owner of its own
	Let                  bool   // let to tenants
}

// Compare orders households by building, unit and room; of two names the shorter
// comes first, so that 3 stands before 12 and 501 before 1203. A roster is kept in
// this order: every vote looks into it.
func (h Household) Compare(o Household) int {
	return cmp.Or(shortFirst(h.Building, o.Building), shortFirst(h.Unit, o.Unit), shortFirst(h.Room, o.Room))
}

func shortFirst(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// Key names a household among those who vote: "h/3/1/501".
func (h Household) Key() string { return "h/" + h.Building + "/" + h.Unit + "/" + h.Room }

// Place of a household.
func (h Household) Place() Place { return Place{Building: h.Building, Unit: h.Unit, Room: h.Room} }

// OwnerKey names the owner of a household among those who vote: owners of several
// households are one owner.
func (h Household) OwnerKey() string {
	if h.Owner != "" {
		return "o/" + h.Owner
	}
	return "o" + strings.TrimPrefix(h.Key(), "h")
}

// owned says whether a key is that of [Household.OwnerKey], without writing one.
func (h Household) owned(key string) bool {
	rest, ok := strings.CutPrefix(key, "o/")
	if !ok || h.Owner != "" {
		return ok && rest == h.Owner
	}
	for _, part := range []string{h.Building, "/", h.Unit, "/"} {
		if rest, ok = strings.CutPrefix(rest, part); !ok {
			return false
		}
	}
	return rest == h.Room
}

// Force is what a poll can bind (效力).
type Force string

const (
	Sounding Force = "sound"    // 摸底: nobody is bound
	Opinion  Force = "opinion"  // 协商意见: goes before a hearing
	Assembly Force = "assembly" // 居民会议表决: a vote of the residents' assembly
	ByOwners Force = "owners"   // 业主共同决定: Civil Code art. 278
)

// VoteUnit is whose one vote it is.
type VoteUnit string

const (
	PerPerson    VoteUnit = "person"
	PerHousehold VoteUnit = "household"
	PerOwner     VoteUnit = "owner" // counted by heads and by area
)

// Polls are the community's rules for polls.
type Polls struct {
	Month    int           // polls a captain may send in a calendar month
	Floor    int           // fewer votes than this are never broken down
	Options  int           // most options of a poll
	Shortest time.Duration // from sending to the end
	Longest  time.Duration
	Days     int           // the usual end: so many days later
	Close    Clock         // at this time
	Remind   time.Duration // before the end those who have not voted are reminded, once
	Extend   time.Duration // most by which the end may be moved, once
	Proxies  int           // households for which one other household may vote; 0: none
	Check    time.Duration // after the end: how long a result may be questioned; then secret votes are cut from their voters
	Forces   []PollRule
	Reserved []Reserved
}

// PollRule is what a poll of one force needs. Source says where that comes from; a
// force without one can not be chosen.
type PollRule struct {
	Force   Force
	Start   []Role     // who may send one, in their scope
	Units   []VoteUnit // the first is the usual one
	Tenants bool       // tenants vote
	Proof   bool       // a vote counts only from a household that was made sure of, see Actor.Proven
	Turnout Share      // of all voters (and of all area, per owner) must take part; zero: no such rule
	Agree   Share      // of those who took part; zero: nothing is decided
	Special Share      // the same, of a special matter, see Reserved
	Source  string
}

// Share is a part of a whole: at least Num/Den of it, or more than that.
type Share struct {
	Num, Den int
	Over     bool // more than, not at least
}

// Zero says that there is no rule.
func (s Share) Zero() bool { return s.Num == 0 }

// Met says whether n of all is enough. Of nothing, nothing is enough.
func (s Share) Met(n, all int) bool {
	if all <= 0 {
		return false
	}
	if s.Over {
		return n*s.Den > all*s.Num
	}
	return n*s.Den >= all*s.Num
}

// Least is the smallest number of all that is enough.
func (s Share) Least(all int) int {
	if s.Over {
		return all*s.Num/s.Den + 1
	}
	return (all*s.Num + s.Den - 1) / s.Den
}

// In writes a share as people say it: "2/3以上", "过半数".
func (s Share) In(lang string) string {
	en := strings.HasPrefix(lang, "en")
	part := fmt.Sprintf("%d/%d", s.Num, s.Den)
	switch {
	case s.Over && s.Num*2 == s.Den && en:
		return "more than half"
	case s.Over && s.Num*2 == s.Den:
		return "过半数"
	case s.Over && en:
		return "more than " + part
	case s.Over:
		return "超过" + part
	case en:
		return "at least " + part
	}
	return part + "以上"
}

// Reserved is a matter that only the owners can decide together (业主共同决定事项).
type Reserved struct {
	ID      string            // "278-8"
	Name    map[string]string // by language
	Words   []string          // by which a question is known to be about it
	Special bool              // needs PollRule.Special
	Source  string
}

// PollRule gives the rule of a force; ok is false where the community has none, or
// one without a source.
func (s *Settings) PollRule(f Force) (PollRule, bool) {
	i := slices.IndexFunc(s.Polls.Forces, func(r PollRule) bool { return r.Force == f })
	if i < 0 || s.Polls.Forces[i].Source == "" {
		return PollRule{}, false
	}
	return s.Polls.Forces[i], true
}

// Reserved gives the matter of the owners that a question is about. Of several it is
// one that needs more, and else the first.
func (s *Settings) Reserved(question string) (matter Reserved, ok bool) {
	for _, r := range s.Polls.Reserved {
		if ok && !r.Special {
			continue
		}
		if slices.ContainsFunc(r.Words, func(w string) bool { return strings.Contains(question, w) }) {
			if matter, ok = r, true; r.Special {
				break
			}
		}
	}
	return matter, ok
}

// ReservedOf gives a matter of the owners by its id.
func (s *Settings) ReservedOf(id string) (Reserved, bool) {
	i := slices.IndexFunc(s.Polls.Reserved, func(r Reserved) bool { return r.ID == id })
	if i < 0 {
		return Reserved{}, false
	}
	return s.Polls.Reserved[i], true
}

// Doors gives the households of a building that are listed, in their order.
func (s *Settings) Doors(building string) []Household {
	at := func(h Household, b string) int { return shortFirst(h.Building, b) }
	from, listed := slices.BinarySearchFunc(s.Households, building, at)
	if !listed {
		return nil
	}
	n := slices.IndexFunc(s.Households[from:], func(h Household) bool { return h.Building != building })
	if n < 0 {
		n = len(s.Households) - from
	}
	return s.Households[from : from+n : from+n]
}

// Listed says whether the households of a building are listed one by one.
func (s *Settings) Listed(building string) bool { return len(s.Doors(building)) > 0 }

// Household gives the household at a place: that of the roster, or, in a building
// whose households are not listed, one that fits its units, floors and doors. A
// unit may be left out where there is only one.
func (s *Settings) Household(p Place) (Household, bool) {
	b, ok := s.Building(p.Building)
	if !ok || p.Room == "" {
		return Household{}, false
	}
	if p.Unit == "" && len(b.Units) == 1 {
		p.Unit = b.Units[0]
	}
	if doors := s.Doors(p.Building); len(doors) > 0 {
		i, listed := slices.BinarySearchFunc(doors, Household{Building: p.Building, Unit: p.Unit, Room: p.Room}, Household.Compare)
		if !listed {
			return Household{}, false
		}
		return doors[i], true
	}
	if len(b.Units) > 0 && !slices.Contains(b.Units, p.Unit) || len(b.Units) == 0 && p.Unit != "" || !b.door(p.Room) {
		return Household{}, false
	}
	return Household{Building: p.Building, Unit: p.Unit, Room: p.Room}, true
}

// door says whether a building can have a door with this number: the floor, then
// two digits ("501", "1203"). Where floors or doors are not known, any number may be.
func (b Building) door(room string) bool {
	n, err := strconv.Atoi(room)
	if err != nil || n <= 0 || room[0] == '0' || len(room) > 4 {
		return false
	}
	if b.Floors == 0 {
		return true
	}
	floor, door := n/100, n%100
	if floor < 1 || floor > b.Floors || door < 1 {
		return false
	}
	per := b.PerFloor
	if d, ok := b.OnFloor[floor]; ok {
		per = d
	}
	return per == 0 || door <= per
}

// Roll is how many may vote in a scope, and the area they own together in 1/100 m²
// (0: not known of all of them).
type Roll struct {
	Voters int    `json:"voters,omitempty"` // 0: not known
	Area   int    `json:"area,omitempty"`
	Sum    string `json:"sum,omitempty"` // of the households that are listed, see [RollSum]
}

// RollSum is the sum over the households of a roll, in any order, with the owner of each
// where owners vote: hex SHA-256, "" of none. By it a list can be told to be that of a day.
func RollSum(list []Household, unit VoteUnit) string {
	if len(list) == 0 {
		return ""
	}
	var lines []string
	for _, h := range list {
		line := h.Key()
		if unit == PerOwner {
			line += "\x00" + h.OwnerKey()
		}
		lines = append(lines, line+"\n")
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:])
}

// Listing gives the households of a scope that are listed one by one.
func (s *Settings) Listing(scope Scope) (list []Household) {
	for _, h := range s.Households {
		if s.Contains(scope, Scope{Building: h.Building}) {
			list = append(list, h)
		}
	}
	return list
}

// RollOf counts those who may vote. How many persons live somewhere nobody knows.
func (s *Settings) RollOf(scope Scope, unit VoteUnit) (r Roll) {
	if unit == PerPerson {
		return r
	}
	owners, whole := map[string]bool{}, true
	r.Sum = RollSum(s.Listing(scope), unit)
	for _, b := range s.Buildings {
		if !s.Contains(scope, Scope{Building: b.ID}) {
			continue
		}
		if !s.Listed(b.ID) {
			if r.Voters += b.Households; unit == PerOwner || b.Households == 0 {
				whole = false
			}
			continue
		}
		for _, h := range s.Doors(b.ID) {
			if h.Area == 0 {
				whole = false
			}
			r.Area += h.Area
			if unit == PerHousehold || !owners[h.OwnerKey()] {
				r.Voters++
			}
			owners[h.OwnerKey()] = true
		}
	}
	if !whole {
		r.Area = 0
		if unit == PerOwner {
			r.Voters = 0
		}
	}
	return r
}

// Owned gives the households of an owner in a scope.
func (s *Settings) Owned(key string, scope Scope) (list []Household) {
	for _, h := range s.Households {
		if h.owned(key) && s.Contains(scope, Scope{Building: h.Building}) {
			list = append(list, h)
		}
	}
	return list
}
