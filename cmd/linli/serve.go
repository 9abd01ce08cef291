package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"time"

	"linli/bot"
	"linli/bot/telegram"
	"linli/bot/webchat"
	"linli/flows/community"
)

// flags are those of a command that needs a configuration.
func flags(name string, stderr io.Writer) (set *flag.FlagSet, config *string) {
	set = flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(stderr)
	return set, set.String("config", "config.yaml", "configuration `file`")
}

// load reads a configuration and the directories it names.
func load(path string) (*Config, []*community.File, error) {
	c, err := loadConfig(path)
	if err != nil {
		return nil, nil, err
	}
	files, wrong := c.loadCommunities()
	if len(wrong) > 0 {
		return nil, nil, wrong
	}
	return c, files, nil
}

// plans are the houses that a configuration describes.
func (c *Config) plans(files []*community.File, now func() time.Time) (out []plan) {
	for i, s := range c.Sites() {
		f := files[i]
		zone := f.Settings.Zone
		p := plan{file: f, base: c.Base(s, f.Settings.Community), public: c.PublicURL,
			secure: c.TrustedProxy || c.HTTPS.On(), proxied: c.TrustedProxy,
			read: func() (*community.File, error) { return c.loadCommunity(s) },
			now:  func() time.Time { return now().In(zone) }, model: c.Model}
		if s.Webchat.Enabled {
			p.web = &webchat.Options{}
		}
		if s.Telegram.On() {
			p.telegram = &telegram.Options{
				Token: bot.Secret(s.Telegram.Token.Reveal()), APIURL: s.Telegram.APIURL, Mode: s.Telegram.Mode,
				Secret: bot.Secret(s.Telegram.WebhookSecret.Reveal()), PublicURL: s.Telegram.PublicURL,
			}
			if p.telegram.PublicURL == "" && c.PublicURL != "" {
				p.telegram.PublicURL = c.PublicURL + p.base + "/hook/telegram"
			}
		}
		p.wechat = c.wechat(s, p.base)
		out = append(out, p)
	}
	return out
}

// logger is what the configuration asks for.
func (c *Config) logger(w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.Log.Level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// serveCommand is "linli serve": the real thing.
func serveCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set, path := flags("serve", stderr)
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("serve: unexpected argument %q", set.Arg(0))
	}
	c, err := loadConfig(*path)
	if err != nil {
		return err
	}
	files, said, err := c.stand(ctx)
	if err != nil {
		return err
	}
	log := c.logger(stderr)
	for _, m := range said {
		log.Error(m.String())
	}
	if len(said) > 0 {
		log.Error("the directory's file has mistakes; the version in force goes on", "mistakes", len(said))
	}
	for _, m := range c.Notices {
		log.Warn(m.String())
	}
	for _, f := range files {
		for _, m := range f.WarningsAt(time.Now()) {
			log.Warn(m.String())
		}
	}
	in, err := build(ctx, c.Data, log, c.plans(files, time.Now)...)
	if err != nil {
		return err
	}
	in.config = c
	for _, h := range in.houses {
		h.follow(ctx)
	}
	err = in.welcome(ctx, stdout)
	if err == nil {
		var d doors
		if d, err = in.listen(ctx); err == nil {
			for _, h := range in.houses {
				log.Info("community", "community", h.id, "settings", h.settings().Version, "base", h.base+"/")
			}
			if d.https != nil {
				log.Info("listening with TLS", "address", d.https.Addr().String())
			}
			log.Info("listening", "address", d.http.Addr().String())
			err = in.run(ctx, d)
		}
	}
	err = errors.Join(err, in.close())
	log.Info("stopped")
	return err
}
