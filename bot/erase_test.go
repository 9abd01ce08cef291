package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/prompts"
	"linli/prompts/local"
	"linli/storage"
	"linli/storage/bolt"
)

// traces are what nothing may hold of the person who is erased: letters that
// nobody else writes with, a number, an account, a room. Each is too long to be among
// random bytes by chance.
var traces = []string{"靐靐", "13900001111", "p77553311", "937151"}

// diary is a channel that keeps a file for everybody it knows.
type diary struct {
	*platform
	dir string
}

func (d *diary) Forget(_ context.Context, address string) error {
	err := os.Remove(filepath.Join(d.dir, address))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Fetch gives a picture; that of a neighbour is the same as one of hers.
func (d *diary) Fetch(_ context.Context, remote string, _ int64) ([]byte, error) {
	return []byte("\xff\xd8\xff " + strings.TrimPrefix(remote, "copy ")), nil
}

// careful fails on what nobody can read.
type careful struct{ prompts.Reader }

func (c careful) Read(text string, x prompts.Context) flows.Reading {
	if strings.Contains(text, "读不了") {
		panic("a fault of the reader")
	}
	return c.Reader.Read(text, x)
}

// home is a community on a disk of its own, which can be copied.
type home struct {
	*stage
	dir string
}

func newHome(t *testing.T) home {
	t.Helper()
	return openHome(t, t.TempDir(), nil)
}

// openHome opens a community in a folder; wrap may stand before its store.
func openHome(t *testing.T, dir string, wrap func(storage.Store) storage.Store) home {
	t.Helper()
	settings := flowstest.Example(t, demand.DutyList())
	for _, name := range []string{"media", "diary"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	db, err := bolt.Open(filepath.Join(dir, "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := newStage(t, func(o *bot.Options) {
		o.Settings, o.Reader, o.Media = settings, careful{local.New()}, filepath.Join(dir, "media")
		o.Channels = []bot.Channel{&diary{o.Channels[0].(*platform), filepath.Join(dir, "diary")}}
		if o.Store = db.In("toy"); wrap != nil {
			o.Store = wrap(o.Store)
		}
	}, flowstest.Flows(t, demand.New, dispatch.New)...)
	s.store, s.db = db.In("toy"), db
	s.toy.caps.Voices, s.toy.caps.Confirms = true, true // so that what was sent is kept for a day
	return home{s, dir}
}

// people gives everybody with a post an account.
func (h home) people() {
	h.Helper()
	h.update(func(tx storage.Tx) error {
		for _, o := range h.o.Settings.People {
			a := "toy:" + string(o.ID)
			if err := tx.PutPerson(storage.Person{ID: o.ID, Name: o.Name, Consent: h.clock.Now(), Addresses: []string{a}, Reach: []string{a}}); err != nil {
				return err
			}
		}
		return tx.PutChat(flows.Chat{ID: "g", Address: "toy:g3", Group: true, Directory: "b3", Title: "3号楼群", Scope: flows.Scope{Building: "3"}, Introduced: h.clock.Now()})
	})
}

// by is something said by somebody with a name, with photos.
func (h home) by(who, name, where, text string, photos ...string) {
	h.Helper()
	in := h.said(who, where, text)
	in.From.Name, in.Keys[0] = name, "m/"+who+"/"+in.Keys[0]
	for _, p := range photos {
		in.Message.Media = append(in.Message.Media, flows.Media{Kind: "photo", Remote: p, Channel: "toy"})
	}
	h.hear(in)
	h.pass(2 * time.Second)
}

// tap presses the newest button with a label that somebody has.
func (h home) tap(who, label string) {
	h.Helper()
	all := h.toy.tries()
	for _, a := range slices.Backward(all) {
		for _, row := range a.Buttons {
			for _, b := range row {
				if a.To == who && b.Label == label {
					h.hear(h.pressed(who, "", b.Data))
					h.pass(2 * time.Second)
					return
				}
			}
		}
	}
	h.Fatalf("%s has no button %s", who, label)
}

// lived lets the person leave traces wherever they can, and gives their id.
func (h home) lived() flows.PersonID {
	h.Helper()
	const she, name = "p77553311", "欧阳靐靐"
	h.people()
	must := func(err error) {
		h.Helper()
		if err != nil {
			h.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(h.dir, "diary", she), []byte(name+"的会话"), 0o600))
	// A case that others follow, with photos, one of which somebody else has sent too.
	h.by(she, name, "g3", "3号楼2单元下水道堵了，我是靐靐13900001111", "hers", "both")
	h.tap(she, "登记")
	h.by("p2", "邻居", "g3", "2单元下水道堵了")
	h.tap("p2", "我也是")
	h.tap("feng", "接单")
	h.tap("feng", "问居民")
	h.by("feng", "冯", "", "几楼？")
	h.by(she, name, "", "一楼，靐靐家门口")
	// One of hers alone, whose card cannot be delivered, and one that waits for the morning.
	h.toy.on(func(to string, m bot.Message) error {
		if to == "feng" && strings.Contains(m.Text, "楼道灯") {
			return bot.Refused{Why: "on purpose"}
		}
		return nil
	})
	h.by(she, name, "", "3号楼2单元楼道灯不亮，靐靐看不见")
	h.toy.on(nil)
	// A neighbour's, that she follows with words of her own.
	h.by("p3", "小赵", "", "5号楼1单元电梯坏了没人修", "copy both")
	h.tap("p3", "登记")
	h.by(she, name, "", "5号楼1单元电梯坏了没人修，靐靐也下不来")
	// What nobody could read, what she says of herself, what is on the way.
	h.by(she, name, "", "我的数据 称呼 靐靐")
	h.at(22, 0)
	h.by(she, name, "", "读不了的靐靐")
	h.by(she, name, "", "东门路灯不亮，靐靐不敢走", "靐靐的照片")
	h.by(she, name, "", "", "靐靐的又一张")
	for range 30 {
		h.hear(h.said(she, "", "靐靐在吗"))
	}
	var id flows.PersonID
	h.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:" + she)
		id = p.ID
		return err
	})
	home := flows.Place{Building: "3", Unit: "2", Room: "937151"}
	must(h.b.Correct(context.Background(), id, bot.Correction{Home: &home}))
	h.update(func(tx storage.Tx) error {
		return errors.Join(tx.PutKey("cap/2026-11/"+string(id), []byte{1}), tx.PutKey("code/x", flows.Data(bot.CodeFor{Kind: "self", Target: string(id), Until: h.clock.Now().Add(time.Hour)})))
	})
	return id
}

