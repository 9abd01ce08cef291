package bolt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"linli/flows"
	"linli/storage"
)

// Keys are made of these parts. A string that is not the last part is preceded by its length.

func put32(k []byte, n uint32) []byte { return binary.BigEndian.AppendUint32(k, n) }
func put64(k []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(k, n) }
func putString[S ~string](k []byte, s S) []byte {
	return append(binary.AppendUvarint(k, uint64(len(s))), s...)
}

// cutString takes what putString wrote from the beginning of a key.
func cutString(k []byte) (s string, rest []byte) {
	n, used := binary.Uvarint(k)
	if used <= 0 || n > uint64(len(k)-used) {
		return "", nil
	}
	return string(k[used : used+int(n)]), k[used+int(n):]
}

func be32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func be64(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// tail is the counter at the end of a key.
func tail(key []byte) uint64 { return be64(key[max(0, len(key)-8):]) }

// here begins a key with the community.
func (x *tx) here(more int) []byte { return put32(make([]byte, 0, 4+more), x.community) }

// named is a key of the community and a name.
func named[S ~string](x *tx, name S) []byte { return append(x.here(len(name)), name...) }

// row reads a row that is written as JSON.
func (x *tx) row(t table, key []byte, into any) error {
	v, err := x.get(t, key)
	if err != nil {
		return err
	}
	return x.open(t, key, v, into)
}

// open reads a row's JSON. What the decoder says could quote the row.
func (x *tx) open(t table, key, v []byte, into any) error {
	if json.Unmarshal(v, into) != nil {
		return x.report(t, key)
	}
	return nil
}

func (x *tx) putRow(t table, key []byte, v any) error {
	if err := x.writing(); err != nil {
		return err
	}
	b, err := x.snap.encode(v)
	if err != nil {
		return fmt.Errorf("bolt: table %s: %w", t.name(), err)
	}
	return x.put(t, key, b)
}

// pointed reads the row an index points to; if it is not there, the file is damaged.
func (x *tx) pointed(t table, key []byte, into any) error {
	err := x.row(t, key, into)
	if errors.Is(err, storage.ErrNone) {
		return x.report(t, key)
	}
	return err
}

// all reads every row of the community, in the order of the keys.
func all[T any](x *tx, t table) (list []T, err error) {
	err = x.scan(t, x.here(0), nil, forward, func(k, v []byte) (bool, error) {
		var one T
		if x.open(t, k, v, &one) == nil {
			list = append(list, one)
		}
		return true, nil
	})
	return list, err
}

func (x *tx) Key(name string) ([]byte, error) {
	v, err := x.get(keys, named(x, name))
	if err != nil {
		return nil, err
	}
	return append([]byte{}, v...), nil
}

func (x *tx) PutKey(name string, value []byte) error {
	if value == nil {
		return x.del(keys, named(x, name))
	}
	return x.put(keys, named(x, name), value)
}

func (x *tx) Keys(prefix string) (map[string][]byte, error) {
	found := map[string][]byte{}
	err := x.scan(keys, named(x, prefix), nil, forward, func(k, v []byte) (bool, error) {
		found[string(k[4:])] = append([]byte{}, v...)
		return true, nil
	})
	return found, err
}

// Marks. A community's watermark is the first day whose marks it still looks
// for; a day goes when no community looks for its marks any more.

func (x *tx) watermark(community uint32) (table, error) {
	v, err := x.get(watermarks, put32(nil, community))
	if errors.Is(err, storage.ErrNone) || isDamaged(err) { // then all that are left count
		return days, nil
	}
	return days + table(be32(v)), err
}

// marked lists the days with marks in the file and in the overlay, from the
// given one on.
func (x *tx) marked(from table) []table {
	var list []table
	for _, d := range x.snap.days() {
		if l := x.layer(d); d >= from && (l == nil || !l.dropped) {
			list = append(list, d)
		}
	}
	for _, l := range x.layers {
		if l.table >= from && len(l.rows) > 0 && !slices.Contains(list, l.table) {
			list = append(list, l.table)
		}
	}
	return list
}

func (x *tx) Once(name string, at time.Time, answer []byte) (prior []byte, seen bool, err error) {
	if err := x.writing(); err != nil {
		return nil, false, err
	}
	if name == "" {
		return nil, false, errors.New("bolt: a mark needs a name")
	}
	from, err := x.watermark(x.community)
	if err != nil {
		return nil, false, err
	}
	key := named(x, name)
	for _, d := range x.marked(from) {
		v, err := x.get(d, key)
		if err == nil {
			return append([]byte(nil), v...), true, nil
		}
		if isDamaged(err) { // it is there; what was answered is lost
			return nil, true, nil
		}
		if !errors.Is(err, storage.ErrNone) {
			return nil, false, err
		}
	}
	return nil, false, x.put(max(dayOf(at), from), key, answer)
}

func (x *tx) Answer(name string, at time.Time, answer []byte) error {
	if err := x.writing(); err != nil {
		return err
	}
	key := named(x, name)
	for _, l := range x.layers {
		if l.table < days {
			continue
		}
		if i, there := l.find(key); there && l.rows[i].value != nil {
			return x.put(l.table, key, answer)
		}
	}
	return fmt.Errorf("%w: no such mark was made in this transaction", storage.ErrNone)
}

func (x *tx) DropMarks(before time.Time) error {
	if err := x.writing(); err != nil {
		return err
	}
	day := dayOf(before)
	old, err := x.watermark(x.community)
	if err != nil || day <= old {
		return err
	}
	if err := x.put(watermarks, put32(nil, x.community), put32(nil, uint32(day-days))); err != nil {
		return err
	}
	for _, d := range x.marked(days) {
		if d >= day {
			continue
		}
		wanted, err := x.wanted(d)
		if err != nil {
			return err
		}
		if !wanted {
			x.drop(d)
		}
	}
	return nil
}

// wanted says whether some community still looks for its marks of a day.
func (x *tx) wanted(day table) (wanted bool, err error) {
	for next := []byte{}; next != nil && !wanted && err == nil; {
		var owner []byte
		err = x.scan(day, nil, next, forward, func(k, _ []byte) (bool, error) {
			owner = bytes.Clone(k[:4])
			return false, nil
		})
		if owner == nil || err != nil {
			break
		}
		var from table
		from, err = x.watermark(be32(owner))
		wanted = from <= day
		next = successor(owner)
	}
	return wanted, err
}

// count gives the next value of a counter of the file.
func (x *tx) count(name string) (uint64, error) { return x.next(append(put32(nil, 0), name...)) }

func (x *tx) Count(name string) (int, error) {
	n, err := x.next(named(x, name))
	return int(n), err
}

func (x *tx) next(key []byte) (uint64, error) {
	if err := x.writing(); err != nil {
		return 0, err
	}
	v, err := x.get(counters, key)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return 0, err
	}
	n := be64(v) + 1
	return n, x.put(counters, key, put64(nil, n))
}

