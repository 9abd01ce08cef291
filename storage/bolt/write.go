package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"linli/storage"
)

// most is how many closures go into one transaction: enough to make the sync
// cheap, few enough that the first does not wait long for the last.
const most = 1024

// request is one Update that waits for the writer.
type request struct {
	in    *store
	fn    func(storage.Tx) error
	taken atomic.Bool // by the writer, or by the caller who gave up
	done  chan struct{}

	// Written by the writer before done is closed.
	number   uint32 // of the community
	applied  bool
	err      error
	panicked any
	exited   bool // the closure ended its goroutine, as testing.T.FailNow does
}

// Update implements storage.Store.
func (s *store) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{in: s, fn: fn, done: make(chan struct{})}
	if err := s.db.enqueue(r); err != nil {
		return err
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		<-r.done // it runs; only its outcome says whether it is durable
	}
	switch {
	case r.panicked != nil:
		panic(r.panicked)
	case r.exited:
		runtime.Goexit()
	}
	if r.err == nil && s.number.Load() == 0 {
		s.number.Store(r.number)
	}
	return r.err
}

// View implements storage.Store.
func (s *store) View(ctx context.Context, fn func(storage.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.db.broken(); err != nil {
		return err
	}
	b, err := s.db.view()
	if err != nil {
		return fmt.Errorf("bolt: view: %w", err)
	}
	defer b.Rollback()
	// A page that cannot be read is a panic then, and not the end of the process.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	x := &tx{snap: &snapshot{bolt: b, report: s.db.report}, view: true}
	defer func() { x.over = true }()
	if err := x.enter(s); err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	return fn(x)
}

// enter finds the number of the store's community. In a view, one that never
// wrote has none, and finds nothing.
func (x *tx) enter(s *store) error {
	if x.community = s.number.Load(); x.community != 0 {
		return nil
	}
	v, err := x.get(communities, []byte("="+s.community))
	if err == nil {
		x.community = be32(v)
		return nil
	}
	if !errors.Is(err, storage.ErrNone) || x.view {
		return err
	}
	n, err := x.count("community")
	if err != nil {
		return err
	}
	if err := x.put(communities, []byte("="+s.community), put32(nil, uint32(n))); err != nil {
		return err
	}
	x.community = uint32(n)
	return nil
}

func (db *DB) broken() error {
	if p := db.fail.Load(); p != nil {
		return *p
	}
	return nil
}

func (db *DB) enqueue(r *request) error {
	if err := db.broken(); err != nil {
		return err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return errClosed
	}
	db.waiting = append(db.waiting, r)
	if len(db.waiting) == 1 {
		db.wake.Signal()
	}
	return nil
}

// write is the writer: it ends when the file is closed and nothing waits.
func (db *DB) write() {
	defer close(db.ended)
	debug.SetPanicOnFault(true)
	for {
		batch := db.take()
		if batch == nil {
			return
		}
		err := db.commit(batch)
		for _, r := range batch {
			// Who failed on its own account hears that, even if the rest failed too.
			if err != nil && r.err == nil && r.panicked == nil && !r.exited {
				r.err = err
			}
			close(r.done)
		}
		if len(batch) > 1 {
			// Those who were just answered mostly have the next message in hand: let
			// them line up, or batches of one and of all take turns.
			runtime.Gosched()
		}
	}
}

// take waits until something is waiting and takes all of it; nil at the end.
func (db *DB) take() []*request {
	db.mu.Lock()
	defer db.mu.Unlock()
	for {
		for len(db.waiting) == 0 {
			if db.closed {
				return nil
			}
			db.wake.Wait()
		}
		n := min(len(db.waiting), most)
		batch := make([]*request, 0, n)
		for _, r := range db.waiting[:n] {
			if r.taken.CompareAndSwap(false, true) {
				batch = append(batch, r)
			}
		}
		rest := copy(db.waiting, db.waiting[n:])
		clear(db.waiting[rest:])
		db.waiting = db.waiting[:rest]
		if len(batch) > 0 {
			return batch
		}
	}
}

// commit runs a batch in one transaction. The error is that of the commit.
func (db *DB) commit(batch []*request) error {
	db.turn <- struct{}{}
	defer func() { <-db.turn }()
	if err := db.broken(); err != nil {
		return err
	}
	b, err := db.file().Begin(true)
	if err != nil {
		return db.breakDown(err)
	}
	snap := &snapshot{bolt: b, report: db.report}
	for i := 0; i < len(batch) && err == nil; {
		i, err = runFrom(snap, batch, i)
	}
	if err != nil {
		rollback(b)
		return db.breakDown(err)
	}
	wrote := false
	for _, r := range batch {
		wrote = wrote || r.applied
	}
	if !wrote {
		rollback(b)
		return nil
	}
	before := b.ID() - 1
	if err := flush(b); err != nil {
		rollback(b)
		// If the new meta page got into the file all the same, what was refused
		// could be there after a restart, or not: then it is no plain "full".
		if full(err) && db.at() == before {
			return fmt.Errorf("%w: %w", storage.ErrFull, err)
		}
		return db.breakDown(err)
	}
	return nil
}

// runFrom runs the closures from the i-th on, in a goroutine of its own, so
// that one that ends its goroutine does not end the writer, and says from where to go on.
func runFrom(snap *snapshot, batch []*request, i int) (int, error) {
	var failed error
	end := make(chan struct{})
	go func() {
		defer close(end)
		debug.SetPanicOnFault(true)
		defer func() {
			if p := recover(); p != nil {
				failed = fmt.Errorf("bolt: apply: %v", p)
			}
		}()
		for i < len(batch) {
			r := batch[i]
			i++
			x := &tx{snap: snap}
			r.run(x)
			if r.err == nil && r.panicked == nil && len(x.layers) > 0 {
				if failed = snap.apply(x.layers); failed != nil {
					return
				}
				r.applied = true
			}
			snap.reuse(x.layers)
		}
	}()
	<-end
	return i, failed
}

// run calls the closure and notes how it ended.
func (r *request) run(x *tx) {
	returned := false
	defer func() {
		x.over = true
		if returned {
			return
		}
		if r.panicked = recover(); r.panicked == nil {
			r.exited = true
		}
	}()
	if r.err = x.enter(r.in); r.err == nil {
		r.number = x.community
		r.err = r.fn(x)
	}
	returned = true
}

// breakDown refuses everything from now on.
func (db *DB) breakDown(cause error) error {
	err := fmt.Errorf("%w: %w", storage.ErrBroken, cause)
	if db.fail.CompareAndSwap(nil, &err) && db.tell != nil {
		go db.tell(err)
	}
	return err
}

// at gives the number of the last transaction in the file.
func (db *DB) at() int {
	b, err := db.file().Begin(false)
	if err != nil {
		return -1
	}
	defer b.Rollback()
	return b.ID()
}

// flush commits. Bolt answers damaged pages with a panic.
func flush(b *bbolt.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("bolt: commit: %v", p)
		}
	}()
	return b.Commit()
}

// rollback gives up a transaction; after a failed commit it has been done
// already, and after a panic it may not be possible.
func rollback(b *bbolt.Tx) {
	defer func() { _ = recover() }()
	_ = b.Rollback()
}

// full says whether a commit failed for want of space. Bolt does not wrap the
// error of growing the file.
func full(err error) bool {
	return errors.Is(err, bolterrors.ErrMaxSizeReached) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		strings.HasPrefix(err.Error(), "file resize error") && strings.Contains(err.Error(), syscall.ENOSPC.Error())
}