// holding gives the files and the rows in which a text still is.
func (h home) holding(what string) (where []string) {
	h.Helper()
	err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if at := bytes.Index(body, []byte(what)); at >= 0 {
			where = append(where, fmt.Sprintf("%s: %q", filepath.Base(path), body[max(0, at-200):min(len(body), at+100)]))
		}
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
	return where
}

// clean says that nothing of the person is left, in any byte of any file.
func (h home) clean(id flows.PersonID) { h.Helper(); h.cleanOf(id, traces) }

func (h home) cleanOf(id flows.PersonID, plants []string) {
	h.Helper()
	if err := h.db.Compact(context.Background()); err != nil {
		h.Fatal(err)
	}
	for _, what := range append(slices.Clone(plants), `"`+string(id)+`"`, "erasing/"+string(id), "11/"+string(id), "do-"+string(id)) {
		for _, where := range h.holding(what) {
			h.Errorf("%q is left in %s", what, where)
		}
		if strings.Contains(h.log.String(), what) {
			h.Errorf("%q is in the log:\n%s", what, h.log)
		}
	}
	h.view(func(tx storage.Tx) error {
		_, err := tx.Cases(1, func(c flows.Case) bool {
			if journal, err := tx.Journal(c.ID); err != nil {
				h.Error(err)
			} else if err := storage.Verify(journal); err != nil {
				h.Errorf("case %s: %v", c.ID, err)
			}
			return false
		})
		return err
	})
}

// stages are the cases with their stage.
func (h home) stages() (list []string) {
	h.Helper()
	h.view(func(tx storage.Tx) error {
		cases, err := tx.Cases(100, nil)
		for _, c := range slices.Backward(cases) {
			list = append(list, fmt.Sprintf("%s %s %d %s %s", c.ID, c.Flow, c.No, c.Item, c.Stage))
		}
		return err
	})
	return list
}

// photos are the files of the media folder.
func (h home) photos() (list []string) {
	h.Helper()
	files, err := filepath.Glob(filepath.Join(h.dir, "media", "*", "*"))
	if err != nil {
		h.Fatal(err)
	}
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			h.Fatal(err)
		}
		list = append(list, string(body))
	}
	slices.Sort(list)
	return list
}

