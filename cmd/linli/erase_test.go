package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linli/flows"
	"linli/storage"
)

// livedIn is an installation in which two people reported something, one of them
// with a photo's worth of history in a backup.
func livedIn(t *testing.T) (in *installation, wang, li string) {
	t.Helper()
	in = opens(t, configured(t, []string{"dongqu"}, nil))
	base, stop := running(t, in)
	h := in.houses[0]
	wang = enters(t, visits(t, base), h, h.code(t, "join", "b3"), "王阿姨")
	li = enters(t, visits(t, base), h, h.code(t, "join", "b3"), "李大爷")
	h.reports(t, wang, "3号楼2单元电梯坏了老人下不了楼")
	h.reports(t, li, "3号楼1单元下水道堵了")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	return in, wang, li
}

func TestErase(t *testing.T) {
	in, wang, li := livedIn(t)
	h := in.houses[0]
	move := setClock(in, atNight)
	empty, err := in.backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A backup from before she came.
	for _, name := range []string{"linli.db", "dongqu/webchat.db"} {
		if err := os.Truncate(filepath.Join(empty, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	move(time.Hour)
	// One in which she had only written in the group, and Linli did not know her yet.
	wrote, err := in.backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(wrote, "linli.db"), 0); err != nil {
		t.Fatal(err)
	}
	move(time.Hour)
	with, err := in.backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	move(time.Hour)
	var out strings.Builder
	do := func(args ...string) error {
		out.Reset()
		return eraseDeed(t.Context(), in, args, &out)
	}

	if err := do("没有这个人"); err == nil {
		t.Error("somebody who is not there was found")
	}
	if err := do("王阿姨"); !errors.Is(err, errNotErased) || !strings.Contains(out.String(), "--yes") {
		t.Errorf("%v %s", err, &out)
	}
	if found, _ := h.find(t.Context(), "王阿姨"); len(found) != 1 {
		t.Fatal("without --yes she is gone")
	}
	// Two of one name.
	if err := h.store.Update(t.Context(), func(tx storage.Tx) error {
		p, err := tx.PersonAt("webchat:m/" + li)
		p.Name = "王阿姨"
		return errors.Join(err, tx.PutPerson(p))
	}); err != nil {
		t.Fatal(err)
	}
	if err := do("--yes", "王阿姨"); !errors.Is(err, errNotErased) || strings.Count(out.String(), "王阿姨") != 2 {
		t.Errorf("%v %s", err, &out)
	}
	if found, _ := h.find(t.Context(), "王阿姨"); len(found) != 2 {
		t.Fatal("one of two was chosen")
	}

	if err := do("webchat:m/"+wang, "--yes"); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if found, _ := h.find(t.Context(), "webchat:m/"+wang); len(found) != 0 {
		t.Error("she is still known")
	}
	if found, _ := h.find(t.Context(), "webchat:m/"+li); len(found) != 1 {
		t.Error("the other one is gone, too")
	}
	for _, dir := range []string{with, wrote} {
		if _, err := os.Stat(dir); err == nil {
			t.Error("a backup in which she is was kept")
		}
	}
	if _, err := os.Stat(empty); err != nil {
		t.Error("a backup in which she never was is gone")
	}
	dirs, _ := backups(in.config.Backup.Dir)
	if len(dirs) != 2 {
		t.Errorf("backups are %v", dirs)
	}
	for _, file := range []string{filepath.Join(in.data, "linli.db"), filepath.Join(h.dir, "webchat.db"), filepath.Join(dirs[0], "linli.db"), filepath.Join(dirs[0], "dongqu", "webchat.db")} {
		for _, text := range []string{"老人下不了楼", wang} {
			if there, err := holds(file, [][]byte{[]byte(text)}); err != nil || there {
				t.Errorf("%s holds %q: %v %v", file, text, there, err)
			}
		}
		if there, err := holds(file, [][]byte{[]byte(li)}); err != nil || !there {
			t.Errorf("%s does not hold the other one: %v", file, err)
		}
	}
	if err := sound(filepath.Join(dirs[0], "linli.db")); err != nil {
		t.Error(err)
	}
	out.Reset()
	if err := deletionsDeed(t.Context(), in, nil, &out); err != nil || !strings.Contains(out.String(), "person\tasked\t1") || strings.Contains(out.String(), "王") {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestEraseKeepsBackupsIfAsked(t *testing.T) {
	in, wang, _ := livedIn(t)
	setClock(in, atNight)
	with, err := in.backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := eraseDeed(t.Context(), in, []string{"--yes", "--keep-backups", "webchat:m/" + wang}, &out); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(with); err != nil || !strings.Contains(out.String(), "旧备份没有动") {
		t.Errorf("%v %s", err, &out)
	}
}

func TestDescribeNamesNoAccount(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	got := in.houses[0].describe(storage.Person{ID: "r7", Name: "王阿姨", Addresses: []string{"telegram:4711"}, Home: flows.Place{Building: "3", Unit: "2"}})
	if !strings.Contains(got, "r7") || !strings.Contains(got, "telegram") || strings.Contains(got, "4711") {
		t.Error(got)
	}
}

func TestHoldsFindsWhatLiesAcrossBlocks(t *testing.T) {
	name := strings.Repeat("n", 40)
	for _, at := range []int{0, 1, 1<<20 - 20, 1<<20 - 1, 1 << 20, 2<<20 - 7} {
		text := strings.Repeat("x", at) + name + strings.Repeat("y", 100)
		path := write(t, "f", text)
		if ok, err := holds(path, [][]byte{[]byte(name)}); err != nil || !ok {
			t.Errorf("at %d: %v %v", at, ok, err)
		}
		if ok, err := holds(path, [][]byte{[]byte(name + "n")}); err != nil || ok {
			t.Errorf("at %d: found what is not there", at)
		}
	}
}
