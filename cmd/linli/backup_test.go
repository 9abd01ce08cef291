package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// setClock gives an installation a clock that the test moves.
func setClock(in *installation, at time.Time) func(time.Duration) {
	now := at
	in.now = func() time.Time { return now }
	return func(d time.Duration) { now = now.Add(d) }
}

var atNight = time.Date(2026, 11, 23, 3, 30, 0, 0, time.FixedZone("CST", 8*3600))

func TestBackupHoldsEverything(t *testing.T) {
	path := configured(t, []string{"dongqu", "xiqu"}, nil)
	in := opens(t, path)
	setClock(in, atNight)
	a, b := in.houses[0], in.houses[1]
	photo := strings.Repeat("cd", 32)
	writeFile(t, filepath.Join(a.dir, "media", "cd", photo), "a photo")
	writeFile(t, filepath.Join(a.dir, "media", "cd", photo+".part"), "half a photo")
	if _, err := b.web.Send(t.Context(), "g/b3", bot.Message{Text: "只在西区", Photos: []bot.Photo{{Data: samplePhoto()}}}); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := backupDeed(t.Context(), in, nil, &out); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(in.config.Backup.Dir, "2026-11-23_033000")
	if !strings.Contains(out.String(), dir) {
		t.Errorf("it says %q", &out)
	}
	// A file that never changes takes no second room.
	one, err1 := os.Stat(filepath.Join(a.dir, "media", "cd", photo))
	two, err2 := os.Stat(filepath.Join(dir, "dongqu", "media", "cd", photo))
	if err1 != nil || err2 != nil || !os.SameFile(one, two) {
		t.Error("the photo is not linked", err1, err2)
	}
	if _, err := os.Stat(filepath.Join(dir, "dongqu", "media", "cd", photo+".part")); err == nil {
		t.Error("half a photo is in the backup")
	}
	if err := in.close(); err != nil {
		t.Fatal(err)
	}

	// It opens as a data folder.
	c, files, err := load(path)
	if err != nil {
		t.Fatal(err)
	}
	c.Data = dir
	back, err := build(t.Context(), dir, slog.New(slog.DiscardHandler), c.plans(files, time.Now)...)
	if err != nil {
		t.Fatal(err)
	}
	defer back.close()
	if body, err := back.houses[0].photo(t.Context(), photo); err != nil || string(body) != "a photo" {
		t.Errorf("%q %v", body, err)
	}
	lines, err := back.houses[1].web.History("g/b3")
	if err != nil || len(lines) != 1 {
		t.Fatal(lines, err)
	}
	if _, err := back.houses[1].web.Fetch(t.Context(), lines[0].Photos[0], 1<<20); err != nil {
		t.Error(err)
	}
	var groups int
	err = back.houses[1].store.View(t.Context(), func(tx storage.Tx) error {
		chats, err := tx.Chats()
		groups = len(chats)
		return err
	})
	if err != nil || groups == 0 {
		t.Error(groups, err)
	}
}

func TestOldBackupsGo(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	in.config.Backup.Keep = 3
	move := setClock(in, atNight)
	// What an interrupted backup left, and what is none of ours.
	writeFile(t, filepath.Join(in.config.Backup.Dir, "2026-11-01_033000"+unfinished, "linli.db"), "half")
	writeFile(t, filepath.Join(in.config.Backup.Dir, "notes", "keep.txt"), "mine")
	var names []string
	for range 5 {
		in.round(t.Context())
		move(24 * time.Hour)
	}
	dirs, err := backups(in.config.Backup.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		names = append(names, filepath.Base(d))
	}
	if got := strings.Join(names, " "); got != "2026-11-27_033000 2026-11-26_033000 2026-11-25_033000" {
		t.Error(got)
	}
	if _, err := os.Stat(filepath.Join(in.config.Backup.Dir, "notes", "keep.txt")); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(in.config.Backup.Dir, "*"+unfinished)); len(left) > 0 {
		t.Error(left)
	}
}

