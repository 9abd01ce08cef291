package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// polled is an installation in which the whole community was asked something, of which
// everybody with a post has voted, and in which the clock stands where the test puts it.
type polled struct {
	*installation
	path string
	id   flows.ID
	at   atomic.Int64 // of the clock
	n    int
}

func (p *polled) now() time.Time { return time.Unix(0, p.at.Load()).In(time.FixedZone("CST", 8*3600)) }

func holdsPoll(t *testing.T) *polled {
	t.Helper()
	p := &polled{path: configured(t, []string{"dongqu"}, nil)}
	p.at.Store(time.Date(2026, 11, 17, 10, 0, 0, 0, p.now().Location()).UnixNano())
	c, files, err := load(p.path)
	if err != nil {
		t.Fatal(err)
	}
	if p.installation, err = build(t.Context(), c.Data, bottest.Logger(t), c.plans(files, p.now)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.close() })
	p.config = c
	if err := p.welcome(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	return p
}

// hears hands something to the engine as from the desk, and gives the notice it was answered with.
func (p *polled) hears(t *testing.T, who flows.PersonID, in bot.Inbound) string {
	t.Helper()
	p.n++
	peer := bot.Peer{Address: string(who), Person: true}
	in.Channel, in.Keys, in.At, in.Chat, in.From, in.As = "desk", []string{fmt.Sprintf("desk/test/%d", p.n)}, p.now(), peer, peer, who
	a, err := p.houses[0].bot.Receive(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return a.Toast
}

func (p *polled) presses(t *testing.T, who flows.PersonID, choice string) string {
	t.Helper()
	return p.hears(t, who, bot.Inbound{Kind: bot.Pressed, Press: string(p.id) + "/" + choice})
}

// stage is that of the newest poll.
func (p *polled) stage(t *testing.T) (stage string) {
	t.Helper()
	err := p.houses[0].store.View(t.Context(), func(tx storage.Tx) error {
		list, err := tx.Cases(1, func(c flows.Case) bool { return c.Flow == poll.Name })
		for _, c := range list {
			p.id, stage = c.ID, c.Stage
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return stage
}

// asks puts a question to everybody and has all with a post vote: all but two for A.
func (p *polled) asks(t *testing.T) (voters int) {
	t.Helper()
	p.hears(t, "chen", bot.Inbound{Kind: bot.Said, Message: flows.Message{Text: "要不要在楼前装充电桩？要/不要/再商量，周五晚八点截止"}})
	if s := p.stage(t); s != poll.Preview {
		t.Fatalf("the line led to %q", s)
	}
	p.presses(t, "chen", "unit=person")
	p.presses(t, "chen", "send")
	if s := p.stage(t); s != poll.Open {
		t.Fatalf("it was not sent: %q", s)
	}
	for i, o := range p.houses[0].settings().People {
		letter := "A"
		if i < 2 {
			letter = "B"
		}
		p.at.Add(int64(time.Second))
		p.presses(t, o.ID, "v!="+letter)
		voters++
	}
	return voters
}

// ends lets the poll come to its end.
func (p *polled) ends(t *testing.T) {
	t.Helper()
	p.at.Store(time.Date(2026, 11, 20, 20, 0, 1, 0, p.now().Location()).UnixNano())
	until(t, "the poll does not end", func() bool {
		p.houses[0].bot.Nudge()
		return p.stage(t) == poll.Result
	})
}

func TestPollCommands(t *testing.T) {
	p, q := holdsPoll(t), holdsPoll(t)
	dir := t.TempDir()
	t.Chdir(dir)
	var out strings.Builder
	do := func(args ...string) error {
		out.Reset()
		return run(t.Context(), append(args, "--config", p.path), &out, &out)
	}
	_, stop := running(t, p.installation)
	if err := do("poll"); err != nil || out.String() != "共0次征询。\n" {
		t.Errorf("%v %s", err, &out)
	}
	voters := p.asks(t)
	if err := do("poll"); err != nil || !strings.Contains(out.String(), fmt.Sprintf("正在投\t全社区\t2026-11-20 20:00\t投了%d\t要不要在楼前装充电桩？", voters)) {
		t.Errorf("%v %s", err, &out)
	}
	if err := do("poll", "export", "1"); err == nil || !strings.Contains(err.Error(), "还没有结果") {
		t.Errorf("%v %s", err, &out)
	}
	p.ends(t)
	for _, args := range [][]string{{"poll", "export"}, {"poll", "export", "x"}, {"poll", "export", "99"}, {"poll", "write", "1"}, {"poll", "--nope", "1"}, {"poll", "--held", "x"}} {
		if err := do(args...); err == nil {
			t.Errorf("%v: no error\n%s", args, &out)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it wrote %v", left)
	}

	// The same, asked of the one that runs and at rest.
	both := func(name string) {
		t.Helper()
		if err := do("poll", "export", "1", name); err != nil || !strings.Contains(out.String(), "抄在纸上") {
			t.Fatalf("%v\n%s", err, &out)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info, err)
		}
		if err := do("poll", "export", "1", name); err == nil {
			t.Error("a file was written over")
		}
		if err := do("verify", name); err != nil || !strings.Contains(out.String(), "和社区的数据也对得上") ||
			!strings.Contains(out.String(), fmt.Sprintf("名册里投了的%d行", voters)) || strings.Contains(out.String(), "说明：") {
			t.Errorf("%v\n%s", err, &out)
		}
		out.Reset()
		if err := run(t.Context(), []string{"verify", name}, &out, &out); err != nil || !strings.Contains(out.String(), "整份另写的查不出来") {
			t.Errorf("%v\n%s", err, &out)
		}
	}
	both("running.zip")
	running, err := os.ReadFile("running.zip")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range p.houses[0].settings().People {
		if len([]rune(o.Name)) > 1 && strings.Contains(string(running), o.Name) {
			t.Errorf("the archive has the name of %s", o.ID)
		}
	}
	// What the desk gives is the same.
	var atDesk strings.Builder
	if err := p.houses[0].archive(t.Context(), p.id, &atDesk); err != nil || atDesk.String() != string(running) {
		t.Errorf("the desk gives another archive: %v", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	both("rest.zip")
	rest, err := os.ReadFile("rest.zip")
	if err != nil || !slices.Equal(rest, running) {
		t.Errorf("at rest it is another archive: %v", err)
	}
	if err := do("poll", "export", "0001"); err != nil {
		t.Errorf("%v\n%s", err, &out)
	} else if _, err := os.Stat("poll-0001.zip"); err != nil {
		t.Error(err)
	}

	// One letter of it.
	at := strings.Index(string(running), "counts.csv")
	bad := slices.Clone(running)
	for i := at + 40; i < len(bad); i++ {
		if bad[i] == '2' {
			bad[i] = '3'
			break
		}
	}
	writeFile(t, filepath.Join(dir, "bad.zip"), string(bad))
	if err := do("verify", "bad.zip"); !errors.Is(err, errUnsound) || !strings.Contains(out.String(), "不对：") {
		t.Errorf("%v\n%s", err, &out)
	}
	writeFile(t, filepath.Join(dir, "other.zip"), "PK\x03\x04 of something else")
	if err := do("verify", "other.zip"); err == nil || !strings.Contains(err.Error(), "不是征询的归档") {
		t.Error(err)
	}
	// An archive of another installation with the same number is none of this one.
	_, _ = runningPoll(t, q)
	var text strings.Builder
	if err := q.houses[0].pollExport(t.Context(), "1", &text); err != nil {
		t.Fatal(err)
	}
	theirs, err := base64.StdEncoding.DecodeString(text.String())
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "theirs.zip"), string(theirs))
	if err := do("verify", "theirs.zip"); err == nil || !strings.Contains(out.String(), "流水和数据里的不一样") {
		t.Errorf("%v\n%s", err, &out)
	}
}

// runningPoll has a poll come to its end.
func runningPoll(t *testing.T, p *polled) (string, func() error) {
	t.Helper()
	base, stop := running(t, p.installation)
	p.asks(t)
	p.ends(t)
	return base, stop
}
