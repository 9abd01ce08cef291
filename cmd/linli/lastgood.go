package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"linli/flows/community"
	"linli/flows/community/strict"
	"linli/flows/demand"
	"linli/storage/bolt"
)

// A directory's file with a mistake in it must not keep Linli from starting after
// a power cut, nor one community's the others: the version that was in force goes on.

// stand gives the directories to serve with: the files, or for one that has
// mistakes the version in force, with what to say about it.
func (c *Config) stand(ctx context.Context) (files []*community.File, said strict.Mistakes, err error) {
	var wrong strict.Mistakes
	for _, s := range c.Sites() {
		f, err := c.loadCommunity(s)
		if mistakes := c.unread(s, err); len(mistakes) > 0 {
			if f, err = c.lastGood(ctx, s, mistakes); err != nil {
				wrong = append(wrong, mistakes...)
			} else {
				said = append(said, mistakes...)
			}
		}
		files = append(files, f)
	}
	if wrong = append(wrong, c.apart(files)...); len(wrong) > 0 {
		return nil, nil, wrong
	}
	return files, said, nil
}

var idLine = regexp.MustCompile(`(?m)^id:[ \t]*["']?([A-Za-z0-9_-]+)`)

// lastGood reads the version in force of a community whose file has these
// mistakes.
func (c *Config) lastGood(ctx context.Context, s Site, mistakes strict.Mistakes) (f *community.File, err error) {
	if slices.ContainsFunc(mistakes, func(m strict.Mistake) bool { return m.File == c.File }) {
		return nil, mistakes // the configuration itself is wrong
	}
	text, err := os.ReadFile(s.Community)
	if err != nil {
		return nil, fmt.Errorf("community file: %w", err)
	}
	id := idLine.FindSubmatch(text)
	if id == nil {
		return nil, mistakes
	}
	path := filepath.Join(c.Data, "linli.db")
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	db, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	at, err := (&directory{store: db.In(string(id[1]))}).current(ctx)
	if err != nil {
		return nil, err
	}
	return community.ReadText(s.Community, []byte(at.Text), demand.DutyList())
}
