package bot

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"linli/flows"
	"linli/storage"
)

// What is taken out of one case when it lets go of a person, or of everybody who
// is no official (who is zero).

// letting is one transaction in which people are let go of.
type letting struct {
	*step
	who trail
	erasing
	lost     []string                // texts that are no longer in the states
	children map[flows.ID][]flows.ID // the cases that were opened from one; none where each has its own turn
}

// everybody says that all residents go, because the case's time is over.
func (l *letting) everybody() bool { return l.who.id == "" }

// theirs says that an id goes.
func (l *letting) theirs(p flows.PersonID) bool {
	if l.everybody() {
		_, post := l.s.Official(p)
		return p != "" && !post
	}
	return slices.Contains(l.who.ids, p)
}

// letGo lets a case go of the person; told says that its rules hear of it. Where
// the state has lost something, the children of the case were opened with it and
// lose it too.
func (l *letting) letGo(c flows.Case, told bool) error {
	own, err := l.entriesOf(c)
	if err != nil {
		return err
	}
	before := texts(c.Data)
	had := len(l.lost)
	author := false
	if told {
		l.Cases++
		ids := l.who.ids
		if l.everybody() {
			ids = []flows.PersonID{""}
		}
		for _, p := range ids {
			if err := l.move(c, flows.Event{ID: l.event, At: l.at, What: flows.Erased{Person: p}, Settings: l.s}); err != nil {
				return err
			}
			if c, err = l.tx.Case(c.ID); errors.Is(err, storage.ErrNone) {
				break // it never became a record, and is gone with all it held
			} else if err != nil {
				return err
			}
		}
		after := texts(c.Data)
		for _, s := range before {
			if err != nil || !slices.Contains(after, s) {
				l.lost = append(l.lost, s)
			}
		}
		author = len(l.lost) > had
		l.find(before)
	}
	for _, e := range own {
		said := texts(e.Data)
		if l.b.flows[c.Flow].Keeps() {
			said = slices.DeleteFunc(said, written)
		}
		l.lost = append(l.lost, said...)
		l.find(said)
		l.Entries++
		if err == nil {
			if err := l.tx.DropEntry(c.ID, e.Key); err != nil {
				return err
			}
		}
	}
	if err != nil {
		return nil
	}
	if author {
		for _, id := range l.children[c.ID] {
			x, err := l.tx.Case(id)
			if errors.Is(err, storage.ErrNone) {
				continue
			}
			if err != nil {
				return err
			}
			if mine, err := l.entriesOf(x); err != nil {
				return err
			} else if len(mine) > 0 || l.b.urgent(x) {
				continue // it is theirs by itself, and has its own turn
			}
			if err := l.letGo(x, true); err != nil {
				return err
			}
		}
	}
	return errors.Join(l.rows(c, author), l.notes(c, author), l.troublesOf(c, author), l.records(c, len(own) > 0))
}

// written says that a text of an entry is by rules (a kind, a moment), and nobody's
// words: it may stand anywhere else, too.
func written(s string) bool {
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil || token.MatchString(s)
}

// entriesOf gives the parts in a case that go. Where they are not only those of
// persons and everybody goes, that is all of them.
func (l *letting) entriesOf(c flows.Case) (own []flows.Entry, err error) {
	if !l.everybody() {
		for _, p := range l.who.ids {
			e, err := l.tx.Entry(c.ID, string(p))
			if err == nil {
				own = append(own, e)
			} else if !errors.Is(err, storage.ErrNone) {
				return nil, err
			}
		}
		return own, nil
	}
	tags, err := l.tx.Tally(c.ID)
	if err != nil {
		return nil, err
	}
	for tag := range tags {
		for cursor := ""; ; {
			page, next, err := l.tx.Entries(c.ID, tag, cursor, 500)
			if err != nil {
				return nil, err
			}
			for _, e := range page {
				if l.b.flows[c.Flow].Keeps() || l.theirs(flows.PersonID(e.Key)) {
					own = append(own, e)
				}
			}
			if cursor = next; cursor == "" {
				break
			}
		}
	}
	return own, nil
}

