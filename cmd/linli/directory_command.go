package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"linli/flows/community"
	"linli/flows/community/table"
	"linli/storage/bolt"
)

// "linli directory": what a person at the machine sees of [directory].

const directoryUsage = `用法：linli directory 做什么 --config FILE [--community 编号]
  show              正在用的名册：第几版，什么时候、怎么来的
  diff              文件和正在用的名册有哪些不同
  apply [--yes]     按文件换上；先说有哪些不同，加 --yes 才换
  import 表格… [--apply]
                    把 CSV、XLSX 里的网格、楼栋、户册、人员、群、房间、单位、地点、值班、清单并进来；
                    先说有哪些不同，加 --apply 才换
  export            把正在用的名册写出来（YAML）：linli directory export > 社区.yaml
  history           所有版本
  back 第几版 [--yes] 换回以前的一版`

// directoryCommand is "linli directory". Its files are read where the store is,
// so that their names are made complete first.
func directoryCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	path, rest, err := configOf(args)
	if err != nil {
		return fmt.Errorf("directory: %w", err)
	}
	if len(rest) == 0 || rest[0] == "help" || rest[0] == "-h" || rest[0] == "--help" {
		fmt.Fprintln(stderr, directoryUsage)
		return errUsage
	}
	if rest[0] == "import" {
		for i, a := range rest[1:] {
			if _, err := os.Stat(a); err == nil && !strings.HasPrefix(a, "-") {
				if rest[i+1], err = filepath.Abs(a); err != nil {
					return fmt.Errorf("directory: %w", err)
				}
			}
		}
	}
	c, files, err := load(path)
	if err != nil {
		return err
	}
	err = c.do(ctx, files, "directory", rest, stdout, stderr)
	if errors.Is(err, errOutdated) && rest[0] == "apply" {
		return c.replace(ctx, files, rest, stdout)
	}
	return err
}

// directoryDeed is the work of "linli directory".
func directoryDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	var yes, apply bool
	h, rest, err := scoped(in, "directory", args, func(set *flag.FlagSet) {
		set.BoolVar(&yes, "yes", false, "")
		set.BoolVar(&apply, "apply", false, "")
	})
	if err != nil {
		return err
	}
	if h.list == nil || len(rest) == 0 {
		return errors.New(directoryUsage)
	}
	d, what, rest := h.list, rest[0], rest[1:]
	words := map[string]int{"import": -1, "back": 1}[what]
	if words >= 0 && len(rest) != words || words < 0 && len(rest) == 0 {
		return errors.New(directoryUsage)
	}
	switch what {
	case "show":
		return d.show(ctx, out)
	case "diff":
		lines, _, err := d.Pending(ctx)
		if err == nil && len(lines) == 0 {
			lines = []string{errNothing.Error()}
		}
		return tell(out, lines, err)
	case "apply":
		return d.applyFile(ctx, yes, out)
	case "import":
		return d.importFiles(ctx, rest, yes || apply, out)
	case "export":
		_, err := out.Write(d.File().Text())
		return err
	case "history":
		return d.tellHistory(ctx, out)
	case "back":
		n, err := strconv.Atoi(rest[0])
		if err != nil {
			return errors.New(directoryUsage)
		}
		return d.back(ctx, n, yes, out)
	}
	return errors.New(directoryUsage)
}

// tell writes lines, and passes an error on.
func tell(out io.Writer, lines []string, err error) error {
	if err != nil {
		return err
	}
	for _, l := range lines {
		if _, err := fmt.Fprintln(out, l); err != nil {
			return err
		}
	}
	return nil
}

func (d *directory) show(ctx context.Context, out io.Writer) error {
	e, err := d.current(ctx)
	if err != nil {
		return err
	}
	f := d.File()
	fmt.Fprintln(out, d.line(e))
	summary(out, f)
	lines, _, err := d.Pending(ctx)
	if err == nil && len(lines) > 0 {
		lines = []string{"文件改过，还没有换上：看 linli directory diff"}
	}
	return tell(out, lines, err)
}

// line tells a version in one line.
func (d *directory) line(e edition) string {
	by := "在这台机器上"
	if e.By != "" {
		by = string(e.By)
		if o, ok := d.File().Settings.Official(e.By); ok {
			by = o.Name
		}
	}
	return fmt.Sprintf("第%d版  %s  %s  %s", e.N, e.At.In(d.File().Settings.Zone).Format("2006-01-02 15:04"), by, e.Note)
}

