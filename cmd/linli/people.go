package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"linli/flows"
	"strings"
)

// Commands about people and their accounts.

// scoped reads the flags of a deed about one community: --community and what
// follows.
func scoped(in *installation, name string, args []string, more func(*flag.FlagSet)) (h *house, rest []string, err error) {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	id := set.String("community", "", "`id`")
	if more != nil {
		more(set)
	}
	for { // flags may stand behind the words, too
		if err := set.Parse(args); err != nil {
			return nil, nil, err
		}
		if set.NArg() == 0 {
			break
		}
		rest, args = append(rest, set.Arg(0)), set.Args()[1:]
	}
	h, err = in.house(*id)
	return h, rest, err
}

// relay is a command whose work is a deed: --config is read here, the rest
// goes to where the work is done.
func relay(ctx context.Context, name string, args []string, stdout, stderr io.Writer) error {
	path, rest, err := configOf(args)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c, files, err := load(path)
	if err != nil {
		return err
	}
	return c.do(ctx, files, name, rest, stdout, stderr)
}

// configOf takes --config FILE out of the arguments of a command.
func configOf(args []string) (path string, rest []string, err error) {
	path = "config.yaml"
	for i := 0; i < len(args); i++ {
		name, value, ok := cutFlag(args[i])
		switch {
		case name != "config":
			rest = append(rest, args[i])
		case ok:
			path = value
		case i+1 < len(args):
			i++
			path = args[i]
		default:
			return "", nil, errors.New("--config needs a file")
		}
	}
	return path, rest, nil
}

// cutFlag takes "--name=value" apart.
func cutFlag(arg string) (name, value string, ok bool) {
	rest, found := strings.CutPrefix(arg, "-")
	if !found {
		return "", "", false
	}
	name, value, ok = strings.Cut(strings.TrimPrefix(rest, "-"), "=")
	return name, value, ok
}

// codeDeed is "linli code": a code for a person or a group of the directory.
func codeDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	h, rest, err := scoped(in, "code", args, nil)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("code: name one person or group of the directory")
	}
	s := h.settings()
	kind, target, err := whomCode(s, rest[0])
	if err != nil {
		return err
	}
	code, err := h.bot.NewCode(ctx, kind, target)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "/start %s\n", code)
	if kind == "group" && h.web != nil {
		join, err := h.bot.NewCode(ctx, "join", target)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "居民进网页群的码（7天内可多人用）：%s\n", join)
	}
	return nil
}

// troubleDeed is "linli trouble": what could not be done, for the person who
// looks after the machine. It shows no words of residents.
func troubleDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	h, _, err := scoped(in, "trouble", args, nil)
	if err != nil {
		return err
	}
	list, err := h.bot.Troubles(ctx)
	if err != nil {
		return err
	}
	for _, t := range list {
		fmt.Fprintf(out, "%d\t%s\t%s\tcase %s\t%s\n", t.ID, t.At.In(h.settings().Zone).Format("2006-01-02 15:04"), t.Kind, t.Case, t.Why)
	}
	fmt.Fprintf(out, "共%d件。原话只给社区工作人员看：请对机器人说“没办成的”。\n", len(list))
	return nil
}

// whomCode finds the person or the group of the directory that a code is for. A
// name that several have names nobody: then it takes the id.
func whomCode(s *flows.Settings, name string) (kind, target string, err error) {
	var found []string
	for _, o := range s.People {
		if string(o.ID) == name {
			return "person", name, nil
		}
		if o.Name == name {
			kind, target = "person", string(o.ID)
			found = append(found, target)
		}
	}
	for _, g := range s.Groups {
		if g.ID == name {
			return "group", name, nil
		}
		if g.Name == name {
			kind, target = "group", g.ID
			found = append(found, target)
		}
	}
	switch len(found) {
	case 0:
		return "", "", fmt.Errorf("名册里没有“%s”这个人或群", name)
	case 1:
		return kind, target, nil
	}
	return "", "", fmt.Errorf("叫“%s”的有%d个，请写编号：%s", name, len(found), strings.Join(found, "、"))
}
