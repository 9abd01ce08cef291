package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"linli/bot/bottest"
	"linli/bot/telegram/fake"
	"linli/flows"
)

// The real binary is killed again and again while a whole community talks to
// it. Afterwards everything that was confirmed to the platform must be in the
// store once, in the order in which it was said.
//
// LINLI_CRASH_ROUNDS is the number of kills, LINLI_CRASH_SEED repeats a run (as
// far as two processes can), LINLI_CRASH_RACE=1 has the binary built with the
// race detector.

const crashRounds = 5

func TestCrash(t *testing.T) {
	t.Parallel()
	var flags []string
	if os.Getenv("LINLI_CRASH_RACE") == "1" {
		flags = append(flags, "-race")
	}
	a := crash(t, number(t, "LINLI_CRASH_ROUNDS", crashRounds), flags...)
	t.Log(a)
	for _, n := range a.notes {
		t.Error(n)
	}
	if a.faults() != 0 {
		t.Errorf("%d lost, %d doubled, %d out of order, %d unanswered", a.lost, a.doubled, a.broken, a.silent)
	}
	if most := a.kills * workers; a.again > most {
		t.Errorf("%d messages were sent twice, more than the %d sends that can have been under way", a.again, most)
	}
	if a.cases < 10 || a.follows < 10 || a.presses < 10 {
		t.Errorf("too little happened to prove anything")
	}
}

// A check that cannot fail proves nothing: with the classic fault put in, the
// same account must come out with losses.
func TestCrashCatchesAckBeforeCommit(t *testing.T) {
	t.Parallel()
	a := crash(t, crashRounds, "-tags", "seedackfirst")
	t.Log(a)
	if a.lost == 0 {
		t.Error("messages are acknowledged before they are kept, and nobody noticed")
	}
}

// workers is how many sends may be under way when the binary dies.
const workers = 32

func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is no number", name, v)
	}
	return n
}

// crash plays so many rounds and draws up the account.
func crash(t *testing.T, rounds int, flags ...string) *account {
	if testing.Short() {
		t.Skip("kills a real process many times")
	}
	seed := uint64(time.Now().UnixNano())
	if v := os.Getenv("LINLI_CRASH_SEED"); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("LINLI_CRASH_SEED=%d", seed)
	began := time.Now()
	h := newSite(t, flags...)
	rng := rand.New(rand.NewPCG(seed, 1))
	q := newQuarter(t, h, rand.New(rand.NewPCG(seed, 2)), h.settings(t), rounds)
	h.admit(t, q)

	// The people talk all the time, also while nobody listens.
	talking, hush := context.WithCancel(t.Context())
	defer hush()
	var people sync.WaitGroup
	people.Go(func() { q.talk(talking) })
	for round := range rounds {
		p := h.serve(t, round)
		alive := time.NewTimer(20*time.Millisecond + time.Duration(rng.IntN(380))*time.Millisecond)
		select {
		case <-alive.C:
		case <-p.ended:
			t.Fatalf("the binary ended by itself\n%s", p.log())
		}
		p.kill()
		if round%5 == 4 {
			h.stop(t, h.serve(t, round)) // now and then somebody stops it in order, under the same load
		}
	}
	hush()
	people.Wait()
	h.rest(t, q, rounds)
	a := draw(t, h, q)
	a.kills, a.took = rounds, time.Since(began)
	return a
}

// site is the binary with its files, and Telegram beside it.
type site struct {
	tg     *fake.Server
	binary string
	dir    string
	config [2]string // by mode
	front  *httptest.Server
	stops  time.Duration // the longest a SIGTERM took
	sends  atomic.Int64  // calls that deliver something, so far

	secrets *bottest.Secrets // what the binary must not write for its operators

	mu    sync.Mutex
	heard *sync.Cond
	hook  string // where the binary listens now, empty until it has said so
}

const (
	publicURL = "https://linli.example/hook/telegram"
	quick     = 10 * time.Second
)