func (d *directory) tellHistory(ctx context.Context, out io.Writer) error {
	list, err := d.history(ctx)
	var lines []string
	for _, e := range list {
		lines = append(lines, d.line(e))
	}
	return tell(out, lines, err)
}

func (d *directory) applyFile(ctx context.Context, yes bool, out io.Writer) error {
	lines, version, err := d.Pending(ctx)
	if err == nil && version == "" {
		err = errNothing
	}
	if err := tell(out, lines, err); err != nil || !yes {
		return and(err, out, "要换上，加 --yes。")
	}
	return and(d.Apply(ctx, version, ""), out, "换上了。没办完的事照常办。")
}

// and writes what to do next, if nothing went wrong.
func and(err error, out io.Writer, text string) error {
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, text)
	return err
}

func (d *directory) importFiles(ctx context.Context, paths []string, apply bool, out io.Writer) error {
	var tables []table.Table
	var wrong community.Mistakes
	var names []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return fmt.Errorf("读不到 %s", p)
		}
		if info.Size() > table.MaxSize {
			return fmt.Errorf("%s 太大，超过了%d兆", p, table.MaxSize>>20)
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return fmt.Errorf("读不到 %s", p)
		}
		t, w := table.Open(p, data)
		tables, wrong, names = append(tables, t...), append(wrong, w...), append(names, filepath.Base(p))
	}
	at, err := d.current(ctx)
	if err != nil {
		return err
	}
	force := d.File()
	next, notes, err := force.Import(tables)
	for _, m := range notes {
		fmt.Fprintln(out, "注意 "+m.String())
	}
	var more community.Mistakes
	if errors.As(err, &more) {
		wrong = append(wrong, more...)
	} else if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s\n有%d处要改，什么都没有换", wrong.Sorted(), len(wrong))
	}
	lines, err := d.changes(ctx, force, next)
	if err == nil && len(lines) == 0 {
		return and(nil, out, "表格里写的和正在用的名册一样，没有要换的。")
	}
	if err := tell(out, lines, err); err != nil || !apply {
		return and(err, out, "要换上，加 --apply。")
	}
	err = d.put(ctx, next, at.N, "", edition{Note: "导入" + strings.Join(names, "、")})
	return and(err, out, "换上了。没办完的事照常办。社区文件没有动；想接着改，先用 linli directory export 取出来。")
}

// back brings an earlier version into force, as a new one.
func (d *directory) back(ctx context.Context, n int, yes bool, out io.Writer) error {
	at, err := d.current(ctx)
	if err != nil {
		return err
	}
	e, err := d.edition(ctx, n)
	if err != nil {
		return err
	}
	force := d.File()
	f, err := force.Like(e.name(), []byte(e.Text))
	if err != nil {
		return err
	}
	lines, err := d.changes(ctx, force, f)
	if err == nil && len(lines) == 0 {
		return and(nil, out, fmt.Sprintf("第%d版和正在用的一样。", n))
	}
	if err := tell(out, lines, err); err != nil || !yes {
		return and(err, out, "要换回，加 --yes。")
	}
	err = d.put(ctx, f, at.N, "", edition{Note: fmt.Sprintf("换回第%d版", n)})
	return and(err, out, "换回了。没办完的事照常办。")
}

// replace brings the file into force where the version in the store cannot be
// read any more, so that Linli does not start: there is nothing to compare it with.
func (c *Config) replace(ctx context.Context, files []*community.File, args []string, out io.Writer) error {
	set := flag.NewFlagSet("apply", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	id, yes := set.String("community", files[0].Settings.Community, ""), set.Bool("yes", false, "")
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	if !*yes {
		return and(nil, out, "正在用的名册现在通不过检查，比不出不同。要按文件换上，加 --yes。")
	}
	db, err := bolt.Open(filepath.Join(c.Data, "linli.db"), bolt.Options{})
	if err != nil {
		return err
	}
	for _, p := range c.plans(files, time.Now) {
		if p.file.Settings.Community == *id {
			d := &directory{store: db.In(*id), read: p.read, now: p.now}
			if at, e := d.current(ctx); e != nil {
				err = e
			} else {
				err = d.put(ctx, p.file, at.N, textMark(p.file), edition{Note: fromFile})
			}
			return errors.Join(and(err, out, "换上了。"), db.Close())
		}
	}
	return errors.Join(fmt.Errorf("没有“%s”这个社区", *id), db.Close())
}
