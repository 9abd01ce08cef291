package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/prompts/local"
	"linli/storage/bolt"
)

// playCommand is "linli play FILE": it plays a dialogue in the example community
// and prints what everybody was told. Where the file says what it expects and
// something else happened, it says so and fails.
func playCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set := flag.NewFlagSet("play", flag.ContinueOnError)
	set.SetOutput(stderr)
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() == 0 {
		return listPlays(stdout)
	}
	name := set.Arg(0)
	src, err := os.ReadFile(name)
	along := errors.Is(err, fs.ErrNotExist)
	if along {
		// One of those that come along, by its bare name.
		if own, err2 := ownPlay(strings.TrimSuffix(name, ".txt")); err2 == nil {
			src, err = own, nil
		}
	}
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	p, err := dialogue.Parse(filepath.Base(name), src)
	if err != nil {
		return err
	}
	f, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "linli-play-")
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	defer os.RemoveAll(dir)
	db, err := bolt.Open(filepath.Join(dir, "linli.db"), bolt.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	fl, err := allFlows()
	if err != nil {
		return err
	}
	if along {
		// What goes on by itself all the time is only in the plays that are about it.
		flow, _, _ := strings.Cut(name, "/")
		fl = slices.DeleteFunc(fl, func(x flows.Flow) bool { return x.Name != flow && len(x.Stands(f.Settings)) > 0 })
	}
	w, err := dialogue.NewWorld(ctx, dialogue.Options{Store: db.In(f.Settings.Community), Settings: f.Settings, Cast: cast(f), Flows: fl,
		Reader: local.New(), Media: filepath.Join(dir, "media"), Start: p.Start(f.Settings.Zone)})
	if err != nil {
		return err
	}
	went, told, diff, err := dialogue.Run(ctx, w, p)
	fmt.Fprint(stdout, went)
	if err != nil {
		return err
	}
	if expects(p) && len(diff) > 0 {
		for _, d := range diff {
			fmt.Fprintf(stderr, "%s:%d: %s\n", p.Name, d.Line, d.Text)
		}
		return fmt.Errorf("play: %d lines are not as the file expects", len(diff))
	}
	fmt.Fprintf(stdout, "# 一共说了%d条。\n", len(told))
	return nil
}

func expects(p *dialogue.Play) bool {
	for _, a := range p.Acts {
		if a.Kind == dialogue.Expect {
			return true
		}
	}
	return false
}
