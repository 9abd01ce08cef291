package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"linli/flows"
	"linli/storage"
)

// dayOf notes a step of each case in a community, and seals the day.
func dayOf(t *testing.T, h *house, date string, cases ...flows.ID) (d storage.Day) {
	t.Helper()
	err := h.store.Update(t.Context(), func(tx storage.Tx) error {
		for _, id := range cases {
			if err := tx.Note(storage.Record{Case: id, At: atNight, Kind: "said", By: "王阿姨", After: "open"}); err != nil {
				return err
			}
		}
		var err error
		if d, _, err = tx.Unsealed(); err != nil {
			return err
		}
		d.Date, d.At = date, atNight
		d, err = tx.SealDay(d)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRoot(t *testing.T) {
	path := configured(t, []string{"dongqu", "xiqu"}, nil)
	in := opens(t, path)
	setClock(in, atNight)
	a, b := in.houses[0], in.houses[1]
	for _, h := range in.houses {
		h.now = func() time.Time { return time.Date(2020, 11, 22, 9, 0, 0, 0, atNight.Location()) }
	}
	var out strings.Builder
	root := func(args ...string) error {
		out.Reset()
		return rootDeed(t.Context(), in, args, &out)
	}
	if err := root("--community", "dongqu"); err == nil || !strings.Contains(err.Error(), "还没有每日校验值") {
		t.Errorf("before the first: %v", err)
	}
	one := dayOf(t, a, "2020-11-20", "k1", "k1", "k2")
	older, err := in.backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	two := dayOf(t, a, "2020-11-21", "k1", "only")
	other := dayOf(t, b, "2020-11-21", "k1")

	if err := root("--community", "dongqu"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"dongqu（虚构）", "2020年11月21日", "\n    " + two.Short() + "\n", "流水2条", two.Full(), one.Short()} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "王") {
		t.Errorf("somebody is named\n%s", &out)
	}
	if err := root("2020-11-20", "--community", "dongqu"); err != nil || !strings.Contains(out.String(), one.Full()) || strings.Contains(out.String(), two.Short()) {
		t.Errorf("%v\n%s", err, &out)
	}
	for _, args := range [][]string{nil, {"--community", "dongqu", "2020-11-22"}, {"--community", "dongqu", "昨天"}, {"--community", "dongqu", "2020-11-20", "2020-11-21"}, {"--community", "nanqu"}} {
		if err := root(args...); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	for _, h := range in.houses {
		if x, err := h.stands(t.Context()); err != nil || x.Sealed != "2020-11-21" {
			t.Errorf("%s stands at %q, %v", h.id, x.Sealed, err)
		}
	}

	setClock(in, atNight.Add(time.Hour))
	dir, err := in.backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "linli.db")
	verify := func(args ...string) error {
		out.Reset()
		return verifyCommand(t.Context(), args, &out, &out)
	}
	short := strings.ReplaceAll(two.Short(), " ", "")
	wrong := "0" + short[1:]
	if short[0] == '0' {
		wrong = "1" + short[1:]
	}
	right := [][2]string{{"2020-11-21=" + short, "dongqu：2020年11月21日的校验值和纸上的一样"}, {"2020-11-21=" + strings.ToLower(two.Short()), "dongqu：2020"},
		{"2020-11-20 = " + strings.ReplaceAll(one.Full(), " ", "-"), "dongqu：2020年11月20日"}, {"2020-11-21=" + other.Short(), "xiqu：2020年11月21日"}}
	differs := [][2]string{{"2020-11-21=" + wrong, "不一样"}, {"2020-11-20=" + short, "不一样"}, {"2020-11-19=" + short, "没有2020年11月19日的校验值"}, {"2020-11-21=" + two.Full()[:74] + "0000", "不一样"}}
	for _, how := range [][]string{{file}, {"--config", path}} { // of a copy; then of the running one
		if how[0] == "--config" {
			running(t, in)
		}
		if err := verify(how...); err != nil || !strings.Contains(out.String(), "每日校验值：2天，都对得上") && how[0] == file {
			t.Errorf("%v\n%s", err, &out)
		}
		for _, x := range right {
			if err := verify(append(how, "--root", x[0])...); err != nil || !strings.Contains(out.String(), x[1]) {
				t.Errorf("%v: %v\n%s", x, err, &out)
			}
		}
		for _, x := range differs {
			if err := verify(append(how, "--root", x[0])...); err == nil || err.Error() != errUnsound.Error() || !strings.Contains(out.String(), x[1]) || strings.Contains(out.String(), "没有被改过") {
				t.Errorf("%v: %v\n%s", x, err, &out)
			}
		}
		if err := verify(append(how, "--root", right[0][0], "--root", differs[0][0])...); err == nil || !strings.Contains(out.String(), "和纸上的一样") {
			t.Errorf("two at once: %v\n%s", err, &out)
		}
	}
	for _, text := range []string{"", "2020-11-21", "2020-11-21=", "2020-11-21=" + short[:14], "2020-11-21=XYZ", "11月21日=" + short, "2020-11-21=" + strings.Repeat("A", 66)} {
		if err := verify(file, "--root", text); err == nil || errors.Is(err, errUnsound) {
			t.Errorf("%q: %v", text, err)
		}
	}

	// The backup of before the second day.
	if err := verify(filepath.Join(older, "linli.db"), "--root", right[0][0]); !errors.Is(err, errUnsound) || !strings.Contains(out.String(), "更早的备份恢复过") {
		t.Errorf("%v\n%s", err, &out)
	}

	// A whole case of the second day is taken out of the file: no chain misses it.
	copied := filepath.Join(t.TempDir(), "linli.db")
	raw, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(copied, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(copied, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte("journal")).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if bytes.Contains(v, []byte(`"only"`)) {
				return c.Delete()
			}
		}
		return errors.New("it is not there")
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := verify(copied); !errors.Is(err, errUnsound) || !strings.Contains(out.String(), "每日校验值：2天，对不上的1天：2020-11-21\n") {
		t.Errorf("%v\n%s", err, &out)
	}
	if err := verify(copied, "--root", right[0][0]); !errors.Is(err, errUnsound) || !strings.Contains(out.String(), "但2020年11月21日的流水已经不是那时的样子") {
		t.Errorf("%v\n%s", err, &out)
	}
	if err := verify(copied, "--root", right[2][0]); !errors.Is(err, errUnsound) || !strings.Contains(out.String(), "11月20日的校验值和纸上的一样，那天和以前的流水没有动过") {
		t.Errorf("the day before: %v\n%s", err, &out)
	}
}

// The sheet is served where Linli runs, and the day that is over is sealed at the
// start.
func TestBoardIsServed(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	base, _ := running(t, in)
	who := visits(t, base)
	day := in.houses[0].now().In(in.zone()).AddDate(0, 0, -1).Format(time.DateOnly)
	until(t, "no day was sealed", func() bool {
		x, err := in.houses[0].stands(t.Context())
		return err == nil && x.Sealed >= day
	})
	for _, path := range []string{"/board", "/board/" + day} {
		if n, body, _ := who.get(path); n != 200 || !strings.Contains(body, "每日校验值") {
			t.Errorf("%s: %d", path, n)
		}
	}
}

func TestDoctorOfDays(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	_, files, err := load(filepath.Join(filepath.Dir(in.data), "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, files[0].Settings.Zone)
	for _, x := range []struct {
		sealed  string
		running bool
		at      time.Time
		want    string
	}{
		{"2026-11-22", true, at, ""},
		{"2026-11-22", false, at, ""},
		{"2026-11-20", true, at, "不好　每日校验值算到2026-11-20，该算到昨天"},
		{"2026-11-20", false, at, "注意　每日校验值算到2026-11-20：下次启动时补算"},
		{"", false, at, "注意　每日校验值一天也没有算过：下次启动时补算"},
		{"2026-11-21", true, at.Add(-8*time.Hour - 30*time.Minute), ""}, // half past midnight: it may be on its way
		{"2026-11-21", true, at.Add(-7 * time.Hour), "不好　"},
	} {
		var out strings.Builder
		d := &doctor{out: &out, now: func() time.Time { return x.at }}
		d.house(houseStands{Bound: 1, Sealed: x.sealed}, "", files[0], x.running)
		if got := strings.Contains(out.String(), "每日校验值"); got != (x.want != "") || !strings.Contains(out.String(), x.want) {
			t.Errorf("%+v:\n%s", x, &out)
		}
		says(t, out.String())
	}
}
