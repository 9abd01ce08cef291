package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// Invitations: who may get one, and how many in a week, whoever sends them.

// capWeeks is how many weeks of invitations are kept: those by which "one a month" is told.
const capWeeks = 4

// capKey names a person's invitations of a week; its value is a byte for each.
func capKey(p flows.PersonID, now time.Time) string { return "cap/" + capWeek(now) + "/" + string(p) }

func capWeek(t time.Time) string {
	y, w := t.ISOWeek()
	return fmt.Sprintf("%04d-%02d", y, w)
}

// invited counts an invitation that was sent.
func invited(tx storage.Tx, p flows.PersonID, now time.Time) error {
	n, err := tx.Key(capKey(p, now))
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	return tx.PutKey(capKey(p, now), append(n, 1))
}

// invitesLeft gives how many invitations somebody may still get: by the community's limit,
// and by what they have said themselves. Sent gives how many there were in the week of a time.
func invitesLeft(s *flows.Settings, often flows.Often, now time.Time, sent func(time.Time) int) int {
	left := s.Limits.Invites - sent(now)
	switch often {
	case flows.Never:
		return 0
	case flows.Weekly:
		left = min(left, 1-sent(now))
	case flows.Monthly:
		for week := range capWeeks {
			left = min(left, 1-sent(now.AddDate(0, 0, -7*week)))
		}
	}
	return max(0, left)
}

// capped says that the limits stand against another invitation for a reader.
func capped(tx storage.Tx, s *flows.Settings, row sendRow, now time.Time) (bool, error) {
	p, err := tx.Person(row.Person)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return false, err
	}
	if p.Profile.Stopped() {
		return true, nil // nobody's leave helps against that
	}
	if row.Say.Allowed != "" {
		return false, nil
	}
	var wrong error
	left := invitesLeft(s, p.Profile.Often, now, func(t time.Time) int {
		n, err := tx.Key(capKey(row.Person, t))
		if err != nil && !errors.Is(err, storage.ErrNone) {
			wrong = err
		}
		return len(n)
	})
	return left == 0, wrong
}

// changes says that a message that was sent under ref only changed the one of its slot.
func (b *Bot) changes(tx storage.Tx, row sendRow, ref string) (bool, error) {
	if ref == "" || row.Say.Slot == "" || row.Button == "" {
		return false, nil
	}
	prior, err := tx.Key(slotKey(row, row.Address))
	if errors.Is(err, storage.ErrNone) {
		return false, nil
	}
	return string(prior) == ref, err
}

// find gives whom a case may invite.
func (st *step) find(id flows.ID, eff flows.Find) ([]flows.Found, error) {
	people, err := st.tx.People()
	if err != nil {
		return nil, err
	}
	sent, err := st.tx.Keys("cap/")
	if err != nil {
		return nil, err
	}
	candidates := make([]flows.Candidate, 0, len(people))
	for _, p := range people {
		a := actorOf(p, st.s)
		if p.Profile.Zero() || !a.Consent || !a.Reachable {
			continue
		}
		candidates = append(candidates, flows.Candidate{Person: p.ID, Home: p.Home, Profile: p.Profile,
			Left: invitesLeft(st.s, p.Profile.Often, st.at, func(t time.Time) int { return len(sent[capKey(p.ID, t)]) })})
	}
	n := min(max(eff.N, 0), saying)
	var out []flows.Found
	// Those who have a part in the case already are passed over; they are few beside all.
	for _, f := range flows.Choose(st.s, eff.Who, candidates, len(candidates)) {
		if len(out) == n {
			break
		}
		if _, err := st.tx.Entry(id, string(f.Person)); err == nil {
			continue
		} else if !errors.Is(err, storage.ErrNone) {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// found brings what Find has found to its case.
func (st *step) found(id flows.ID, eff flows.Find) error {
	list, err := st.find(id, eff)
	if err != nil {
		return err
	}
	data, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("found: %w", err)
	}
	return st.again(id, flows.Answered{Name: "found", Data: data})
}

// sweepCaps drops the counts of invitations of weeks by which nothing is told any more.
func sweepCaps(tx storage.Tx, now time.Time) error {
	caps, err := tx.Keys("cap/")
	if err != nil {
		return err
	}
	oldest := capWeek(now.AddDate(0, 0, -7*(capWeeks-1)))
	for name := range caps {
		if parts := strings.SplitN(name, "/", 3); len(parts) == 3 && parts[1] < oldest {
			if err := tx.PutKey(name, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// likes keeps what somebody has said of what they would like.
func likes(p *storage.Person, channels map[string]Channel, eff flows.Remember) {
	if eff.Profile != nil {
		served, came := p.Profile.Served, p.Profile.Came // these are not theirs to say
		p.Profile = *eff.Profile
		p.Profile.Served, p.Profile.Came = served, came
		if _, there := channels[p.Profile.Channel]; there {
			of := func(a string) bool { return strings.HasPrefix(a, p.Profile.Channel+":") }
			slices.SortStableFunc(p.Reach, func(a, b string) int {
				switch {
				case of(a) && !of(b):
					return -1
				case of(b) && !of(a):
					return 1
				}
				return 0
			})
		}
	}
	if eff.Came != "" {
		p.Profile.Came = append(slices.DeleteFunc(p.Profile.Came, func(x string) bool { return x == eff.Came }), eff.Came)
		if n := len(p.Profile.Came); n > 10 {
			p.Profile.Came = p.Profile.Came[n-10:]
		}
	}
	if eff.Wishes != nil {
		p.Profile.Wishes = *eff.Wishes
	}
	if s := eff.Served; s != nil {
		p.Profile.Served = append(slices.DeleteFunc(p.Profile.Served, func(x flows.Served) bool { return x.Case == s.Case }), *s)
		if s.Minutes <= 0 {
			p.Profile.Served = p.Profile.Served[:len(p.Profile.Served)-1]
		}
	}
}
