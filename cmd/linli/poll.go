package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"linli/bot/archive"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// The commands about polls: which there are, what is kept of one for good, and whether
// an archive is one of ours.

// pollCommand is "linli poll" and "linli poll export NUMBER [FILE]".
func pollCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	path, rest, err := configOf(args)
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	c, files, err := load(path)
	if err != nil {
		return err
	}
	var words, pass []string // what is no flag, and what goes to where the work is done
	for i := 0; i < len(rest); i++ {
		if name, _, with := cutFlag(rest[i]); name == "" {
			words = append(words, rest[i])
		} else if pass = append(pass, rest[i]); !with && i+1 < len(rest) {
			i++
			pass = append(pass, rest[i])
		}
	}
	switch {
	case len(words) == 0:
		return c.do(ctx, files, "poll", pass, stdout, stderr)
	case words[0] != "export" || len(words) < 2 || len(words) > 3:
		return errors.New("poll: 什么都不写就列出征询；要归档写 export 编号，后面可以写文件名")
	}
	var text bytes.Buffer
	if err := c.do(ctx, files, "poll", append(words[:2:2], pass...), &text, stderr); err != nil {
		return err
	}
	b, err := base64.StdEncoding.DecodeString(text.String())
	if err != nil {
		return errors.New("正在运行的邻里和这个程序不是一个版本，请先重启它")
	}
	no, _ := strconv.Atoi(words[1]) // the deed has read it
	name := archive.FileName(no)
	if len(words) == 3 {
		name = words[2]
	}
	return keep(name, b, stdout)
}

// keep writes an archive, once, and says what is in it.
func keep(name string, b []byte, out io.Writer) error {
	r, err := archive.Verify(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s 已经有了，没有动它：换一个文件名，或者先把它移走", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	fmt.Fprintf(out, "写好了：%s，%s\n%s", name, bytesOf(int64(len(b))), r)
	if !r.Sound() {
		return errUnsound
	}
	fmt.Fprintln(out, "请把流水最后一条的指纹抄在纸上，和这个文件分开放：以后拿它能证明文件没有换过。")
	return nil
}

// pollDeed lists the polls of a community, gives the archive of one, or says whether one is ours.
func pollDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	var held string
	h, rest, err := scoped(in, "poll", args, func(set *flag.FlagSet) { set.StringVar(&held, "held", "", "") })
	switch {
	case err != nil:
		return err
	case held != "":
		return h.pollHeld(ctx, held, out)
	case len(rest) == 0:
		return h.pollList(ctx, out)
	case len(rest) == 2 && rest[0] == "export":
		return h.pollExport(ctx, rest[1], out)
	}
	return errors.New("poll: 写 export 编号")
}

// polls gives the polls that were sent, newest first.
func (h *house) polls(ctx context.Context, n int, no int) (list []flows.Case, turnout map[flows.ID]int, err error) {
	err = h.store.View(ctx, func(tx storage.Tx) (err error) {
		list, err = tx.Cases(n, func(c flows.Case) bool { return c.Flow == poll.Name && c.No > 0 && (no == 0 || c.No == no) })
		turnout = map[flows.ID]int{}
		for _, c := range list {
			counts, err := tx.Tally(c.ID)
			if err != nil {
				return err
			}
			turnout[c.ID] = poll.Turnout(counts)
		}
		return err
	})
	return list, turnout, err
}

// mostListed is how many polls are listed.
const mostListed = 200

func (h *house) pollList(ctx context.Context, out io.Writer) error {
	list, turnout, err := h.polls(ctx, mostListed, 0)
	if err != nil {
		return err
	}
	for _, c := range list {
		s, err := poll.Read(c)
		if err != nil {
			return err
		}
		n := turnout[c.ID]
		if s.Outcome != nil {
			n = s.Outcome.Voters
		}
		set := h.settings()
		fmt.Fprintf(out, "%04d\t%s\t%s\t%s\t投了%d\t%s\n", c.No, pollStage(s), set.ScopeName(s.Scope, set.Lang), s.Until.In(set.Zone).Format("2006-01-02 15:04"), n, c.Title)
	}
	fmt.Fprintf(out, "共%d次征询。\n", len(list))
	return nil
}

// pollStage says how far a poll is.
func pollStage(s poll.State) string {
	switch {
	case s.Stopped:
		return "撤回了"
	case s.Stage == poll.Open:
		return "正在投"
	case s.Stage == poll.Counting:
		return "正在计票"
	case s.Stage == poll.Result:
		return "有结果，可以质疑"
	case s.Stage == poll.Closed:
		return "结束了"
	}
	return s.Stage
}

// pollExport writes an archive, as text, because it goes through a socket that carries texts.
func (h *house) pollExport(ctx context.Context, number string, out io.Writer) error {
	no, err := strconv.Atoi(number)
	if err != nil || no < 1 {
		return errors.New("poll export: 写征询的编号，像 12")
	}
	list, _, err := h.polls(ctx, 1, no)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("没有%04d号征询", no)
	}
	w := base64.NewEncoder(base64.StdEncoding, out)
	switch err := h.archive(ctx, list[0].ID, w); {
	case errors.Is(err, archive.ErrNoResult):
		return fmt.Errorf("%04d号还没有结果，或者撤回了：有了结果才能归档", no)
	case errors.Is(err, archive.ErrTooLate):
		return fmt.Errorf("%04d号过了保存的时间，谁投了已经不在：不能再归档", no)
	case err != nil:
		return err
	}
	return w.Close()
}

// archive writes what is kept of a poll for good.
func (h *house) archive(ctx context.Context, id flows.ID, w io.Writer) error {
	return archive.Write(ctx, h.store, h.settings(), id, w)
}

// pollHeld compares what an archive says of itself with what is kept here.
func (h *house) pollHeld(ctx context.Context, text string, out io.Writer) error {
	var held archive.Held
	if err := json.Unmarshal([]byte(text), &held); err != nil {
		return errors.New("poll: not what an archive says of itself")
	}
	r, err := archive.Against(ctx, h.store, h.settings(), held)
	if err != nil {
		return err
	}
	fmt.Fprint(out, r)
	if !r.Sound() {
		return errUnsound
	}
	return nil
}