// records erases what the journal says of them. Somebody with a post goes from
// it only where they had a part as a resident.
func (l *letting) records(c flows.Case, part bool) error {
	return l.tx.EraseRecords(c.ID, func(r storage.Record) bool {
		gone := l.everybody() && l.theirs(r.By) || !l.everybody() && l.who.did(r, part)
		if gone {
			l.Records++
		}
		return gone
	})
}

// rows goes through the outbox of a case.
func (l *letting) rows(c flows.Case, author bool) error {
	jobs, err := l.tx.JobsOf(c.ID)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if err := l.rowOf(c, j, author); err != nil {
			return err
		}
	}
	return nil
}

// rowOf drops a row that is for them, or takes out of another what is theirs.
func (l *letting) rowOf(c flows.Case, j storage.Job, author bool) error {
	switch j.Kind {
	case "wake":
		return nil
	case "hear", "listen":
		in, err := decode[Inbound](j.Body)
		if err == nil && !l.from(in) {
			return nil
		}
		l.Rows++
		return l.tx.DropJob(j.ID)
	case "send", "say":
		var row sendRow
		var many sayRow
		var body any
		say := &row.Say
		var err error
		if body = &row; j.Kind == "say" {
			say, body = &many.Say, &many
		}
		if err = json.Unmarshal(j.Body, body); err != nil {
			return nil // shown to staff when its turn comes
		}
		if l.forThem(row.Person, row.Address) {
			l.Rows++
			return l.tx.DropJob(j.ID)
		}
		if !l.scrub(c, say, author) && !(author && row.Rest != "") {
			return nil
		}
		row.Rest = ""
		l.Rows++
		j.Body = flows.Data(body)
		if j.Owner == "" {
			return l.tx.PutJob(j)
		}
		return l.renew(j, row)
	}
	if author || !l.everybody() && l.who.in(string(j.Body)) { // what is asked of others is about their words
		l.Rows++
		return l.tx.DropJob(j.ID)
	}
	return nil
}

// renew puts another row in the place of one that is on its way, whose worker
// would put the old text back. An invitation is not made twice, and what a newer
// text has replaced is not needed.
func (l *letting) renew(j storage.Job, row sendRow) error {
	if err := l.tx.DropJob(j.ID); err != nil || row.Say.Class == flows.Invitation {
		return err
	}
	at := "case/" + string(j.Case) + "/row/" + j.Slot + "/" + row.Address
	newest, err := l.tx.Key(at)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	if j.Slot != "" && !bytes.Equal(newest, binary.BigEndian.AppendUint64(nil, j.ID)) {
		return nil
	}
	j.ID, j.Owner, j.Lease = 0, "", time.Time{}
	n, err := l.tx.AddJob(j)
	if err != nil || j.Slot == "" {
		return err
	}
	return l.tx.PutKey(at, binary.BigEndian.AppendUint64(nil, n))
}

// forThem says that a message is for them.
func (l *letting) forThem(p flows.PersonID, address string) bool {
	return p != "" && l.theirs(p) || slices.Contains(l.who.addresses, address)
}

// from says that something heard is theirs.
func (l *letting) from(in Inbound) bool {
	return slices.Contains(l.who.addresses, in.Channel+":"+in.From.Address) || in.As != "" && l.theirs(in.As)
}

// token is a value that rules write: a clause, a count, a kind.
var token = regexp.MustCompile(`^[A-Za-z0-9-]{0,8}$`)

