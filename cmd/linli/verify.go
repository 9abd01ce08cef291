package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"linli/storage"
	"linli/storage/bolt"
)

// Whether a file is as it was written: for a person who asks, and for every backup.

// verifyCommand is "linli verify": of the file of a configuration, or of any
// copy of one.
func verifyCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set, path := flags("verify", stderr)
	if err := set.Parse(args); err != nil {
		return err
	}
	switch set.NArg() {
	case 0:
		c, _, err := load(*path)
		if err != nil {
			return err
		}
		// The file itself, unless a running Linli has it: then a copy of it.
		if err := ask(ctx, c.Data, "verify", nil, stdout); !errors.Is(err, errNotRunning) {
			return err
		}
		return verify(filepath.Join(c.Data, "linli.db"), stdout)
	case 1:
		return verify(set.Arg(0), stdout)
	}
	return fmt.Errorf("verify: unexpected argument %q", set.Arg(1))
}

// verifyDeed checks a copy of the file as it is now.
func verifyDeed(ctx context.Context, in *installation, _ []string, out io.Writer) error {
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
	return verify(copied, out)
}

var errUnsound = errors.New("文件不是原来的样子")

// verify says what is in a file, and what of it is not as it was written.
func verify(path string, out io.Writer) error {
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
	}
	for _, d := range r.Damages {
		fmt.Fprintf(out, "  坏了：%s\n", d)
	}
	if r.More > 0 {
		fmt.Fprintf(out, "  还有%d处没有列出\n", r.More)
	}
	if !r.Sound() {
		fmt.Fprintln(out, "有坏的地方。请停下邻里，把这个文件另存一份，再用最近一份好的备份。")
		return errUnsound
	}
	fmt.Fprintln(out, "每一行都对得上，流水没有被改过。")
	return nil
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
