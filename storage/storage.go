// Package storage says what Linli keeps and what a store must promise. A store
// is bound to one community: every row it writes begins with the community, and
// nothing of another one can be read through it.
//
// The promises, checked for every store by storagetest:
//
//   - Update is atomic, durable when it returns nil, and serialises with every
//     other Update of the same chat, case and job (in Bolt with every other).
//     A closure that returns an error, or panics, leaves no trace and disturbs no
//     other.
//   - After a commit that failed for another reason than a full disk the store
//     refuses everything (ErrBroken): nothing is acknowledged after a failed sync.
//   - A record that was damaged is never served, and makes nothing else
//     unusable. Who asks for it alone gets ErrDamaged. What lists, leaves it out, and the
//     store reports it once to who opened it. Writing over it and dropping it
//     work. Claim gives up a row that cannot be read, so that its lane goes on;
//     Tally counts anew; a damaged mark is one that was seen. Only what all the
//     rest hangs on (a counter, the name of a community) fails until a backup
//     is restored.
//
// The package knows the vocabulary of flows and nothing of channels.
package storage

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"linli/flows"
)

var (
	// ErrNone says that there is no such row.
	ErrNone = errors.New("storage: no such row")
	// ErrBroken says that a commit failed and the process must end.
	ErrBroken = errors.New("storage: a commit failed, nothing more is accepted")
	// ErrFull says that the disk (or the file's allowed size) is full; nothing of
	// the Update was kept, and it may be tried again when there is space.
	ErrFull = errors.New("storage: the disk is full")
	// ErrDamaged says that a record does not match its own checksum.
	ErrDamaged = errors.New("storage: a record is damaged")
	// ErrNewer says that the file was written by a newer version of Linli.
	ErrNewer = errors.New("storage: the file was written by a newer version")
)

// Store keeps one community.
type Store interface {
	// Update runs fn in a transaction and returns when it is durable, or with
	// fn's error. fn may be run by another goroutine, and must not keep its Tx.
	Update(ctx context.Context, fn func(Tx) error) error
	// View runs fn on a snapshot; the writing methods of its Tx fail.
	View(ctx context.Context, fn func(Tx) error) error
	Close() error
}