func newSite(t *testing.T, flags ...string) *site {
	t.Helper()
	h := &site{tg: fake.New(), dir: t.TempDir(), secrets: bottest.NewSecrets(chatter...)}
	for _, w := range wrong {
		h.secrets.Said(w.first, w.again, w.other)
	}
	h.heard = sync.NewCond(&h.mu)
	h.binary = filepath.Join(h.dir, "linli")
	args := append([]string{"build", "-o", h.binary}, flags...)
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	h.tg.Resend = func(int) time.Duration { return 20 * time.Millisecond }
	t.Cleanup(h.tg.Close)
	h.front = httptest.NewServer(h)
	t.Cleanup(h.front.Close)

	community := h.community(t)
	for i, mode := range []string{"polling", "webhook"} {
		h.config[i] = filepath.Join(h.dir, mode+".yaml")
		text := fmt.Sprintf("data: data\nlisten: 127.0.0.1:0\ncommunity: %s\ntelegram:\n  token: %s\n  api_url: %s\n  mode: %s\n"+
			"  public_url: %s\n  webhook_secret: secret-of-a-test\nwebchat:\n  enabled: true\nlog:\n  level: info\n",
			community, fake.Token, h.front.URL, mode, publicURL)
		if err := os.WriteFile(h.config[i], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// community is the example, but at work day and night: what a leader is sent
// must not depend on the hour of the test.
func (h *site) community(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../flows/community/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, r := range [][2]string{
		{`hours: ["8:30-12:00", "14:00-18:00"]`, `hours: ["0:00-24:00"]`},
		{`morning: "8:30"`, `morning: "0:00"`}, {`burst: 20 `, `burst: 100000 `}, {`gather: 1m `, `gather: 1s `}, {`evening: "21:30"`, `evening: "24:00"`},
	} {
		if strings.Count(text, r[0]) != 1 {
			t.Fatalf("the example community has no %s any more", r[0])
		}
		text = strings.Replace(text, r[0], r[1], 1)
	}
	file := filepath.Join(h.dir, "community.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(h.dir, "holidays"), 0o700); err != nil {
		t.Fatal(err)
	}
	weekends := map[int][]string{}
	for d := range 14 {
		day := time.Now().AddDate(0, 0, d-3)
		if weekends[day.Year()] == nil {
			weekends[day.Year()] = []string{} // a file of its own all the same: no holiday may fall on the test
		}
		if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
			weekends[day.Year()] = append(weekends[day.Year()], day.Format("01-02"))
		}
	}
	for year, days := range weekends {
		text := fmt.Sprintf("year: %d\nsource: a test\nholidays: []\n", year)
		if len(days) > 0 {
			free := "06-15" // a holiday needs a day; not one of these
			if time.Now().Month() == time.June {
				free = "12-15"
			}
			text = fmt.Sprintf("year: %d\nsource: a test\nholidays:\n  - {name: 试验, from: %s, work: [%s]}\n", year, free, strings.Join(days, ", "))
		}
		if err := os.WriteFile(filepath.Join(h.dir, "holidays", fmt.Sprintf("%d.yaml", year)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func (h *site) settings(t *testing.T) *flows.Settings {
	t.Helper()
	_, files, err := load(h.config[0])
	if err != nil {
		t.Fatal(err)
	}
	return files[0].Settings
}

// latency is how long Telegram takes over a send, so that some are always on
// their way there or back when the binary dies.
const latency = 20 * time.Millisecond

// ServeHTTP is the way to Telegram. It takes its time over what is sent, loses what is
// on its way when the sender dies, and gives, for the public address with its
// certificate, the one where the binary listens.
func (h *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it died while it spoke
	}
	method := path.Base(r.URL.Path)
	if method == "setWebhook" {
		h.mu.Lock()
		for h.hook == "" {
			h.heard.Wait()
		}
		body = bytes.Replace(body, []byte(publicURL), []byte(h.hook), 1)
		h.mu.Unlock()
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if !strings.HasPrefix(method, "send") && !strings.HasPrefix(method, "edit") {
		h.tg.ServeHTTP(w, r)
		return
	}
	h.sends.Add(1)
	select {
	case <-time.After(latency / 2):
	case <-r.Context().Done():
		return
	}
	h.tg.ServeHTTP(w, r)
	<-time.After(latency / 2)
}

// process is a running binary.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error // of Wait, once ended

	out bottest.Log
	say bytes.Buffer // standard output, to be read once ended
}

func (p *process) log() string { return p.out.String() }

func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// serve starts the binary and returns when it is ready. Rounds take turns
// between polling and the webhook.
func (h *site) serve(t *testing.T, round int) *process {
	t.Helper()
	p := &process{cmd: exec.Command(h.binary, "serve", "--config", h.config[round%2]), ended: make(chan struct{})}
	out, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout = &p.say
	h.mu.Lock()
	h.hook = ""
	h.mu.Unlock()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	listening := make(chan string, 1)
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			line := lines.Text()
			fmt.Fprintln(&p.out, line)
			if _, rest, ok := strings.Cut(line, "msg=listening address="); ok {
				address, _, _ := strings.Cut(rest, " ")
				h.mu.Lock()
				h.hook = "http://" + address + "/hook/telegram"
				h.mu.Unlock()
				h.heard.Broadcast()
				listening <- "http://" + address + "/readyz"
			}
		}
		p.err = p.cmd.Wait()
		h.quiet(t, p)
		if strings.Contains(p.log(), "WARNING: DATA RACE") {
			t.Errorf("a data race\n%s", p.log())
		}
	}()
	patience := time.After(quick)
	var ready string
	select {
	case ready = <-listening:
	case <-p.ended:
		t.Fatalf("the binary did not start: %v\n%s", p.err, p.log())
	case <-patience:
		t.Fatalf("the binary does not listen\n%s", p.log())
	}
	// A connection that is kept, or was made and never used, would hold up the end of the server.
	asking := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		resp, err := asking.Get(ready)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return p
			}
		}
		select {
		case <-again.C:
		case <-patience:
			t.Fatalf("the binary does not get ready: %v\n%s", err, p.log())
		}
	}
}

