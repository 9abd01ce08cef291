package main

import (
	"bufio"
	"bytes"
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

	"linli/bot/webchat"
	"linli/flows"
	"linli/storage"
)

// The commands about deleting: of a person, and the register of what was deleted.

// errNotErased says that nothing was done; why has been said.
var errNotErased = errors.New("还没有删")

// eraseDeed is "linli erase PERSON": somebody disappears from the store, from
// the web chat, from free pages of both files, and from the backups.
func eraseDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	var yes, keep bool
	h, rest, err := scoped(in, "erase", args, func(set *flag.FlagSet) {
		set.BoolVar(&yes, "yes", false, "")
		set.BoolVar(&keep, "keep-backups", false, "")
	})
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("erase: 写一个人：编号、账号（telegram:123）或称呼")
	}
	found, err := h.find(ctx, rest[0])
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		return errors.New("没有这个人。编号、账号、称呼都可以；称呼要和登记的一样")
	case len(found) > 1:
		fmt.Fprintln(out, "有好几位，请用编号再来一次：")
		for _, p := range found {
			fmt.Fprintf(out, "  %s\n", h.describe(p))
		}
		return errNotErased
	}
	p := found[0]
	if !yes {
		fmt.Fprintf(out, "要删的是 %s\n", h.describe(p))
		fmt.Fprintln(out, "删了就找不回来：原话、照片、账号、私信都没有了；办过的事只留下是什么、哪栋楼、何时办完。")
		if !keep {
			fmt.Fprintln(out, "有这个人的旧备份也会删掉，换成一份新的（要留着，加 --keep-backups）。")
		}
		fmt.Fprintln(out, "确定的话，加上 --yes 再来一次。")
		return errNotErased
	}
	in.care.Lock()
	defer in.care.Unlock()
	e, err := h.bot.Erase(ctx, p.ID, "asked")
	if err != nil {
		return fmt.Errorf("没有删完，再来一次会接着删：%w", err)
	}
	fmt.Fprintf(out, "%d件事里不再有这个人，删了流水%d条、待发和发过的%d行、照片和语音%d个。\n", e.Cases, e.Records, e.Rows, e.Files)
	if h.list != nil {
		n, err := h.list.forget(ctx, p.ID)
		if err != nil {
			return fmt.Errorf("没有删完，再来一次会接着删：%w", err)
		}
		if n > 0 {
			fmt.Fprintf(out, "以前的名册里有这个人的%d版也删了。\n", n)
		}
	}
	if !e.Done() {
		fmt.Fprintf(out, "还有%d件危险的事没有结束，等结束了自己接着删；到时候再来一次，备份才干净。\n", e.Waiting)
		return nil
	}
	if err := in.compact(ctx); err != nil {
		return fmt.Errorf("人已经删了，文件没有压缩成（夜里会再做）：%w", err)
	}
	fmt.Fprintln(out, "文件压缩过了，里面找不到这个人。")
	if keep {
		fmt.Fprintf(out, "旧备份没有动（%s）。\n", in.config.Backup.Dir)
		return nil
	}
	old, err := backups(in.config.Backup.Dir)
	if err != nil {
		return err
	}
	dir, err := in.backup(ctx)
	if err != nil {
		return fmt.Errorf("新的备份没有做成，旧的都还在：%w", err)
	}
	fmt.Fprintf(out, "新的备份：%s\n", dir)
	return h.eraseBackups(old, p, out)
}

// find gives those who are meant by an id, an address or a name.
func (h *house) find(ctx context.Context, who string) (found []storage.Person, err error) {
	err = h.store.View(ctx, func(tx storage.Tx) error {
		found = nil
		for _, look := range []func() (storage.Person, error){
			func() (storage.Person, error) { return tx.Person(flows.PersonID(who)) },
			func() (storage.Person, error) { return tx.PersonAt(who) },
		} {
			p, err := look()
			if err == nil {
				found = []storage.Person{p}
				return nil
			}
			if !errors.Is(err, storage.ErrNone) {
				return err
			}
		}
		people, err := tx.People()
		for _, p := range people {
			if strings.TrimSpace(p.Name) == strings.TrimSpace(who) {
				found = append(found, p)
			}
		}
		return err
	})
	return found, err
}

// describe says who somebody is, to tell them from others of the same name.
func (h *house) describe(p storage.Person) string {
	s := h.settings()
	parts := []string{string(p.ID), p.Name}
	if place := s.PlaceName(p.Home, s.Lang, false); place != "" {
		parts = append(parts, place)
	}
	if _, ok := s.Official(p.ID); ok {
		parts = append(parts, "名册里的工作人员")
	}
	for _, a := range p.Addresses {
		channel, _, _ := strings.Cut(a, ":")
		parts = append(parts, channel)
	}
	if !p.Seen.IsZero() {
		parts = append(parts, "最近"+p.Seen.In(s.Zone).Format("2006-01-02"))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "，")
}

// eraseBackups removes the backups in which somebody still is.
func (h *house) eraseBackups(dirs []string, p storage.Person, out io.Writer) error {
	var names, members [][]byte
	for _, a := range p.Addresses {
		names = append(names, []byte(`"`+a+`"`))
		if m, ok := strings.CutPrefix(a, webchat.Name+":m/"); ok {
			members = append(members, []byte(m))
		}
	}
	if len(names) == 0 {
		names = append(names, []byte(`"id":"`+string(p.ID)+`"`))
	}
	gone := 0
	for _, dir := range dirs {
		in, err := holds(filepath.Join(dir, "linli.db"), names)
		if err == nil && !in && len(members) > 0 {
			in, err = holds(filepath.Join(dir, h.id, "webchat.db"), members)
		}
		if err != nil {
			return fmt.Errorf("备份 %s 看不了，里面可能还有这个人：%w", dir, err)
		}
		if !in {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("备份 %s 里还有这个人，没有删成：%w", dir, err)
		}
		gone++
	}
	fmt.Fprintf(out, "有这个人的旧备份%d份，都删了；别处的拷贝要您自己删。\n", gone)
	return nil
}

// holds says whether one of the names stands in a file.
func holds(path string, names [][]byte) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	longest := 0
	for _, n := range names {
		longest = max(longest, len(n))
	}
	r := bufio.NewReaderSize(f, 1<<20)
	block := make([]byte, 0, 1<<20+longest)
	for {
		// What a name may have begun with stays for the next block.
		keep := min(len(block), longest)
		copy(block[:keep], block[len(block)-keep:])
		n, err := r.Read(block[keep:cap(block)])
		block = block[:keep+n]
		for _, name := range names {
			if bytes.Contains(block, name) {
				return true, nil
			}
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// deletionsDeed is "linli deletions": the register, which names nobody.
func deletionsDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	h, _, err := scoped(in, "deletions", args, nil)
	if err != nil {
		return err
	}
	list, err := h.bot.Deletions(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		fmt.Fprintf(out, "%s\t%s\t%s\t%d\n", d.Day, d.Class, d.Why, d.N)
	}
	fmt.Fprintf(out, "共%d行，只有日期、哪一类、为什么、多少，没有内容。\n", len(list))
	return nil
}
