package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The first version had one community, whose files lay in the data folder
// itself. They move into the community's own folder.

// oldFiles are those of the first version besides linli.db. The list is also
// what a community cannot be called.
var oldFiles = []string{"webchat.db", "webchat-files", "media"}

// moveIn moves files of the first version to where they belong now. Each is
// renamed by itself, so that after a crash the next start goes on with the rest.
func (in *installation) moveIn(ctx context.Context, plans []plan) error {
	for _, p := range plans {
		if id := p.file.Settings.Community; slices.Contains(oldFiles, id) || strings.HasPrefix(id, "linli") {
			return fmt.Errorf("社区编号不能叫“%s”，这个名字邻里自己要用", id)
		}
	}
	var old []string
	for _, name := range oldFiles {
		switch _, err := os.Lstat(filepath.Join(in.data, name)); {
		case err == nil:
			old = append(old, name)
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("data folder: %w", err)
		}
	}
	if len(old) == 0 {
		return nil
	}
	id, err := in.oldCommunity(ctx, plans)
	if err != nil {
		return err
	}
	dir := filepath.Join(in.data, id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	for _, name := range old {
		left, err := merge(filepath.Join(in.data, name), filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("data folder: %w", err)
		}
		if left {
			in.log.Warn("a file of the first version is not used, because there is a newer one", "file", name, "newer", filepath.Join(id, name))
		}
	}
	return errors.Join(syncDir(dir), syncDir(in.data))
}

// oldCommunity is the one that the first version wrote for.
func (in *installation) oldCommunity(ctx context.Context, plans []plan) (string, error) {
	if len(plans) == 1 {
		return plans[0].file.Settings.Community, nil
	}
	ids, err := in.db.Communities(ctx)
	if err != nil {
		return "", err
	}
	if len(ids) != 1 {
		return "", fmt.Errorf("%s 里有第一版留下的文件，看不出是哪个社区的：请先把 config.yaml 写成只有那一个社区，启动一次，再加别的社区", in.data)
	}
	return ids[0], nil
}

// merge renames a file or a folder; of a folder that is there already, what is
// not there yet. It says whether something stayed behind.
func merge(from, to string) (left bool, err error) {
	there, err := os.Lstat(to)
	if errors.Is(err, fs.ErrNotExist) {
		return false, os.Rename(from, to)
	}
	if err != nil {
		return false, err
	}
	if !there.IsDir() {
		return true, nil
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		stays, err := merge(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		if err != nil {
			return false, err
		}
		left = left || stays
	}
	if left {
		return true, nil
	}
	return false, errors.Join(syncDir(to), os.Remove(from))
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
