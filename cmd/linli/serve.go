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
	"time"

	"linli/bot/telegram"
	"linli/bot/webchat"
	"linli/flows/community"
	"linli/storage/bolt"
)

// opened is what the commands that need a configuration begin with.
func opened(name string, args []string, stderr io.Writer) (c *Config, f *community.File, rest []string, err error) {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(stderr)
	path := set.String("config", "config.yaml", "configuration `file`")
	if err := set.Parse(args); err != nil {
		return nil, nil, nil, err
	}
	if c, err = loadConfig(*path); err != nil {
		return nil, nil, nil, err
	}
	if f, err = loadCommunity(c); err != nil {
		return nil, nil, nil, err
	}
	return c, f, set.Args(), nil
}

// plan is the house a configuration describes.
func (c *Config) plan(f *community.File, log *slog.Logger) plan {
	p := plan{settings: f.Settings, data: c.Data, now: func() time.Time { return time.Now().In(f.Settings.Zone) }, log: log}
	if c.Webchat.Enabled {
		p.web = &webchat.Options{Secure: c.TrustedProxy, Proxied: c.TrustedProxy}
		for _, g := range f.Settings.Groups {
			p.web.Groups = append(p.web.Groups, webchat.Group{ID: g.ID, Name: g.Name})
		}
	}
	if c.Telegram.On() {
		p.telegram = &telegram.Options{
			Token: telegram.Secret(c.Telegram.Token.Reveal()), APIURL: c.Telegram.APIURL, Mode: c.Telegram.Mode,
			Secret: telegram.Secret(c.Telegram.WebhookSecret.Reveal()), PublicURL: c.Telegram.PublicURL,
		}
	}
	return p
}

// serveCommand is "linli serve": the real thing.
func serveCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, f, rest, err := opened("serve", args, stderr)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("serve: unexpected argument %q", rest[0])
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: c.Log.Level}))
	for _, m := range append(c.Notices, f.WarningsAt(time.Now())...) {
		log.Warn(m.String())
	}
	h, err := build(c.plan(f, log))
	if err != nil {
		return err
	}
	err = h.welcome(ctx, f, stdout)
	if err == nil {
		var ln net.Listener
		if ln, err = net.Listen("tcp", c.Listen); err == nil {
			log.Info("listening", "address", ln.Addr().String(), "community", f.Settings.Community, "settings", f.Settings.Version)
			err = h.run(ctx, ln)
		}
	}
	err = errors.Join(err, h.close())
	log.Info("stopped")
	return err
}

// welcome opens the groups of the web chat, and on the first day gives the one
// who installs it the code that lets the first member of staff in.
func (h *house) welcome(ctx context.Context, f *community.File, stdout io.Writer) error {
	if h.web != nil {
		for _, g := range f.Settings.Groups {
			if err := h.bot.OpenGroup(ctx, webchat.Name+":g/"+g.ID, g.ID); err != nil {
				return err
			}
		}
	}
	staff, err := h.bot.Unbound(ctx)
	if err != nil || len(staff) == 0 {
		return err
	}
	code, err := h.bot.NewCode(ctx, "person", string(staff[0]))
	if err != nil {
		return err
	}
	o, _ := f.Settings.Official(staff[0])
	fmt.Fprintf(stdout, "社区还没有人绑定账号。请%s私下对机器人发：\n  /start %s\n", o.Name, code)
	if h.web != nil {
		fmt.Fprintf(stdout, "或在网页 /chat/ 上用这个码进入：%s\n", code)
	}
	fmt.Fprintln(stdout, "之后由这位工作人员用“/code 姓名或群名”给别人取码。这个码7天内有效，只能用一次。")
	return nil
}

// codeCommand is "linli code": a code for a person or a group of the directory.
func codeCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, f, rest, err := opened("code", args, stderr)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("code: name one person or group of the directory")
	}
	kind, target := "", ""
	for _, o := range f.Settings.People {
		if o.Name == rest[0] || string(o.ID) == rest[0] {
			kind, target = "person", string(o.ID)
		}
	}
	for _, g := range f.Settings.Groups {
		if g.Name == rest[0] || g.ID == rest[0] {
			kind, target = "group", g.ID
		}
	}
	if kind == "" {
		return fmt.Errorf("code: the directory has no person or group %q", rest[0])
	}
	return c.with(f, stderr, func(h *house) error {
		code, err := h.bot.NewCode(ctx, kind, target)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "/start %s\n", code)
		if kind == "group" && h.web != nil {
			join, err := h.bot.NewCode(ctx, "join", target)
			if err != nil {
				return err
			}
			fmt.Fprintf(stdout, "居民进网页群的码（7天内可多人用）：%s\n", join)
		}
		return nil
	})
}

// troubleCommand is "linli trouble": what could not be done, for the person who
// looks after the machine. It shows no words of residents.
func troubleCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, f, _, err := opened("trouble", args, stderr)
	if err != nil {
		return err
	}
	return c.with(f, stderr, func(h *house) error {
		list, err := h.bot.Troubles(ctx)
		if err != nil {
			return err
		}
		for _, t := range list {
			fmt.Fprintf(stdout, "%d\t%s\t%s\tcase %s\t%s\n", t.ID, t.At.In(f.Settings.Zone).Format("2006-01-02 15:04"), t.Kind, t.Case, t.Why)
		}
		fmt.Fprintf(stdout, "共%d件。原话只给社区工作人员看：请对机器人说“没办成的”。\n", len(list))
		return nil
	})
}

// with opens the store for a short command, while Linli itself is not running.
func (c *Config) with(f *community.File, stderr io.Writer, do func(*house) error) error {
	if _, err := os.Stat(filepath.Join(c.Data, "linli.db")); err != nil {
		return fmt.Errorf("no data in %s yet: start linli serve once", c.Data)
	}
	p := c.plan(f, slog.New(slog.NewTextHandler(stderr, nil)))
	p.telegram = nil
	h, err := build(p)
	if errors.Is(err, bolt.ErrInUse) {
		return errors.New("linli 正在运行。运行时请社区工作人员对机器人说“/code 谁”或“没办成的”")
	}
	if err != nil {
		return err
	}
	return errors.Join(do(h), h.close())
}