// Of somebody who is erased nothing is found in any byte of any file, the
// journals still verify, and what is others' goes on.
func TestErase(t *testing.T) {
	h := newHome(t)
	id := h.lived()
	for _, what := range traces {
		if len(h.holding(what)) == 0 {
			t.Errorf("%q was never kept: the test tests nothing", what)
		}
	}
	if got := h.photos(); len(got) != 4 {
		t.Errorf("photos %q before", got)
	}
	// What is no text (a packed directory, a key) holds any two letters by chance.
	packed := append([]byte{0x1f, 0x8b, 0xff, ' '}, id+" "...)
	h.update(func(tx storage.Tx) error { return tx.PutKey("directory/1", packed) })
	e, err := h.b.Erase(t.Context(), id, "asked")
	if err != nil {
		t.Fatal(err)
	}
	h.update(func(tx storage.Tx) error {
		if raw, err := tx.Key("directory/1"); err != nil || !bytes.Equal(raw, packed) {
			t.Errorf("what is no text was deleted: %v", err)
		}
		return tx.PutKey("directory/1", nil)
	})
	if !e.Done() || e.Cases == 0 || e.Entries < 3 || e.Records == 0 || e.Rows == 0 || e.Troubles < 2 || e.Keys == 0 || e.Files != 3 {
		t.Errorf("erased %+v", e)
	}
	h.clean(id)
	if want := []string{
		"1 demand 1 2-5 filed", "2 dispatch 1 2-5 taken", // the neighbour waits for it
		"3 demand 2 1-2 withdrawn", "4 dispatch 2 1-2 ended",
		"5 demand 3 1-1 filed", "6 dispatch 3 1-1 sent", // somebody else's
		"7 demand 4 1-5 withdrawn", "8 dispatch 4 1-5 ended",
	}; !slices.Equal(h.stages(), want) {
		t.Errorf("stages %q, want %q", h.stages(), want)
	}
	if got := h.photos(); !slices.Equal(got, []string{"\xff\xd8\xff both"}) {
		t.Errorf("photos %q after", got)
	}
	if _, err := h.b.Erase(t.Context(), id, "asked"); !errors.Is(err, storage.ErrNone) {
		t.Errorf("erased twice: %v", err)
	}
	list, err := h.b.Deletions(t.Context())
	if err != nil || !slices.ContainsFunc(list, func(d bot.Deletion) bool {
		return d == bot.Deletion{Day: "2026-03-11", Class: "person", Why: "asked", N: 1}
	}) {
		t.Errorf("register %+v, %v", list, err)
	}
	h.toy.take()
	h.pass(24 * time.Hour) // what was on the way says nothing of hers
	for _, a := range h.toy.take() {
		for _, what := range traces {
			if strings.Contains(a.Text, what) || a.To == "p77553311" {
				t.Errorf("told afterwards: %s: %s", a.To, a.Text)
			}
		}
	}
	h.clean(id)
}

// faulty is a store in which one Update fails, before or after its commit.
type faulty struct {
	storage.Store
	at    int64
	after bool
	n     atomic.Int64
}

var errFaulty = errors.New("a fault on purpose")

func (f *faulty) Update(ctx context.Context, fn func(storage.Tx) error) error {
	if f.n.Add(1)-1 != f.at {
		return f.Store.Update(ctx, fn)
	}
	if f.after {
		if err := f.Store.Update(ctx, fn); err != nil {
			return err
		}
	}
	return errFaulty
}

// Whatever transaction of an erasing fails, before or after its commit, and
// wherever the process ends: going on leads to the same end.
func TestEraseWithFaults(t *testing.T) {
	first := newHome(t)
	id := first.lived()
	now := first.clock.Now()
	first.db.Close()
	erase := func(t *testing.T, f *faulty) (home, bot.Erasure) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(first.dir)); err != nil {
			t.Fatal(err)
		}
		h := openHome(t, dir, func(s storage.Store) storage.Store { f.Store = s; return f })
		h.clock.Set(now)
		e, err := h.b.Erase(t.Context(), id, "asked")
		for try := 0; errors.Is(err, errFaulty) && try < 3; try++ {
			h.restart()
			if e, err = h.b.Erase(t.Context(), id, "asked"); errors.Is(err, storage.ErrNone) {
				err = nil // it had been the last
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		return h, e
	}
	count := &faulty{at: -1}
	h, want := erase(t, count)
	stages := h.stages()
	for i := range count.n.Load() {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d after %v", i, after), func(t *testing.T) {
				h, got := erase(t, &faulty{at: i, after: after})
				h.clean(id)
				if diff := cmp.Diff(stages, h.stages()); diff != "" {
					t.Error(diff)
				}
				if got != (bot.Erasure{}) && got != want {
					t.Errorf("counted %+v, want %+v", got, want)
				}
			})
		}
	}
}