// scrub takes out of a message what may be theirs: free text where the case has
// lost some, exact places, photos.
func (l *letting) scrub(c flows.Case, say *flows.Say, author bool) (changed bool) {
	for k, v := range say.Vars {
		switch {
		case v.S != "" && (author && !token.MatchString(v.S) || l.of(v.S)):
			v.S = ""
		case author && v.Place != nil && *v.Place != c.Place:
			rough := flows.Place{Building: v.Place.Building, Spot: v.Place.Spot}
			if *v.Place == rough {
				continue
			}
			if rough.Building == c.Place.Building && v.Place.Unit == c.Place.Unit {
				rough.Unit = c.Place.Unit // the case still knows that much
			}
			v.Place = &rough
		case v.Person != "" && (l.everybody() && l.theirs(v.Person) || l.who.is(v.Person)):
			v.Person = ""
		default:
			continue
		}
		say.Vars[k], changed = v, true
	}
	if author && (len(say.Media) > 0 || say.Quote != "" || say.Near != "") {
		say.Media, say.Quote, say.Near, changed = nil, "", "", true
	}
	return changed
}

// of says that a text holds their words or their name, or is a piece of them.
func (l *letting) of(s string) bool {
	if n := l.who.name; len([]rune(n)) > 1 && strings.Contains(s, n) {
		return true
	}
	return slices.ContainsFunc(l.lost, func(x string) bool {
		return len([]rune(x)) > 1 && (strings.Contains(s, x) || len([]rune(s)) > 3 && strings.Contains(x, s))
	})
}

// notes goes through the keys of a case: where their messages are, and what was said.
func (l *letting) notes(c flows.Case, author bool) error {
	prefix := "case/" + string(c.ID) + "/"
	keys, err := l.tx.Keys(prefix)
	if err != nil {
		return err
	}
	for name, raw := range keys {
		sent := strings.HasPrefix(name, prefix+"sent/")
		whole := strings.HasPrefix(name, prefix+"handed/") || strings.HasPrefix(name, prefix+"knocked/") // a message as it was
		row, err := decode[sentRow](raw)
		switch {
		case l.everybody() && !sent, // nothing of it is changed any more
			!l.everybody() && l.who.in(name),
			author && whole,
			sent && (err != nil || l.theirs(row.Person)):
			raw = nil
		case sent:
			say := flows.Say{Vars: row.Vars}
			if !l.scrub(c, &say, author) {
				continue
			}
			raw = flows.Data(row)
		default:
			continue
		}
		l.Rows++
		if err := l.tx.PutKey(name, raw); err != nil {
			return err
		}
	}
	return l.digests(c, author)
}

// digests goes through the lines of the case in messages that several share.
func (l *letting) digests(c flows.Case, author bool) error {
	all, err := l.tx.Keys("digest/")
	if err != nil || !author {
		return err
	}
	for name, raw := range all {
		list, err := decode[[]line](raw)
		changed := false
		for i := range list {
			if list[i].Row.Button == c.ID {
				changed = l.scrub(c, &list[i].Row.Say, author) || changed
			}
		}
		if err == nil && changed {
			if err := l.tx.PutKey(name, flows.Data(list)); err != nil {
				return err
			}
		}
	}
	return nil
}

// note keeps how far the erasing of the person has come.
func (l *letting) note() error {
	raw, err := l.tx.Key(erasingKey(l.who.id))
	if err != nil {
		return err
	}
	k, err := decode[erasing](raw)
	if err != nil {
		return err
	}
	for _, h := range l.Hashes {
		if !slices.Contains(k.Hashes, h) {
			k.Hashes = append(k.Hashes, h)
		}
	}
	k.Cases += l.Cases
	k.Entries += l.Entries
	k.Records += l.Records
	k.Rows += l.Rows
	k.Troubles += l.Troubles
	return l.tx.PutKey(erasingKey(l.who.id), flows.Data(k))
}

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// find notes the files that are named among texts.
func (l *letting) find(texts []string) {
	for _, s := range texts {
		if hash.MatchString(s) && slices.Contains(l.lost, s) && !slices.Contains(l.Hashes, s) {
			l.Hashes = append(l.Hashes, s)
		}
	}
}

// texts are the values in JSON that are texts.
func texts(data json.RawMessage) (all []string) {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		case string:
			all = append(all, v)
		}
	}
	walk(v)
	return all
}