// quiet looks through all that the binary has written. What it says to whom it was
// installed by on the first day has a name of the staff in it.
func (h *site) quiet(t *testing.T, p *process) {
	h.secrets.KeepLog(t, "standard error", p.log())
	h.secrets.KeepLog(t, "standard output", strings.ReplaceAll(p.say.String(), "陈社区", ""))
}

// stop asks the binary to end, as a supervisor does.
func (h *site) stop(t *testing.T, p *process) {
	t.Helper()
	began := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(quick):
		t.Fatalf("the binary did not stop within %s\n%s", quick, p.log())
	}
	h.stops = max(h.stops, time.Since(began))
	if p.err != nil {
		t.Fatalf("the binary stopped with %v\n%s", p.err, p.log())
	}
}

// admit binds the leaders by codes from the command line.
func (h *site) admit(t *testing.T, q *quarter) {
	t.Helper()
	h.stop(t, h.serve(t, 0))
	for _, l := range q.leaders {
		cmd := exec.Command(h.binary, "code", "--config", h.config[0], l.name)
		var problem bytes.Buffer
		cmd.Stderr = &problem
		out, err := cmd.Output()
		code, ok := strings.CutPrefix(strings.TrimSpace(string(out)), "/start ")
		if err != nil || !ok {
			t.Fatalf("linli code %s: %v, %q\n%s", l.name, err, out, &problem)
		}
		q.noteSaid(l.user.Start(code), l.user.ID)
	}
}

// rest lets everything come to an end: what was begun is finished by the people, every update is
// confirmed, every row of the outbox that is due has left.
func (h *site) rest(t *testing.T, q *quarter, round int) {
	t.Helper()
	// Lines to a group are gathered for a minute, and the numbers in them for one more.
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	for ; ; round++ {
		p := h.serve(t, round)
		moved := q.finish(ctx)
		h.stop(t, p)
		if ctx.Err() != nil {
			t.Fatalf("no rest: %d updates pending\n%s", h.tg.Pending(), p.log())
		}
		if !moved && h.tg.Pending() == 0 && idle(t, h) {
			return
		}
	}
}

var errLook = errors.New("only looked")
