package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/webchat"
)

// firstVersion is a data folder as the first version left it: its file, a photo, and a web
// chat with a member, a line and a file.
func firstVersion(t *testing.T, data string) (photo string) {
	t.Helper()
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	gunzip(t, "testdata/old/v1.db.gz", filepath.Join(data, "linli.db"))
	photo = strings.Repeat("ab", 32)
	writeFile(t, filepath.Join(data, "media", "ab", photo), "a photo")
	w, err := webchat.New(webchat.Options{Dir: data, Groups: []webchat.Group{{ID: "b3", Name: "3号楼群"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Send(t.Context(), "g/b3", bot.Message{Text: "记下了", Photos: []bot.Photo{{Data: samplePhoto()}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return photo
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tree lists the files below a folder, but for those of the data file itself.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if !e.IsDir() && rel != "linli.db" && e.Type().IsRegular() {
			names = append(names, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestOldLayoutMovesIntoTheCommunitysFolder(t *testing.T) {
	path := configured(t, []string{"example"}, nil)
	data := filepath.Join(filepath.Dir(path), "data")
	photo := firstVersion(t, data)
	before := tree(t, data)
	check := func(t *testing.T, in *installation) {
		t.Helper()
		h := in.houses[0]
		if body, err := h.photo(t.Context(), photo); err != nil || string(body) != "a photo" {
			t.Errorf("the photo: %q, %v", body, err)
		}
		lines, err := h.web.History("g/b3")
		if err != nil || len(lines) != 1 || len(lines[0].Photos) != 1 {
			t.Fatalf("the chat: %v, %v", lines, err)
		}
		if _, err := h.web.Fetch(t.Context(), lines[0].Photos[0], 1<<20); err != nil {
			t.Errorf("the photo of the chat: %v", err)
		}
		var want []string
		for _, n := range before {
			want = append(want, "example/"+n)
		}
		if got := tree(t, data); !slices.Equal(got, want) {
			t.Errorf("files are %v, want %v", got, want)
		}
		if len(h.numbered(t)) == 0 {
			t.Error("no case is left")
		}
	}
	in := opens(t, path)
	check(t, in)
	if err := in.close(); err != nil {
		t.Fatal(err)
	}
	check(t, opens(t, path)) // once more changes nothing
}

// A crash between two of the renames: whatever has moved, the next start goes on.
func TestMoveGoesOnAfterACrash(t *testing.T) {
	for n := range 1 << len(oldFiles) {
		path := configured(t, []string{"example"}, nil)
		data := filepath.Join(filepath.Dir(path), "data")
		photo := firstVersion(t, data)
		if err := os.Mkdir(filepath.Join(data, "example"), 0o700); err != nil {
			t.Fatal(err)
		}
		for i, name := range oldFiles {
			if n>>i&1 == 1 {
				if err := os.Rename(filepath.Join(data, name), filepath.Join(data, "example", name)); err != nil {
					t.Fatal(err)
				}
			}
		}
		in := opens(t, path)
		if body, err := in.houses[0].photo(t.Context(), photo); err != nil || string(body) != "a photo" {
			t.Errorf("%03b: the photo: %q, %v", n, body, err)
		}
		if lines, err := in.houses[0].web.History("g/b3"); err != nil || len(lines) != 1 {
			t.Errorf("%03b: the chat: %v, %v", n, lines, err)
		}
		for _, name := range oldFiles {
			if _, err := os.Lstat(filepath.Join(data, name)); err == nil {
				t.Errorf("%03b: %s is still there", n, name)
			}
		}
		if err := in.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Who went back to the old program for a day has files in both places.
func TestMoveJoinsWhatIsInBothPlaces(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "media"), filepath.Join(dir, "new", "media")
	writeFile(t, filepath.Join(from, "ab", "1"), "one")
	writeFile(t, filepath.Join(from, "cd", "2"), "two")
	writeFile(t, filepath.Join(to, "ab", "3"), "three")
	left, err := merge(from, to)
	if err != nil || left {
		t.Fatal(left, err)
	}
	if got := tree(t, dir); !slices.Equal(got, []string{"new/media/ab/1", "new/media/ab/3", "new/media/cd/2"}) {
		t.Error(got)
	}
	// A file that is in both is not overwritten, and is told.
	writeFile(t, filepath.Join(dir, "webchat.db"), "old")
	writeFile(t, filepath.Join(dir, "new", "webchat.db"), "new")
	left, err = merge(filepath.Join(dir, "webchat.db"), filepath.Join(dir, "new", "webchat.db"))
	body, _ := os.ReadFile(filepath.Join(dir, "new", "webchat.db"))
	if err != nil || !left || string(body) != "new" {
		t.Error(left, err, string(body))
	}
}

func TestOldLayoutGoesToTheCommunityItWasOf(t *testing.T) {
	path := configured(t, []string{"dongqu", "example"}, nil)
	data := filepath.Join(filepath.Dir(path), "data")
	photo := firstVersion(t, data)
	in := opens(t, path)
	if _, err := in.houses[0].photo(t.Context(), photo); err == nil {
		t.Error("dongqu got the photo")
	}
	if _, err := in.houses[1].photo(t.Context(), photo); err != nil {
		t.Error(err)
	}

	// Where nobody can tell, nothing is moved.
	path = configured(t, []string{"dongqu", "xiqu"}, nil)
	data = filepath.Join(filepath.Dir(path), "data")
	writeFile(t, filepath.Join(data, "media", "ab", photo), "a photo")
	c, files, err := load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := build(t.Context(), c.Data, slog.New(slog.DiscardHandler), c.plans(files, time.Now)...); err == nil || !strings.Contains(err.Error(), "看不出是哪个社区的") {
		t.Error(err)
	}
	if got := tree(t, data); !slices.Equal(got, []string{"media/ab/" + photo}) {
		t.Error(got)
	}
}

func TestNoCommunityIsCalledLikeAFile(t *testing.T) {
	for _, id := range []string{"media", "linli", "linli-x"} {
		path := configured(t, []string{id}, nil)
		c, files, err := load(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := build(t.Context(), c.Data, slog.New(slog.DiscardHandler), c.plans(files, time.Now)...); err == nil || !strings.Contains(err.Error(), "不能叫") {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestPhotoIsFoundByItsHashOnly(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu", "xiqu"}, nil))
	h := in.houses[0]
	photo := strings.Repeat("ab", 32)
	writeFile(t, filepath.Join(h.dir, "media", "ab", photo), "a photo")
	if body, err := h.photo(t.Context(), photo); err != nil || string(body) != "a photo" {
		t.Error(string(body), err)
	}
	for _, name := range []string{"", "a", "../webchat.db", "..", "../../linli.db", strings.ToUpper(photo), photo + "/", "ab/../../" + strings.Repeat("a", 55)} {
		if _, err := h.photo(t.Context(), name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := in.houses[1].photo(t.Context(), photo); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the other community shows it:", err)
	}
}
