package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/community"
)

// checkCommand is "linli check": it reads the configuration and the directory,
// tells every mistake with file and line, every warning, and what the program
// understood. It changes nothing and calls nobody. Its error says only that
// there are mistakes.
func checkCommand(_ context.Context, args []string, stdout, stderr io.Writer) error {
	set, path := flags("check", stderr)
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("check: unexpected argument %q", set.Arg(0))
	}
	return check(*path, time.Now(), stdout)
}

func check(path string, now time.Time, out io.Writer) error {
	c, wrong, err := readConfig(path, os.LookupEnv)
	if err != nil {
		return err
	}
	files, more := c.loadCommunities()
	wrong = append(wrong, more...)
	var text strings.Builder
	for _, m := range wrong {
		fmt.Fprintln(&text, m)
	}
	for _, m := range c.Notices {
		fmt.Fprintln(&text, "注意 "+m.String())
	}
	for i, f := range files {
		if f == nil {
			continue
		}
		for _, m := range f.WarningsAt(now) {
			fmt.Fprintln(&text, "注意 "+m.String())
		}
		summary(&text, f)
		if base := c.Base(c.Sites()[i], f.Settings.Community); base != "" {
			fmt.Fprintf(&text, "  网址在 %s/ 下面\n\n", base)
		}
	}
	if len(wrong) > 0 {
		fmt.Fprintf(&text, "有%d处要改。改完再检查一遍。\n", len(wrong))
	} else {
		fmt.Fprintln(&text, "没有错，可以用。")
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("check: %w", errMistakes)
	}
	return nil
}

// errMistakes says that the files must be put right; what is wrong has been
// told already.
var errMistakes = errors.New("the configuration or the directory has mistakes")

// summary tells what was understood, so that a person sees what is missing.
func summary(w io.Writer, f *community.File) {
	s := f.Settings
	fmt.Fprintf(w, "\n%s（%s，版本 %s）\n", s.Name, s.Community, s.Version)
	if s.Example {
		fmt.Fprintln(w, "  这是示例社区，号码都是假的")
	}
	households := 0
	for _, g := range s.Grids {
		households += g.Households
	}
	fmt.Fprintf(w, "  网格%d个，楼%d栋，%d户，地点%d处\n", len(s.Grids), len(s.Buildings), households, len(s.Spots))
	for _, g := range s.Grids {
		leader, _ := s.Official(g.Leader)
		fmt.Fprintf(w, "    %s：%d户，网格员%s，替班%d人\n", g.Name, g.Households, leader.Name, len(g.StandIns))
	}
	fmt.Fprintf(w, "  人员%d人，群%d个，单位%d个，值班表%d行\n", len(s.People), len(s.Groups), len(s.Bodies), len(s.Roster))
	fmt.Fprintf(w, "  职责清单%d类%d条\n", len(s.Classes), len(s.Items))
	fmt.Fprintf(w, "  户册：%s\n", registered(s))
	fmt.Fprintf(w, "  投票：%s\n", pollable(s))
	for i, line := range hearable(s) {
		lead := "  议事会："
		if i > 0 {
			lead = "    "
		}
		fmt.Fprintln(w, lead+line)
	}
	for _, hint := range unwatched(s) {
		fmt.Fprintln(w, "    提示："+hint)
	}
	fmt.Fprintf(w, "  %s\n", partnered(s))
	var years []string
	for _, y := range f.Years() {
		years = append(years, fmt.Sprint(y))
	}
	fmt.Fprintf(w, "  有放假安排的年份：%s\n", strings.Join(years, "、"))
	fmt.Fprintf(w, "  燃气抢修：%s\n", s.Phones.Gas)
	if none := vacant(s); none != "" {
		fmt.Fprintf(w, "  还没有人担任：%s\n", none)
	}
	fmt.Fprintln(w)
}

// registered tells how many households are listed one by one, and of which the
// owners can be polled.
func registered(s *flows.Settings) string {
	buildings, whole, let := 0, 0, 0
	for _, b := range s.Buildings {
		if s.Listed(b.ID) {
			buildings++
		}
		if s.RollOf(flows.Scope{Building: b.ID}, flows.PerOwner).Area > 0 {
			whole++
		}
	}
	for _, h := range s.Households {
		if h.Let {
			let++
		}
	}
	if buildings == 0 {
		return "没有，按楼层和每层户数算；业主共同决定要有写全面积的户册才能发"
	}
	text := fmt.Sprintf("%d栋楼%d户，出租%d户；面积写全的%d栋", buildings, len(s.Households), let, whole)
	if rest := len(s.Buildings) - buildings; rest > 0 {
		text += fmt.Sprintf("；另外%d栋按楼层和每层户数算", rest)
	}
	return text
}

// pollable names the polls that somebody may send, and those nobody may yet.
func pollable(s *flows.Settings) string {
	var can, not []string
	for _, f := range []flows.Force{flows.Sounding, flows.Opinion, flows.Assembly, flows.ByOwners} {
		if r, ok := s.PollRule(f); ok && len(r.Start) > 0 {
			can = append(can, community.ForceName(f))
		} else {
			not = append(not, community.ForceName(f))
		}
	}
	text := "能发" + strings.Join(can, "、")
	if len(can) == 0 {
		text = "都不能发"
	}
	if len(not) > 0 {
		text += "；" + strings.Join(not, "、") + "还不能发：没有写来源，或者没有写谁能发"
	}
	return text
}

// vacant names the posts nobody holds.
func vacant(s *flows.Settings) string {
	var out []string
	for _, r := range []flows.Role{flows.Captain, flows.OnDuty, flows.Staff, flows.Head, flows.Secretary, flows.Property, flows.Owners, flows.Station, flows.Department, flows.Supervisor, flows.Reviewer, flows.Council} {
		held := false
		for _, o := range s.People {
			for _, p := range o.Posts {
				held = held || p.Role == r
			}
		}
		if !held {
			out = append(out, r.In("zh-CN"))
		}
	}
	return strings.Join(out, "、")
}
