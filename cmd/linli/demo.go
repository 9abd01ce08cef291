package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"linli/bot/dialogue"
	"linli/bot/webchat"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
)

// demoCommand is "linli demo": the example community on a page of this machine,
// with its own clock, nothing to set up and nobody to write to.
func demoCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("demo", flag.ContinueOnError)
	set.SetOutput(stderr)
	data := set.String("data", "", "`folder` that keeps what happens; without it a temporary one is used")
	listen := set.String("listen", "127.0.0.1:8686", "`address` on this machine; another port is taken if it is in use")
	if err := set.Parse(args); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(*listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("demo: it answers on this machine only, so the address must be like 127.0.0.1:8686")
	}
	f, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		return err
	}
	temporary := *data == ""
	if temporary {
		if *data, err = os.MkdirTemp("", "linli-demo-"); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		defer os.RemoveAll(*data)
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	clock, err := newClock(*data, f.Settings)
	if err != nil {
		return err
	}
	stage := &liveStage{clock: clock, file: f}
	ln, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil && port != "0" {
		ln, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer ln.Close()
	in, err := build(ctx, *data, log, plan{file: f, now: clock.Now, public: "http://" + ln.Addr().String(), web: &webchat.Options{Demo: stage.demo()}})
	if err != nil {
		return err
	}
	in.now = clock.Now
	h := in.houses[0]
	stage.house = h
	err = dialogue.Populate(ctx, h.store, f.Settings, cast(f), webchat.Name, clock.Now())
	if err == nil {
		fmt.Fprintf(stdout, "示例社区在这里：http://%s/\n", ln.Addr())
		if temporary {
			fmt.Fprintln(stdout, "说过的话放在临时文件夹里，关掉就没了；想留着，用 --data 文件夹。按 Ctrl+C 结束。")
		} else {
			fmt.Fprintf(stdout, "说过的话留在 %s，下次接着用。按 Ctrl+C 结束。\n", *data)
		}
		err = in.run(ctx, doors{http: ln})
	}
	return errors.Join(err, in.close())
}

func cast(f *community.File) []dialogue.Person {
	var out []dialogue.Person
	for _, m := range f.Cast {
		out = append(out, dialogue.Person{ID: flows.PersonID(m.ID), Name: m.Name, Home: m.Home, Consent: m.Consent, Lang: m.Lang})
	}
	return out
}

// clock is the example's own time: it begins in working hours, so that a
// newcomer sees answers and not the quiet of the night, and can be moved on.
type clock struct {
	zone *time.Location
	file string
	skip atomic.Int64
}

func newClock(dir string, s *flows.Settings) (*clock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil { // one that somebody has just named
		return nil, fmt.Errorf("demo: %w", err)
	}
	c := &clock{zone: s.Zone, file: filepath.Join(dir, "demo-clock")}
	raw, err := os.ReadFile(c.file)
	switch {
	case err == nil:
		n, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("demo: %s is no clock of the demo", c.file)
		}
		c.skip.Store(n)
	case errors.Is(err, os.ErrNotExist):
		now := time.Now()
		if next := s.Calendar.Next(now); next.After(now) {
			c.skip.Store(int64(next.Add(30 * time.Minute).Sub(now)))
		}
	default:
		return nil, fmt.Errorf("demo: %w", err)
	}
	return c, c.keep()
}

func (c *clock) keep() error {
	return os.WriteFile(c.file, []byte(strconv.FormatInt(c.skip.Load(), 10)+"\n"), 0o600)
}

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.skip.Load())).In(c.zone) }

func (c *clock) Skip(d time.Duration) error {
	if d > 0 {
		c.skip.Add(int64(d))
	}
	return c.keep()
}

// liveStage plays dialogues on the running demo.
type liveStage struct {
	clock *clock
	file  *community.File
	house *house
}

// demo is what the page needs to know of the example.
func (s *liveStage) demo() *webchat.Demo {
	st := s.file.Settings
	d := &webchat.Demo{Community: st.Name, Clock: s.clock.Now, Play: s.play, Desk: true}
	d.Skip = func(by time.Duration) {
		if err := s.clock.Skip(by); err != nil {
			s.house.log.Error("the example's clock is not kept", "err", err)
		}
		s.house.bot.Nudge()
	}
	for _, g := range st.Groups {
		d.Groups = append(d.Groups, webchat.Group{ID: g.ID, Name: g.Name})
	}
	for _, m := range s.file.Cast {
		note := fmt.Sprintf("%d岁", m.Age)
		if place := st.PlaceName(m.Home, st.Lang, false); place != "" {
			note += "，" + place
		}
		if !m.Consent {
			note += "，还没同意登记"
		}
		d.Members = append(d.Members, webchat.Member{ID: string(m.ID), Name: m.Name, Note: note, Role: flows.Resident.In(st.Lang), Groups: m.Groups})
	}
	for _, o := range st.People {
		m := webchat.Member{ID: string(o.ID), Name: o.Name, Phone: true}
		for _, p := range o.Posts {
			m.Role = p.Role.In(st.Lang)
			m.Note = strings.TrimPrefix(m.Note+"、"+m.Role, "、")
			for _, g := range st.Groups {
				if st.Touches(p.Scope, g.Scope) && !slices.Contains(m.Groups, g.ID) {
					m.Groups = append(m.Groups, g.ID)
				}
			}
		}
		if len(o.Posts) > 0 {
			m.Role = o.Posts[0].Role.In(st.Lang)
		}
		d.Members = append(d.Members, m)
	}
	for _, name := range plays {
		if p, err := readPlay(name); err == nil {
			d.Plays = append(d.Plays, webchat.Play{Name: name, Title: p.Title})
		}
	}
	return d
}

