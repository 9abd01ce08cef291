package bot

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// What an event brings to rules whose entries are not only those of persons (see
// flows.Keeper), and what the journal keeps for them.

const (
	maxKeys  = 256    // entries that rules may see with one event
	maxBegun = 64     // cases of one person that are looked at for the month
	seedKey  = "seed" // the key under which the store keeps what all seeds are made from
	seedLen  = 32
)

// fill gives an event of a case what its state has asked for.
func (st *step) fill(f flows.Flow, c flows.Case, e *flows.Event) (err error) {
	if !f.Keeps() {
		return nil
	}
	if e.Seed, err = st.seed(c.ID); err != nil {
		return err
	}
	if len(e.By.Posts) > 0 {
		if e.Begun, err = st.begun(f, e.By.Person, e.At); err != nil {
			return err
		}
	}
	var keys []string
	var fault error
	if err := caught(func() error { keys, fault = f.Keys(c, *e); return nil }); err != nil {
		return err
	}
	if fault != nil {
		return fmt.Errorf("%w: %w", errRules, fault)
	}
	for _, k := range keys[:min(len(keys), maxKeys)] {
		n, err := st.tx.Entry(c.ID, k)
		if errors.Is(err, storage.ErrNone) {
			continue
		}
		if err != nil {
			return err
		}
		if e.Entries == nil {
			e.Entries = map[string]flows.Entry{}
		}
		e.Entries[k] = n
	}
	return st.beside(f, c, e)
}

// beside gives what else of a flow the actor has a part in, where its rules ask for it.
func (st *step) beside(f flows.Flow, c flows.Case, e *flows.Event) error {
	if e.By.Person == "" {
		return nil
	}
	var wanted bool
	var fault error
	if err := caught(func() error { wanted, fault = f.Shares(c, *e); return nil }); err != nil || !wanted && fault == nil {
		return err
	}
	if fault != nil {
		return fmt.Errorf("%w: %w", errRules, fault)
	}
	cases, err := st.tx.CasesWith(string(e.By.Person), maxKeys)
	if err != nil {
		return err
	}
	for _, x := range cases {
		if x.Flow != f.Name || x.ID == c.ID || x.Done {
			continue
		}
		n, err := st.tx.Entry(x.ID, string(e.By.Person))
		if err != nil {
			return err
		}
		e.Beside = append(e.Beside, flows.Similar{Case: flows.CaseRef{ID: x.ID, No: x.No}, Flow: x.Flow, Stage: x.Stage, Mine: true, Tag: n.Tag, Title: x.Title, Due: x.Due})
	}
	return nil
}

// begun counts the cases of a flow that somebody has begun in the month of a time.
func (st *step) begun(f flows.Flow, p flows.PersonID, at time.Time) (n int, err error) {
	key := flows.BegunKey(p)
	cases, err := st.tx.CasesWith(key, maxBegun)
	if err != nil {
		return 0, err
	}
	at = at.In(st.s.Zone)
	from := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, st.s.Zone)
	to := from.AddDate(0, 1, 0)
	for _, c := range cases {
		if c.Flow != f.Name {
			continue
		}
		e, err := st.tx.Entry(c.ID, key)
		if err != nil {
			return 0, err
		}
		if e.Order >= from.Unix() && e.Order < to.Unix() {
			n++
		}
	}
	return n, nil
}

// seed is that of a case: 32 hex digits that nobody can foresee who does not know
// the store.
func (st *step) seed(id flows.ID) (string, error) {
	secret := st.b.secret
	if len(secret) == 0 {
		var err error
		if secret, err = secretOf(st.tx); err != nil {
			return "", err
		}
	}
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(id))
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// secretOf gives what the seeds are made from. It is made when it is first needed.
func secretOf(tx storage.Tx) ([]byte, error) {
	secret, err := tx.Key(seedKey)
	if err == nil && len(secret) == seedLen || err != nil && !errors.Is(err, storage.ErrNone) {
		return secret, err
	}
	secret = make([]byte, seedLen)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	return secret, tx.PutKey(seedKey, secret)
}

// sealed is what the journal keeps of a step: the detail of its event, and the sums
// that its rules had it keep.
func sealed(detail string, effects []flows.Effect) string {
	for _, eff := range effects {
		if s, ok := eff.(flows.Seal); ok {
			detail = strings.TrimSpace(detail + " " + s.Sum)
		}
	}
	return detail
}
