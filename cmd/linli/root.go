package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"linli/storage"
	"linli/storage/bolt"
)

// The roots of the days (每日校验值): to print one, and to hold a file to one that was
// printed.

// rootDeed is "linli root [DAY]".
func rootDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	h, rest, err := scoped(in, "root", args, nil)
	if err != nil {
		return err
	}
	zone := h.settings().Zone
	day := h.now().In(zone).AddDate(0, 0, -1).Format(time.DateOnly)
	switch len(rest) {
	case 0:
	case 1:
		if day = rest[0]; !isDate(day) {
			return errors.New("root: 日期写成 2026-11-22 这样")
		}
	default:
		return fmt.Errorf("root: unexpected argument %q", rest[1])
	}
	var d, last storage.Day
	err = h.store.View(ctx, func(tx storage.Tx) (err error) {
		if last, err = tx.SealedDay(""); err != nil {
			return err
		}
		d, err = tx.SealedDay(day)
		return err
	})
	switch {
	case errors.Is(err, storage.ErrNone) && last.Date == "":
		return errors.New("还没有每日校验值：邻里运行起来就会算出第一个")
	case errors.Is(err, storage.ErrNone):
		return fmt.Errorf("%s没有校验值，最近的是%s的。今天的要过了今天才有", day, last.Date)
	case err != nil:
		return err
	}
	fmt.Fprintf(out, "%s　%s　每日校验值\n\n    %s\n\n", h.settings().Name, inWords(d.Date), d.Short())
	fmt.Fprintf(out, "这一天的流水%d条，%s算出。\n", d.Records, d.At.In(zone).Format("1月2日15:04"))
	fmt.Fprintf(out, "全部64位：%s\n", d.Full())
	if len(d.Before) > 0 {
		before := storage.Day{Root: d.Before}
		fmt.Fprintf(out, "前一天的：%s\n", before.Short())
	}
	if in.config != nil && in.config.PublicURL != "" {
		fmt.Fprintf(out, "贴公示栏的一张纸：%s%s/board/%s\n", in.config.PublicURL, h.base, d.Date)
	}
	return nil
}

func isDate(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }

// inWords writes a date that isDate.
func inWords(date string) string {
	t, _ := time.Parse(time.DateOnly, date)
	return t.Format("2006年1月2日")
}

// printed is a root as somebody has it on paper.
type printed struct {
	day  string
	root []byte // its beginning
}

// readPrinted reads "2026-11-22=3F2A 91C0 77DE 04B8", as it stands on the sheet or
// without the blanks.
func readPrinted(text string) (p printed, err error) {
	day, digits, found := strings.Cut(text, "=")
	p.day = strings.TrimSpace(day)
	digits = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '　' {
			return -1
		}
		return r
	}, digits)
	p.root, err = hex.DecodeString(digits)
	switch {
	case !found || !isDate(p.day):
		return p, errors.New("写成 2026-11-22=3F2A91C077DE04B8 这样：日期、等号、校验值")
	case err != nil || len(p.root) < 8 || len(p.root) > 32:
		return p, errors.New("校验值至少写纸上大字的16位，只有数字和A到F")
	}
	return p, nil
}

// againstPrinted says whether a community of a file has a root that was printed, and
// whether all up to that day is right.
func againstPrinted(all []bolt.Held, text string, out io.Writer) bool {
	p, err := readPrinted(text)
	if err != nil {
		fmt.Fprintln(out, err)
		return false
	}
	known, name := false, ""
	var early string // the first day up to then that is wrong
	found := false
	for _, c := range all {
		wrong := ""
		for _, d := range c.Days {
			if d.Date <= p.day && !d.Right && wrong == "" {
				wrong = d.Date
			}
			known = known || d.Date == p.day
			if d.Date == p.day && strings.HasPrefix(string(d.Root), string(p.root)) {
				found, name, early = true, c.Community, wrong
			}
		}
	}
	switch {
	case found && early == "":
		fmt.Fprintf(out, "%s：%s的校验值和纸上的一样，那天和以前的流水没有动过。\n", name, inWords(p.day))
		return true
	case found:
		fmt.Fprintf(out, "%s：记着的%s的校验值和纸上的一样，但%s的流水已经不是那时的样子。\n", name, inWords(p.day), inWords(early))
	case known:
		fmt.Fprintf(out, "%s的校验值和纸上的不一样：先看有没有抄错；没有抄错，就是那天或以前的流水动过，或者用更早的备份恢复过。\n", inWords(p.day))
	default:
		fmt.Fprintf(out, "没有%s的校验值：那天邻里还没有用，或者用更早的备份恢复过。\n", inWords(p.day))
	}
	return false
}

// mostWrongDays is how many days that are wrong are named.
const mostWrongDays = 20

// sayDays says whether the days of a community are right, in one line.
func sayDays(days []bolt.Sealed) string {
	var wrong []string
	for _, d := range days {
		if !d.Right {
			wrong = append(wrong, d.Date)
		}
	}
	switch n := len(wrong); {
	case len(days) == 0:
		return "每日校验值：还没有"
	case n == 0:
		return fmt.Sprintf("每日校验值：%d天，都对得上", len(days))
	case n > mostWrongDays:
		return fmt.Sprintf("每日校验值：%d天，对不上的%d天：%s……", len(days), n, join(wrong[:mostWrongDays]))
	default:
		return fmt.Sprintf("每日校验值：%d天，对不上的%d天：%s", len(days), n, join(wrong))
	}
}