// Tx is one transaction: a few nouns. Getters give ErrNone for what is not
// there; values they return belong to the caller.
type Tx interface {
	// Key is a small named value: a cursor, a code, a setting. Nil deletes.
	// Names that begin with "case/<id>/" are dropped with the case.
	Key(name string) ([]byte, error)
	PutKey(name string, value []byte) error
	Keys(prefix string) (map[string][]byte, error)
	// Once marks a name as seen, with the answer that was given, unless it has
	// been seen; then it gives that answer back. Marks live in a bucket of their
	// day that DropMarks drops whole; they are looked for in all that are left.
	Once(name string, at time.Time, answer []byte) (prior []byte, seen bool, err error)
	// Answer replaces the answer of a mark made by Once in this transaction.
	Answer(name string, at time.Time, answer []byte) error
	DropMarks(before time.Time) error
	// Count gives the next value of a persisted counter, from 1.
	Count(name string) (int, error)

	Chat(id flows.ChatID) (flows.Chat, error)
	ChatAt(address string) (flows.Chat, error)
	PutChat(flows.Chat) error
	Chats() ([]flows.Chat, error)

	Person(id flows.PersonID) (Person, error)
	PersonAt(address string) (Person, error) // by any of Person.Addresses
	PutPerson(Person) error
	DropPerson(id flows.PersonID) error
	People() ([]Person, error)

	Case(id flows.ID) (flows.Case, error)
	PutCase(flows.Case) error
	// DropCase deletes a case with its entries, refs, keys, rows and the
	// content of its journal (the chain stays).
	DropCase(id flows.ID) error
	// Same gives the cases that are not done and one of whose Matter keys begins
	// with the key, or is a beginning of it, in the order of their numbers.
	Same(matter string) ([]flows.Case, error)
	// Numbered gives the cases with a number, oldest first.
	Numbered(no int) ([]flows.Case, error)
	// Cases gives up to n cases, newest first, that keep allows (nil: all).
	Cases(n int, keep func(flows.Case) bool) ([]flows.Case, error)

	// CasesWith gives up to n cases that have an entry with this key, newest first.
	CasesWith(key string, n int) ([]flows.Case, error)

	Entry(id flows.ID, key string) (flows.Entry, error)
	PutEntry(id flows.ID, e flows.Entry) error // one per key; a new tag replaces the old one
	DropEntry(id flows.ID, key string) error
	// Entries gives up to n entries of a tag by order then key, after the given
	// cursor ("" from the start), and the cursor to go on with ("" at the end).
	Entries(id flows.ID, tag, cursor string, n int) (page []flows.Entry, next string, err error)
	// Tally gives the number of entries of a case by tag.
	Tally(id flows.ID) (map[string]int, error)

	// Ref ties a message of a chat (by the platform's reference) to a case.
	Ref(chat flows.ChatID, ref string) (flows.ID, error)
	PutRef(chat flows.ChatID, ref string, id flows.ID) error
	// DropRefs unties every message of a chat.
	DropRefs(chat flows.ChatID) error

	// AddJob appends a row to the outbox and gives its id, which is never reused
	// and grows.
	AddJob(Job) (uint64, error)
	Job(id uint64) (Job, error)
	// PutJob replaces a row (a new time, another attempt, a new body; not its
	// lane) and ends its claim.
	PutJob(Job) error
	DropJob(id uint64) error
	// Lane gives the rows of a lane in order, the head first.
	Lane(lane string) ([]Job, error)
	// JobsOf gives the rows that belong to a case.
	JobsOf(id flows.ID) ([]Job, error)
	// Claim takes up to n rows that are due at now, the urgent first, then by
	// time: rows without a lane, and of each lane only the head. A claimed row
	// is not due again before lease has run out, and its lane waits with it.
	// allow may be nil; if it gives a later time for a row, the row is put off until
	// then instead. next is when the earliest row that was not claimed is due (zero if there is none).
	Claim(now time.Time, owner string, lease time.Duration, n int, allow func(Job) time.Time) (jobs []Job, next time.Time, err error)
	// Claimed gives the rows that are claimed now.
	Claimed() ([]Job, error)
	// Jobs gives all rows of the outbox, in the order of their ids.
	Jobs() ([]Job, error)

	// Note appends a record to the journal of its case and chains it (see Record).
	Note(Record) error
	Journal(id flows.ID) ([]Record, error)
	// EraseRecords erases the records of a case for which of says so; the chain
	// stays. It erases damaged ones too, for nobody can say what is in them. A case
	// that is not there has no records.
	EraseRecords(id flows.ID, of func(Record) bool) error

	// Unsealed gives all that was noted since a day was last sealed, as a Day that lacks
	// Date, At and Root, and the date of that last one ("": none was). It looks
	// at every case the community ever had, so it is for a View.
	Unsealed() (d Day, last string, err error)
	// SealDay seals what Unsealed gave, here or in an earlier transaction, under a date
	// that is later than all before. What was noted meanwhile waits for the next day.
	// A day without records has nothing but the root Before it.
	SealDay(d Day) (Day, error)
	// SealedDay gives the day of a date, "" the last one.
	SealedDay(date string) (Day, error)

	// Troubles are what could not be done and a person must look at.
	AddTrouble(Trouble) (uint64, error)
	Troubles() ([]Trouble, error)
	DropTrouble(id uint64) error
}

