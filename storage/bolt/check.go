package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"linli/flows"
	"linli/storage"
)

// Reading a whole file row by row, to say whether it is as it was written.

// Report is what Check found in a file.
type Report struct {
	Schema      int
	Bytes       int64    // of the file
	Communities []Held   // by name
	Damages     []Damage // the first of them
	More        int      // damages that are not listed
}

// Sound says that nothing is wrong.
func (r Report) Sound() bool { return len(r.Damages) == 0 }

// Held is what a file holds of a community, counting what can be read.
type Held struct {
	Community       string
	Chats, People   int
	Cases, Entries  int
	Records, Erased int // Records has the erased ones too
	Jobs, Troubles  int
	Head            Head // as Heads gave it at the same moment
	Days            []Sealed
}

// Damage is a thing that is not as it was written. It says where, and never what
// stands there.
type Damage struct {
	Table string // "" for the file as a whole
	Place int    // of the row in its table, from 1; 0 for the table as a whole
	Why   string
}

func (d Damage) String() string {
	switch {
	case d.Table == "":
		return d.Why
	case d.Place == 0:
		return fmt.Sprintf("table %q: %s", d.Table, d.Why)
	}
	return fmt.Sprintf("table %q, row %d: %s", d.Table, d.Place, d.Why)
}

// mostDamages is how many damages a report lists.
const mostDamages = 1000

// Check reads a whole file that nobody has open to write, a backup above all,
// and changes nothing: every row against its checksum, the journal of every case
// against its chain, every index against its rows and back, and Bolt's own
// pages. What is wrong is in the report; the error is for a file that cannot be
// read at all: [ErrInUse], storage.ErrNewer, storage.ErrDamaged, or what the
// system said.
//
// Bolt meets damaged pages with a panic, or by reading outside of the file, which
// ends a process. Both are caught here and reported. Two things cannot be caught: a
// page that names one above it, in which Bolt goes round until the memory is used
// up; and damage inside a table so small that Bolt keeps it in a copy, from where
// it reads on into memory of the program, which the garbage collector may notice and
// end the process. So who must go on whatever is in a file runs Check in a process
// of its own, and takes its death for damage.
func Check(path string) (r Report, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if err != nil {
			err = fmt.Errorf("bolt: %s: %w", path, err)
		}
	}()
	on, err := os.Stat(path)
	if err != nil {
		return r, err
	}
	r.Bytes = on.Size()
	file, whole, err := openToRead(path)
	if err != nil {
		return r, err
	}
	defer file.Close()
	b, err := file.Begin(false)
	if err != nil {
		return r, err
	}
	defer rollback(b)
	c := check{Report: &r, x: &tx{snap: &snapshot{bolt: b}, view: true}, held: map[uint32]*Held{}}
	if err := c.begin(); err != nil {
		return r, err
	}
	for t := range tables {
		if t.since() <= uint32(r.Schema) {
			c.table(t)
		}
	}
	for _, t := range c.x.snap.days() {
		c.table(t)
	}
	c.end()
	if !whole {
		c.add(Damage{Why: "the list of free pages cannot be read"})
	} else if !c.unread { // or Bolt would meet the same page where nothing catches it
		c.pages()
	}
	return r, nil
}

// openToRead opens a file that nobody has open to write. Whole says that its
// list of free pages could be read.
func openToRead(path string) (file *bbolt.DB, whole bool, err error) {
	for _, whole = range []bool{true, false} {
		file, err = openGuarded(path, &bbolt.Options{ReadOnly: true, PreLoadFreelist: whole, Timeout: patience}, os.OpenFile)
		if !errors.Is(err, errPage) {
			break
		}
	}
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = ErrInUse
	}
	return file, whole, err
}

// check is one run of Check.
type check struct {
	*Report
	x      *tx
	held   map[uint32]*Held // by the number of the community
	heads  heads
	seals  seals
	unread bool // a page could not be read

	steps  []storage.Record // of the case that goes by in the journal
	number uint64
	from   int // the place of the first of them
	torn   bool
}

func (c *check) add(d Damage) {
	if len(c.Damages) == mostDamages {
		c.More++
		return
	}
	c.Damages = append(c.Damages, d)
}

// begin reads what the file is, and whose.
func (c *check) begin() (err error) {
	defer caught(&err)
	version, err := schemaOf(c.x.snap.bolt)
	if err == nil && version == 0 {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return err
	}
	c.Schema = int(version)
	list, err := c.x.communities()
	for _, m := range list {
		c.held[m.number] = &Held{Community: m.name}
	}
	if err == nil {
		c.seals.begin(c.x.snap)
	}
	return err
}

// table reads the rows of a table.
func (c *check) table(t table) {
	place := 0
	err := c.x.snap.every(t, func(community uint32, k, v []byte, sound bool) error {
		place++
		if t >= days || !t.counted() {
			community = be32(k)
		}
		why := "it does not match its checksum"
		if sound {
			why = c.row(t, community, place, k, v)
		}
		if t == journal && !c.step(community, place, k, v, sound) && why == "" {
			why = "it is of no sealed day, and one after it is"
		}
		if why != "" {
			c.add(Damage{Table: string(t.name()), Place: place, Why: why})
		}
		return nil
	})
	if t == journal {
		c.chain()
	}
	if err != nil {
		c.unread = true
		c.add(Damage{Table: string(t.name()), Why: fmt.Sprintf("what comes after row %d cannot be read: %v", place, err)})
	}
}

