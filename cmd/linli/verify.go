package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"linli/bot/archive"
	"linli/storage"
	"linli/storage/bolt"
)

// Whether a file is as it was written: for a person who asks, and for every backup.

// verifyCommand is "linli verify": of the file of a configuration, of any copy of
// one, or of the archive of a poll. With --root it also holds the file to roots that
// somebody has on paper.
func verifyCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set, path := flags("verify", stderr)
	var names, roots []string
	set.Func("root", "`day=digits` of a printed sheet", func(text string) error {
		_, err := readPrinted(text)
		roots = append(roots, text)
		return err
	})
	for { // the configuration may be named behind the file, too
		if err := set.Parse(args); err != nil {
			return err
		}
		if set.NArg() == 0 {
			break
		}
		names, args = append(names, set.Arg(0)), set.Args()[1:]
	}
	switch len(names) {
	case 0:
		c, _, err := load(*path)
		if err != nil {
			return err
		}
		// The file itself, unless a running Linli has it: then a copy of it.
		if err := ask(ctx, c.Data, "verify", roots, stdout); !errors.Is(err, errNotRunning) {
			return err
		}
		return verify(filepath.Join(c.Data, "linli.db"), roots, stdout)
	case 1:
		if is, err := zipped(names[0]); err != nil {
			return err
		} else if !is {
			return verify(names[0], roots, stdout)
		}
		if len(roots) > 0 {
			return errors.New("verify: --root 核对的是数据文件，不是征询的归档")
		}
		named := false
		set.Visit(func(f *flag.Flag) { named = named || f.Name == "config" })
		if !named {
			*path = ""
		}
		return verifyArchive(ctx, names[0], *path, stdout, stderr)
	}
	return fmt.Errorf("verify: unexpected argument %q", names[1])
}

// zipped says whether a file begins as a zip does.
func zipped(name string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var magic [4]byte
	if _, err := io.ReadFull(f, magic[:]); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	return string(magic[:]) == "PK\x03\x04", nil
}

// verifyArchive verifies the archive of a poll, by itself and, with a configuration,
// against the journal of its community.
func verifyArchive(ctx context.Context, name, config string, stdout, stderr io.Writer) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := archive.Verify(f, info.Size())
	if errors.Is(err, archive.ErrNotArchive) {
		return errors.New("这不是征询的归档，也不是邻里的数据文件")
	}
	if err != nil {
		return err
	}
	fmt.Fprint(stdout, r)
	if !r.Sound() {
		fmt.Fprintln(stdout, "这份归档不是原来的样子。")
		return errUnsound
	}
	if config == "" {
		fmt.Fprintln(stdout, "这份归档前后对得上。整份另写的查不出来：用纸上抄的流水指纹对一对，或者加上 --config 和数据对。")
		return nil
	}
	c, files, err := load(config)
	if err != nil {
		return err
	}
	held, err := json.Marshal(r.Held)
	if err != nil {
		return err
	}
	args := []string{"--held", string(held)}
	if len(files) > 1 {
		args = append(args, "--community", r.Community)
	}
	if err := c.do(ctx, files, "poll", args, stdout, stderr); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "这份归档前后对得上，和社区的数据也对得上。")
	return nil
}

// verifyDeed checks a copy of the file as it is now, and holds it to the printed
// roots that the arguments are.
func verifyDeed(ctx context.Context, in *installation, roots []string, out io.Writer) error {
	in.care.Lock()
	defer in.care.Unlock()
	dir, err := os.MkdirTemp(in.data, "linli.verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	copied := filepath.Join(dir, "linli.db")
	if err := in.db.BackupTo(ctx, copied); err != nil {
		return err
	}
	return verify(copied, roots, out)
}

var errUnsound = errors.New("文件不是原来的样子")

// verify says what is in a file, and what of it is not as it was written, or not as
// it was printed.
func verify(path string, roots []string, out io.Writer) error {
	r, err := bolt.Check(path)
	switch {
	case errors.Is(err, bolt.ErrInUse):
		return errors.New("这个文件正在用。查正在用的，写 --config 那个配置文件；或者查一份备份")
	case errors.Is(err, storage.ErrNewer):
		return errors.New("这个文件是更新的邻里写的，这个程序认不得：用新的程序查")
	case err != nil:
		return err
	}
	fmt.Fprintf(out, "%s，第%d式\n", bytesOf(r.Bytes), r.Schema)
	for _, c := range r.Communities {
		fmt.Fprintf(out, "%s：群和私聊%d个，人%d位，事%d件，参与%d条，流水%d条（其中删去内容的%d条），待办%d行，没办成的%d件\n",
			c.Community, c.Chats, c.People, c.Cases, c.Entries, c.Records, c.Erased, c.Jobs, c.Troubles)
		fmt.Fprintf(out, "  流水的指纹 %x（%d件事，%d条）\n", c.Head.Sum, c.Head.Cases, c.Head.Records)
		fmt.Fprintf(out, "  %s\n", sayDays(c.Days))
	}
	for _, d := range r.Damages {
		fmt.Fprintf(out, "  坏了：%s\n", d)
	}
	if r.More > 0 {
		fmt.Fprintf(out, "  还有%d处没有列出\n", r.More)
	}
	if !r.Sound() {
		fmt.Fprintln(out, "有坏的地方。请停下邻里，把这个文件另存一份，再用最近一份好的备份。")
		err = errUnsound
	}
	for _, text := range roots {
		if !againstPrinted(r.Communities, text, out) {
			err = errUnsound
		}
	}
	if err == nil {
		fmt.Fprintln(out, "每一行都对得上，流水没有被改过。")
	}
	return err
}

// sound is verify for a copy that was just made.
func sound(path string) error {
	r, err := bolt.Check(path)
	if err != nil {
		return err
	}
	if !r.Sound() {
		return fmt.Errorf("the copy is not good: %s", r.Damages[0])
	}
	return nil
}