// Person is somebody Linli knows: a resident who agreed to it, or a person with a
// post whose account was bound by a code.
type Person struct {
	ID        flows.PersonID `json:"id"`
	Name      string         `json:"name,omitempty"` // as they call themselves; a resident's never leaves the staff
	Lang      string         `json:"lang,omitempty"`
	Home      flows.Place    `json:"home,omitzero"`
	Proven    time.Time      `json:"proven,omitzero"`     // when Home was made sure of, by a code that was brought to it
	Consent   time.Time      `json:"consent,omitzero"`    // the tap
	Addresses []string       `json:"addresses,omitempty"` // channel:rest; who they are on a platform
	Reach     []string       `json:"reach,omitempty"`     // of these, the private chats to which we may write, best first
	Expect    Expect         `json:"expect,omitzero"`
	Recent    []Recent       `json:"recent,omitempty"`
	Seen      time.Time      `json:"seen,omitzero"`
	Asked     time.Time      `json:"asked,omitzero"`   // when they were offered, once, to be told in private
	Profile   flows.Profile  `json:"profile,omitzero"` // what they have said of themself, by buttons
}

// Expect says to which case the person's next message to Linli belongs.
type Expect struct {
	Case  flows.ID  `json:"case"`
	Tag   string    `json:"tag"`
	Until time.Time `json:"until"`
}

// Recent is a case a person has just spoken about in a chat.
type Recent struct {
	Case  flows.ID     `json:"case"`
	Chat  flows.ChatID `json:"chat"`
	Until time.Time    `json:"until"`
}

// Job is a row of the outbox.
type Job struct {
	ID       uint64          `json:"id"`
	Kind     string          `json:"kind"` // the engine's: say, send, wake, ask, fetch
	Case     flows.ID        `json:"case,omitempty"`
	Lane     string          `json:"lane,omitempty"` // rows of a lane leave in order
	Urgent   bool            `json:"urgent,omitempty"`
	At       time.Time       `json:"at"` // not before
	Slot     string          `json:"slot,omitempty"`
	Attempts int             `json:"attempts,omitempty"`
	Owner    string          `json:"owner,omitempty"` // who has claimed it
	Lease    time.Time       `json:"lease,omitzero"`  // until when
	Body     json.RawMessage `json:"body"`
}

// Record is one step of a case: who did what, and where it stood before and
// after. It is kept for the desk, for supervision and for the resident, and is never the source
// of truth.
type Record struct {
	Case     flows.ID       `json:"case"`
	Seq      int            `json:"seq"` // from 1 in each case, set by Note
	At       time.Time      `json:"at"`
	Event    string         `json:"event"`
	Kind     string         `json:"kind"` // flows.Kind
	By       flows.PersonID `json:"by,omitempty"`
	Detail   string         `json:"detail,omitempty"` // the choice, the wake's name; never a resident's words
	Before   string         `json:"before,omitempty"`
	After    string         `json:"after"`
	Settings string         `json:"settings,omitempty"` // version
	Erased   bool           `json:"erased,omitempty"`

	// The chain survives erasure: Commitment is SHA-256 over Salt and the fields
	// above, Chain is SHA-256 over the chain before it, Seq and Commitment. Erasing
	// a record deletes the fields and the salt and keeps Seq, Commitment and Chain.
	Salt       []byte `json:"salt,omitempty"`
	Commitment []byte `json:"commitment"`
	Chain      []byte `json:"chain"`
}

// Trouble is something that could not be done: a message on which a rule failed
// (parked), a row that can not be sent (dead), a send whose end is not known
// (unknown). Text is kept until it is resolved, at most until Until.
type Trouble struct {
	ID       uint64          `json:"id"`
	Kind     string          `json:"kind"`
	At       time.Time       `json:"at"`
	Until    time.Time       `json:"until"`
	Case     flows.ID        `json:"case,omitempty"`
	Chat     flows.ChatID    `json:"chat,omitempty"`
	Why      string          `json:"why"`                // for staff and logs: never a resident's words
	Text     string          `json:"text,omitempty"`     // for staff only
	Discreet bool            `json:"discreet,omitempty"` // violence, self-harm: the text is kept from the staff's lists
	Body     json.RawMessage `json:"body,omitempty"`     // what to try again
}
