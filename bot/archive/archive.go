// Package archive writes what is kept of a poll for good (归档): one zip of plain
// files that anybody can open in twenty years, and by which it can be shown later that the
// result which was told is that of the votes which were counted.
//
// What is in it hangs together: the journal is a chain, one of its records holds the
// proof of the count ([poll.Proof]), the proof is over the question, the outcome and the stubs of
// all votes in the roster, and everything else is worked out from these. [Verify]
// works it out again. So who changes one file is found. Who writes the whole archive
// anew, with a journal of their own, is found by [Against], which compares it with
// the journal of the community, or by anybody who has written down the journal's head.
//
// The package must not put into an archive how somebody voted in a secret poll,
// nor anybody's name; it changes nothing in the store.
package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

var (
	// ErrNoPoll says that there is no such poll.
	ErrNoPoll = errors.New("archive: no such poll")
	// ErrNoResult says that nothing was counted: the poll is still open, or was stopped.
	ErrNoResult = errors.New("archive: the poll has no result")
	// ErrTooLate says that the time for which votes are kept is over.
	ErrTooLate = errors.New("archive: the votes of the poll are no longer kept")
	// errShows says that the journal holds what it must never hold.
	errShows = errors.New("archive: the journal shows how somebody voted, and is not given away")
)

// FileName is what the archive of a poll with this number is called.
func FileName(no int) string { return fmt.Sprintf("poll-%04d.zip", no) }

// Write writes the archive of a poll whose result was told. The same state of the
// store and the same settings give the same bytes.
func Write(ctx context.Context, store storage.Store, s *flows.Settings, id flows.ID, w io.Writer) error {
	var c *contents
	err := store.View(ctx, func(tx storage.Tx) (err error) {
		c, err = gather(tx, s, id)
		return err
	})
	if err != nil {
		return err
	}
	b, err := c.zip()
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

// gather reads everything that an archive is made of.
func gather(tx storage.Tx, s *flows.Settings, id flows.ID) (*contents, error) {
	found, err := tx.Case(id)
	if errors.Is(err, storage.ErrNone) || err == nil && found.Flow != poll.Name {
		return nil, ErrNoPoll
	}
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	state, err := poll.Read(found)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	if state.Outcome == nil {
		return nil, ErrNoResult
	}
	c := &contents{asked: askedOf(found, state, s)}
	if c.journal, err = tx.Journal(id); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	for _, r := range c.journal {
		if choice, _, valued := strings.Cut(r.Detail, "="); valued && strings.HasSuffix(choice, "!") {
			return nil, errShows
		}
		if sealOf(r) == c.asked.Proof {
			c.asked.Settings = r.Settings
		}
	}
	if err := c.voted(tx, id, state, s.Zone); err != nil {
		return nil, err
	}
	if len(c.rows) == 0 && state.Outcome.Voters > 0 {
		return nil, ErrTooLate
	}
	c.list(s, state)
	return c, nil
}

// askedOf gives what was asked, and what came of it.
func askedOf(c flows.Case, s poll.State, set *flows.Settings) asked {
	terms := s.TermsOf(set)
	rule := terms.Rule
	o := s.Outcome
	in := func(t time.Time) time.Time { return t.In(set.Zone).Truncate(time.Second) }
	return asked{
		Format: format, Community: set.Community, Name: set.Name, Number: c.No, Case: c.ID,
		Question: s.Question, Options: s.Options, Force: s.Force, ForceName: forceNames[s.Force],
		Rule: ruled{Turnout: share(rule.Turnout), Agree: share(rule.Agree), Special: share(rule.Special), Tenants: rule.Tenants, Source: rule.Source},
		Unit: s.Unit, Named: s.Named, Matter: s.Matter, Special: s.Special, Scope: s.Scope, Where: set.ScopeName(s.Scope, lang),
		Roll: s.Roll, Floor: terms.Floor, Sent: in(s.Sent), Until: in(s.Until), Moved: s.Moved, Why: s.Why, Then: s.Then,
		Outcome: outcome{At: o.At.In(set.Zone), Votes: o.Votes, Area: o.Area, Voters: o.Voters, AreaIn: o.AreaIn, Ways: o.Ways,
			Proxies: o.Proxies, Enough: o.Enough, Passed: o.Passed, Ahead: o.Ahead},
		Proof: o.Proof,
	}
}

func share(s flows.Share) string {
	if s.Zero() {
		return ""
	}
	return s.In(lang)
}

// page is how many votes are read at a time.
const page = 500

// voted reads who has voted.
func (c *contents) voted(tx storage.Tx, id flows.ID, s poll.State, zone *time.Location) error {
	counts, err := tx.Tally(id)
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	for _, tag := range poll.VoteTags(counts) {
		for cursor := ""; ; {
			list, next, err := tx.Entries(id, tag, cursor, page)
			if err != nil {
				return fmt.Errorf("archive: %w", err)
			}
			for _, e := range list {
				var v poll.Vote
				if err := json.Unmarshal(e.Data, &v); err != nil {
					return fmt.Errorf("archive: a vote: %w", err)
				}
				letter, at, how := v.Cast()
				r := row{key: e.Key, voted: true, receipt: s.Receipt(e.Key), at: at.In(zone).Truncate(time.Second), how: how, proxy: v.Proxy,
					building: tag[strings.LastIndexByte(tag, '/')+1:]}
				if s.Named {
					r.choice, r.area = letter, v.Area
				}
				c.rows = append(c.rows, r)
			}
			if cursor = next; cursor == "" {
				break
			}
		}
	}
	return nil
}

// list adds who could have voted and did not, where the roster is still that of the
// day on which the poll was sent.
func (c *contents) list(s *flows.Settings, state poll.State) {
	all := s.Listing(state.Scope)
	switch {
	case state.Roll.Sum == "":
		c.asked.Roster = rosterNone
		return
	case flows.RollSum(all, state.Unit) != state.Roll.Sum:
		c.asked.Roster = rosterChanged
		return
	}
	c.asked.Roster = rosterListed
	at := map[string]int{}
	for i, r := range c.rows {
		at[r.key] = i
	}
	for _, h := range all {
		key := h.Key()
		if state.Unit == flows.PerOwner {
			key = h.OwnerKey()
		}
		i, ok := at[key]
		if !ok {
			i = len(c.rows)
			at[key], c.rows = i, append(c.rows, row{key: key})
		}
		c.rows[i].listed = true
		if state.Unit == flows.PerOwner {
			c.rows[i].homes = append(c.rows[i].homes, strings.TrimPrefix(h.Key(), "h/"))
		}
	}
	for i := range c.rows {
		slices.SortFunc(c.rows[i].homes, natural)
	}
}

// zip packs the files: not compressed, so that the bytes depend on nothing but what
// is in them.
func (c *contents) zip() ([]byte, error) {
	files, err := c.files()
	if err != nil {
		return nil, err
	}
	return pack(files, c.asked.Outcome.At)
}

func pack(files []file, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Store, Modified: at.UTC().Truncate(time.Second),
			CRC32: crc32.ChecksumIEEE(f.data), CompressedSize64: uint64(len(f.data)), UncompressedSize64: uint64(len(f.data))}
		h.SetMode(0o644)
		w, err := z.CreateRaw(h)
		if err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, fmt.Errorf("archive: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return out.Bytes(), nil
}