func (x *tx) Chat(id flows.ChatID) (c flows.Chat, err error) {
	return c, x.row(chats, named(x, id), &c)
}

func (x *tx) ChatAt(address string) (c flows.Chat, err error) {
	id, err := x.owner(chatsAt, address)
	if err != nil {
		return c, err
	}
	return c, x.pointed(chats, named(x, id), &c)
}

func (x *tx) PutChat(c flows.Chat) error {
	if c.ID == "" {
		return errors.New("bolt: a chat needs an id")
	}
	old, err := x.Chat(c.ID)
	was := []string{old.Address}
	if isDamaged(err) {
		was, err = x.addresses(chatsAt, string(c.ID))
	}
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	if err := x.readdress(chatsAt, string(c.ID), was, []string{c.Address}); err != nil {
		return err
	}
	return x.putRow(chats, named(x, c.ID), c)
}

func (x *tx) Chats() ([]flows.Chat, error) { return all[flows.Chat](x, chats) }

// owner gives the id an address points to. If that row is damaged, the chats or
// people are asked who has the address.
func (x *tx) owner(t table, address string) (string, error) {
	v, err := x.get(t, named(x, address))
	if !isDamaged(err) {
		return string(v), err
	}
	if t == chatsAt {
		list, err := x.Chats()
		if i := slices.IndexFunc(list, func(c flows.Chat) bool { return c.Address == address }); i >= 0 && err == nil {
			return string(list[i].ID), nil
		}
		return "", cmp.Or(err, storage.ErrNone)
	}
	list, err := x.People()
	if i := slices.IndexFunc(list, func(p storage.Person) bool { return slices.Contains(p.Addresses, address) }); i >= 0 && err == nil {
		return string(list[i].ID), nil
	}
	return "", cmp.Or(err, storage.ErrNone)
}

