package bot

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/flows"
	"linli/storage"
)

// What is left of people outside of cases: in what could not be done, in the
// outbox, in keys.

// troubles goes through what could not be done.
func (l *letting) troubles() error {
	list, err := l.tx.Troubles()
	if err != nil {
		return err
	}
	for _, t := range list {
		in, _ := decode[Inbound](t.Body)
		row, _ := decode[sendRow](t.Body)
		if !l.from(in) && !l.forThem(row.Person, row.Address) && !l.of(t.Text) && !l.who.in(string(t.Body)) {
			continue
		}
		l.lost = append(l.lost, t.Text, in.Message.Text)
		l.Troubles++
		if err := l.tx.DropTrouble(t.ID); err != nil {
			return err
		}
	}
	if list, err = l.tx.Troubles(); err != nil {
		return err
	}
	for _, t := range list {
		// People on duty could not be told of what was parked either.
		quotes := slices.ContainsFunc(texts(t.Body), func(s string) bool {
			return slices.ContainsFunc(l.lost, func(x string) bool { return len([]rune(x)) > 3 && strings.Contains(s, x) })
		})
		if t.Case != "" || !quotes {
			continue
		}
		l.Troubles++
		if err := l.tx.DropTrouble(t.ID); err != nil {
			return err
		}
	}
	return nil
}

// troublesOf takes their words out of what could not be done for a case.
func (l *letting) troublesOf(c flows.Case, author bool) error {
	list, err := l.tx.Troubles()
	if err != nil || !author {
		return err
	}
	for _, t := range list {
		if t.Case != c.ID {
			continue
		}
		row, err := decode[sendRow](t.Body)
		if t.Text = ""; err == nil && row.Flow != "" {
			l.scrub(c, &row.Say, true)
			row.Rest = ""
			t.Body = flows.Data(row)
		} else {
			t.Body = nil
		}
		l.Troubles++
		if err := l.tx.DropTrouble(t.ID); err != nil {
			return err
		}
		old := t.ID
		id, err := l.tx.AddTrouble(t)
		if err != nil {
			return err
		}
		if err := troubleRenamed(l.tx, old, id, row.Address); err != nil {
			return err
		}
	}
	return nil
}

// outbox goes through all rows for what is theirs and belongs to no case.
func (l *letting) outbox() error {
	jobs, err := l.tx.Jobs()
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if err := l.rowOf(flows.Case{}, j, false); err != nil {
			return err
		}
	}
	return nil
}

// names goes through all other keys that name them.
func (l *letting) names() error {
	keys, err := outside(l.tx)
	if err != nil {
		return err
	}
	for name, raw := range keys {
		f, _ := decode[fetched](raw)
		c, _ := decode[CodeFor](raw)
		s, _ := decode[struct{ Person flows.PersonID }](raw)
		theirs := l.who.in(name) || utf8.Valid(raw) && l.who.in(string(raw)) || strings.HasPrefix(name, "media/") && slices.Contains(append(l.Hashes, l.Dropped...), f.Hash) ||
			(c.Kind == "login" || c.Kind == "self") && l.theirs(flows.PersonID(c.Target)) || strings.HasPrefix(name, "session/") && l.theirs(s.Person)
		if !theirs || strings.HasPrefix(name, "erasing/") {
			continue
		}
		l.Keys++
		if err := l.tx.PutKey(name, nil); err != nil {
			return err
		}
	}
	return nil
}

// outside gives the keys that belong to no case. Those that do are most of all,
// and are not even read.
func outside(tx storage.Tx) (map[string][]byte, error) {
	const of = "case/"
	all := map[string][]byte{}
	for i := range of {
		for c := byte(' '); c < 0x7f; c++ {
			if c == of[i] {
				continue
			}
			some, err := tx.Keys(of[:i] + string(c))
			if err != nil {
				return nil, err
			}
			maps.Copy(all, some)
		}
	}
	return all, nil
}