// row checks what a row says and counts it. It gives what is wrong.
func (c *check) row(t table, community uint32, place int, k, v []byte) (why string) {
	switch t {
	case settings, communities:
		return ""
	case counters:
		if community == 0 { // of the file
			return ""
		}
	}
	h := c.held[community]
	if h == nil {
		return "it belongs to no community"
	}
	c.x.community = community
	read := func(count *int, into any, index func() []index) string {
		if json.Unmarshal(v, into) != nil {
			return "it is not what its table holds"
		}
		*count++
		if index == nil {
			return ""
		}
		for _, i := range index() {
			if !c.there(i.table, i.key) {
				return fmt.Sprintf("it is missing in table %q", i.table.name())
			}
		}
		return ""
	}
	n, last := be64(k), tail(k)
	points := func(t table, key []byte) string {
		if !c.there(t, key) {
			return fmt.Sprintf("its row in table %q is missing", t.name())
		}
		return ""
	}
	switch t {
	case chats:
		var o flows.Chat
		return read(&h.Chats, &o, func() []index { return c.at(chatsAt, o.Address) })
	case people:
		var o storage.Person
		return read(&h.People, &o, func() []index { return c.at(peopleAt, o.Addresses...) })
	case cases:
		var o flows.Case
		return read(&h.Cases, &o, func() []index { return c.x.indexed(o, n) })
	case entries:
		var o flows.Entry
		return read(&h.Entries, &o, func() []index { return []index{{ranks, rank(n, o)}, {casesOf, c.x.entryKey(o.Key, n)}} })
	case journal:
		var o storage.Record
		why := read(&h.Records, &o, nil)
		if o.Erased {
			h.Erased++
		}
		return why
	case jobs:
		var o storage.Job
		return read(&h.Jobs, &o, func() []index { return c.x.places(o) })
	case troubles:
		return read(&h.Troubles, &storage.Trouble{}, nil)
	case sealed:
		return c.seals.verdict(place)
	case chatsAt:
		return points(chats, named(c.x, string(v)))
	case peopleAt:
		return points(people, named(c.x, string(v)))
	case recent, spoken, matters:
		return points(cases, put64(nil, last))
	case ranks:
		if _, rest := cutString(k[8:]); len(rest) >= 8 {
			return points(entries, append(put64(nil, n), rest[8:]...))
		}
		return "it has no entry"
	case casesOf:
		key, _ := cutString(k[4:])
		return points(entries, append(put64(nil, last), key...))
	case tallies:
		if count, err := c.x.recount(n, string(k[8:])); err == nil && count != int(be64(v)) {
			return fmt.Sprintf("it says %d where there are %d", be64(v), count)
		}
	case refsOf:
		return points(refs, append(c.x.here(len(k)), k[8:]...))
	case lanes, ready, claims, jobsOf:
		return points(jobs, put64(nil, last))
	}
	return ""
}

// at lists the rows of addresses.
func (c *check) at(t table, addresses ...string) (list []index) {
	for _, a := range addresses {
		if a != "" {
			list = append(list, index{t, named(c.x, a)})
		}
	}
	return list
}

// there says whether a row is in the file. Where a page cannot be read, that is
// said at its table.
func (c *check) there(t table, key []byte) bool {
	if t.since() > uint32(c.Schema) {
		return true
	}
	v, err := c.x.below(t, key)
	return v != nil || err != nil
}

// step takes a row of the journal, and says whether its day has it.
func (c *check) step(community uint32, place int, k, v []byte, sound bool) (placed bool) {
	c.heads.add(community, k, v, sound)
	if n := be64(k); n != c.number {
		c.chain()
		c.number, c.from = n, place
	}
	var r storage.Record
	if !sound || json.Unmarshal(v, &r) != nil {
		c.torn = true // which is said of the row
		return c.seals.add(community, k, nil)
	}
	c.steps = append(c.steps, r)
	return c.seals.add(community, k, r.Chain)
}

// chain verifies the journal of the case that has gone by.
func (c *check) chain() {
	if err := storage.Verify(c.steps); err != nil && !c.torn {
		c.add(Damage{Table: string(journal.name()), Place: c.from, Why: "from here on, one case: " + err.Error()})
	}
	c.steps, c.number, c.torn = c.steps[:0], 0, false
}

// end gives the communities by name.
func (c *check) end() {
	c.heads.end()
	for number, h := range c.held {
		c.heads.community = number
		h.Head = c.heads.get().give(h.Community)
		h.Days = c.seals.of(number)
		c.Communities = append(c.Communities, *h)
	}
	slices.SortFunc(c.Communities, func(a, b Held) int { return strings.Compare(a.Community, b.Community) })
}

// pages lets Bolt check its own.
func (c *check) pages() {
	silent := bbolt.WithKVStringer(nobody{})
	for err := range c.x.snap.bolt.Check(silent) {
		c.add(Damage{Why: "pages: " + err.Error()})
	}
}

// nobody keeps keys and values out of what Bolt says.
type nobody struct{}

func (nobody) KeyToString([]byte) string   { return "a key" }
func (nobody) ValueToString([]byte) string { return "a value" }