// addresses lists those that point to an id.
func (x *tx) addresses(t table, id string) (list []string, err error) {
	err = x.scan(t, x.here(0), nil, forward, func(k, v []byte) (bool, error) {
		if string(v) == id {
			list = append(list, string(k[4:]))
		}
		return true, nil
	})
	return list, err
}

// readdress points addresses to an id: those given up are freed unless
// somebody else has them by now.
func (x *tx) readdress(t table, id string, old, now []string) error {
	for _, a := range old {
		if slices.Contains(now, a) {
			continue
		}
		owner, err := x.owner(t, a)
		if err != nil && !errors.Is(err, storage.ErrNone) {
			return err
		}
		if err == nil && owner == id {
			if err := x.del(t, named(x, a)); err != nil {
				return err
			}
		}
	}
	for _, a := range now {
		if a == "" {
			continue
		}
		if owner, err := x.get(t, named(x, a)); err == nil && string(owner) == id {
			continue
		}
		if err := x.put(t, named(x, a), []byte(id)); err != nil {
			return err
		}
	}
	return nil
}

func (x *tx) Person(id flows.PersonID) (p storage.Person, err error) {
	return p, x.row(people, named(x, id), &p)
}

func (x *tx) PersonAt(address string) (p storage.Person, err error) {
	id, err := x.owner(peopleAt, address)
	if err != nil {
		return p, err
	}
	return p, x.pointed(people, named(x, id), &p)
}

func (x *tx) PutPerson(p storage.Person) error {
	if p.ID == "" {
		return errors.New("bolt: a person needs an id")
	}
	was, err := x.known(p.ID)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	if err := x.readdress(peopleAt, string(p.ID), was, p.Addresses); err != nil {
		return err
	}
	return x.putRow(people, named(x, p.ID), p)
}

// known lists the addresses of a person who is there, readable or not.
func (x *tx) known(id flows.PersonID) ([]string, error) {
	p, err := x.Person(id)
	if isDamaged(err) {
		return x.addresses(peopleAt, string(id))
	}
	return p.Addresses, err
}

func (x *tx) DropPerson(id flows.PersonID) error {
	if err := x.writing(); err != nil {
		return err
	}
	was, err := x.known(id)
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := x.readdress(peopleAt, string(id), was, nil); err != nil {
		return err
	}
	return x.del(people, named(x, id))
}

func (x *tx) People() ([]storage.Person, error) { return all[storage.Person](x, people) }

func (x *tx) AddTrouble(t storage.Trouble) (id uint64, err error) {
	if t.ID, err = x.count("trouble"); err != nil {
		return 0, err
	}
	return t.ID, x.putRow(troubles, put64(x.here(8), t.ID), t)
}

func (x *tx) Troubles() ([]storage.Trouble, error) { return all[storage.Trouble](x, troubles) }

func (x *tx) DropTrouble(id uint64) error { return x.del(troubles, put64(x.here(8), id)) }