// play plays an example at the speed of a reader.
func (s *liveStage) play(ctx context.Context, name string) error {
	p, err := readPlay(name)
	if err != nil {
		return err
	}
	for _, a := range p.Acts {
		wait := time.Duration(0)
		switch a.Kind {
		case dialogue.Speak:
			wait = 1200*time.Millisecond + 45*time.Millisecond*time.Duration(len([]rune(a.Text)))
		case dialogue.Expect:
			wait = 500*time.Millisecond + 18*time.Millisecond*time.Duration(min(len([]rune(a.Text)), 120))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		if err := dialogue.Do(ctx, s, a); err != nil {
			s.house.log.Warn("a line of an example could not be played", "play", name, "line", a.Line, "err", err)
		}
	}
	return nil
}

func (s *liveStage) Now() time.Time { return s.clock.Now() }

// address finds a member and a chat of the page by their names.
func (s *liveStage) address(who, where string) (member, chat string, err error) {
	st := s.file.Settings
	for _, m := range s.file.Cast {
		if m.Name == who {
			member = string(m.ID)
		}
	}
	for _, o := range st.People {
		if o.Name == who {
			member = string(o.ID)
		}
	}
	if member == "" {
		return "", "", fmt.Errorf("nobody is called %q", who)
	}
	if where == "" {
		return member, "m/" + member, nil
	}
	for _, g := range st.Groups {
		if g.Name == where {
			return member, "g/" + g.ID, nil
		}
	}
	return "", "", fmt.Errorf("no group is called %q", where)
}

func (s *liveStage) Say(ctx context.Context, who, where string, l dialogue.Line) error {
	member, chat, err := s.address(who, where)
	if err != nil {
		return err
	}
	o := webchat.PostOptions{}
	lines, err := s.house.web.History(chat)
	if err != nil {
		return err
	}
	for _, x := range lines {
		if l.Edit && x.From == member {
			o.Edit = x.ID
		}
		if l.Reply && x.From == "" {
			o.Reply = x.ID
		}
	}
	if l.Point {
		o.Point = &flows.Point{Lat: 40.65, Lon: 109.84}
	}
	if l.Photo {
		o.Photo = samplePhoto()
	}
	if l.Voice {
		o.Voice, o.Seconds = sampleVoice(), 3
	}
	_, err = s.house.web.Post(ctx, member, chat, l.Text, o)
	return err
}

func (s *liveStage) Press(ctx context.Context, who, where, label, raw string) error {
	member, chat, err := s.address(who, where)
	if err != nil {
		return err
	}
	if label != "" {
		_, err = s.house.web.Press(ctx, member, chat, label)
		return err
	}
	return nil // what nobody could press on a page is not shown on one
}

func (s *liveStage) Leave(context.Context, string, string) error { return nil }

// Advance moves the example's clock. A play that begins at a time of day begins
// at the next such time here; the clock never goes back.
func (s *liveStage) Advance(ctx context.Context, to time.Time) error {
	now := s.clock.Now()
	if to.Before(now) {
		to = time.Date(now.Year(), now.Month(), now.Day(), to.Hour(), to.Minute(), 0, 0, now.Location())
		working := s.file.Settings.Calendar.Open(to)
		if working && s.file.Settings.Calendar.Open(now) {
			return nil // any working hour will do
		}
		for !to.After(now) || working && !s.file.Settings.Calendar.Working(to) {
			to = to.AddDate(0, 0, 1)
		}
	}
	// In small steps, so that what becomes due on the way happens in its order.
	for now := s.clock.Now(); now.Before(to); now = s.clock.Now() {
		if err := s.clock.Skip(min(to.Sub(now), 3*time.Hour)); err != nil {
			return err
		}
		s.house.bot.Nudge()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(60 * time.Millisecond):
		}
	}
	return nil
}

func (s *liveStage) Set(context.Context, string) error { return nil }