func TestWhenTheNextRoundIs(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	if !in.nextRound().IsZero() {
		t.Error("without a backup it is not overdue")
	}
	zone := in.zone()
	for _, x := range []struct{ last, next string }{
		{"2026-11-23_033000", "2026-11-24 03:30"},
		{"2026-11-23_032959", "2026-11-23 03:30"},
		{"2026-11-23_150000", "2026-11-24 03:30"},
		{"2026-12-31_033001", "2027-01-01 03:30"},
	} {
		if err := os.MkdirAll(filepath.Join(in.config.Backup.Dir, x.last), 0o700); err != nil {
			t.Fatal(err)
		}
		if got := in.nextRound().In(zone).Format("2006-01-02 15:04"); got != x.next {
			t.Errorf("after %s: %s, want %s", x.last, got, x.next)
		}
		if err := os.Remove(filepath.Join(in.config.Backup.Dir, x.last)); err != nil {
			t.Fatal(err)
		}
	}
}

// A copy that is not good is no backup: the older ones stay the newest.
func TestBackupOfADamagedFile(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	setClock(in, atNight)
	path := filepath.Join(in.data, "linli.db")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hit := 0
	for at := range raw {
		if bytes.HasPrefix(raw[at:], []byte("东区群")) {
			hit++
			if _, err := f.WriteAt([]byte("西"), int64(at)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if hit == 0 {
		t.Fatal("the row to damage is not in the file")
	}
	if _, err := in.backup(t.Context()); err == nil || !strings.Contains(err.Error(), "not good") {
		t.Error(err)
	}
	if left, _ := os.ReadDir(in.config.Backup.Dir); len(left) > 0 {
		t.Error(left)
	}
}

// A backup that cannot be made leaves nothing half, and says so.
func TestBackupThatFails(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	writeFile(t, in.config.Backup.Dir, "a file where the folder should be")
	if err := backupDeed(t.Context(), in, nil, io.Discard); err == nil || !strings.Contains(err.Error(), "备份没有做成") {
		t.Error(err)
	}
}

func TestNightlyRoundCompactsAfterErasing(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	base, stop := running(t, in)
	h := in.houses[0]
	member := enters(t, visits(t, base), h, h.code(t, "join", "b3"), "王阿姨")
	const said = "3号楼2单元电梯坏了老人下不了楼"
	h.reports(t, member, said)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	found, err := h.find(t.Context(), "王阿姨")
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if erased, err := in.erasedSince(t.Context()); err != nil || erased {
		t.Fatal("nothing was erased yet:", erased, err)
	}
	if _, err := h.bot.Erase(t.Context(), found[0].ID, "asked"); err != nil {
		t.Fatal(err)
	}
	if erased, err := in.erasedSince(t.Context()); err != nil || !erased {
		t.Fatal("the erasing is not known:", erased, err)
	}
	in.round(t.Context())
	if erased, err := in.erasedSince(t.Context()); err != nil || erased {
		t.Error("it would be compacted every night:", erased, err)
	}
	for _, file := range []string{"linli.db", "dongqu/webchat.db"} {
		if in, err := holds(filepath.Join(in.data, file), [][]byte{[]byte(said), []byte(member)}); err != nil || in {
			t.Errorf("%s still holds it: %v %v", file, in, err)
		}
	}
}

// Days pass: an overdue backup is made soon after the start, then one each night.
func TestMaintainMakesABackupEachNight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := opens(t, configured(t, []string{"dongqu"}, nil))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- in.maintain(ctx) }()
		began := time.Now()
		time.Sleep(settleIn - time.Second)
		if dirs, _ := backups(in.config.Backup.Dir); len(dirs) > 0 {
			t.Error("it does not wait until people are served:", dirs)
		}
		time.Sleep(3 * 24 * time.Hour)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		dirs, err := backups(in.config.Backup.Dir)
		if err != nil || len(dirs) != 4 {
			t.Fatal(dirs, err)
		}
		want := []string{began.Add(settleIn).In(in.zone()).Format(backupName)}
		for i := range 3 {
			at := flows.Clock(in.config.Backup.At).On(began.In(in.zone()).AddDate(0, 0, i+1))
			want = append(want, at.Format(backupName))
		}
		for i, d := range dirs {
			if got := filepath.Base(d); got != want[3-i] {
				t.Errorf("%s, want %s", got, want[3-i])
			}
		}
	})
}
