package community

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
)

// What is built in, in numbers: a change of the file is meant. Nothing says how many
// must come, or how many must agree.
func TestHearingsThatAreBuiltIn(t *testing.T) {
	for _, text := range []string{"hearings: {}", "hearings:", "# "} { // nothing to change, nothing behind it, not there at all
		f, err := parse(t, "hearings: {}", text)
		if err != nil {
			t.Fatal(err)
		}
		h := f.Settings.Hearings
		for _, x := range []*flows.Term{&h.Clear, &h.Publish, &h.Dissent} {
			if !strings.HasPrefix(x.Source, "社区自己的做法（") || !strings.Contains(x.Source, "请向街道核对") || x.Days() != x.N {
				t.Errorf("%+v does not say where it comes from", *x)
			}
			x.Source = ""
		}
		if d := cmp.Diff(flows.Hearings{
			Review: flows.WeekTime{Day: time.Wednesday, At: 9 * 60}, Answer: flows.Span{Days: 2}, Again: 14 * day, Followers: 8, Silences: 2,
			Ask: 2 * day, Length: 2 * time.Hour,
			Clear: flows.Term{N: 3, Waive: []flows.Role{flows.Secretary, flows.Head}}, Publish: flows.Term{N: 3}, Dissent: flows.Term{N: 5},
			Reserved: 15, Release: day, Remind: []time.Duration{96 * time.Hour, day}, Rate: 5,
		}, h); d != "" {
			t.Error(d)
		}
	}
}

func TestHearingsOfACommunity(t *testing.T) {
	f, err := parse(t, "hearings: {}", `hearings:
  review: 星期日 19：30
  answer: 48h clock
  followers: 0
  silences: 3
  clear: {days: 7, source: 某街道的答复, waive: 居委会主任}
  publish: {days: 5}
  dissent: {source: ""}
  remind: 36h
  agree: 过半数
  agree_by: 某街道的答复`)
	if err != nil {
		t.Fatal(err)
	}
	same(t, f)
	h := f.Settings.Hearings
	if h.Review != (flows.WeekTime{Day: time.Sunday, At: 19*60 + 30}) || h.Answer != (flows.Span{Minutes: 48 * 60, Plain: true}) || h.Followers != 0 ||
		h.Silences != 3 || h.Length != 2*time.Hour || !slices.Equal(h.Remind, []time.Duration{36 * time.Hour}) {
		t.Errorf("%+v", h)
	}
	if d := cmp.Diff(flows.Term{N: 7, Source: "某街道的答复", Waive: []flows.Role{flows.Head}}, h.Clear); d != "" {
		t.Error(d)
	}
	if h.Publish.Days() != 5 || h.Publish.Source == "" || h.Dissent.N != 5 || h.Dissent.Days() != 0 {
		t.Errorf("%+v %+v", h.Publish, h.Dissent)
	}
	if w := Mistakes(f.Warnings).Error(); len(f.Warnings) != 1 || !strings.Contains(w, "几个工作日内答复不同意的人（dissent）写了5天，却没有写来源") {
		t.Error(w)
	}
	if d := cmp.Diff([]string{
		"议事会的每周什么时候发要审的议题（review）：周三 9:00 → 周日 19:30",
		"议事会的审议题多久内答复（answer）：2d → 48h clock",
		"议事会的多少人都说就建议议一议（followers）：8 → 从不",
		"议事会的物业几次没答复就三方碰头（silences）：2 → 3",
		"议事会的通知和开会之间隔几个净天（clear）：3 → 7",
		"议事会的通知和开会之间隔几个净天的来源：社区自己的做法（提前几天通知，3、5、7天各地不一，请向街道核对） → 某街道的答复",
		"议事会的通知和开会之间隔几个净天谁可以免：书记、居委会主任 → 居委会主任",
		"议事会的几个工作日内公布记录（publish）：3 → 5",
		"议事会的几个工作日内答复不同意的人的来源：" + unchanged(t).Dissent.Source + " → （没有写）",
		"议事会的开会前多久提醒（remind）：4d、1d → 36h0m0s",
		"议事会的举手多少算同意（agree）：（没有写） → 过半数",
		"议事会的举手多少算同意的来源（agree_by）：（没有写） → 某街道的答复",
	}, told(t, f)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(flows.Term{N: 3, Source: unchanged(t).Clear.Source, Waive: []flows.Role{flows.Secretary, flows.Head}}, unchanged(t).Clear); d != "" {
		t.Error("another community begins with what this one wrote:", d)
	}
}

// unchanged gives the rules of a community that changes none.
func unchanged(t *testing.T) flows.Hearings {
	t.Helper()
	f, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	return f.Settings.Hearings
}

// Mistakes that a directory has alone, each with the line it is told at.
func TestWhoReviewsAndHowMuchIsAgreed(t *testing.T) {
	const han = `  - {id: han, name: 韩审核, phone: "0471-0000013", posts: [reviewer]}`
	for name, c := range map[string]struct {
		pairs    []string
		at, want string // want "": no mistake
	}{
		"who watches reviews":         {[]string{"posts: [supervisor]", "posts: [supervisor, reviewer]"}, "id: xu", "许监督既在监督委员会，又是议题审核员：监督的人不能审议题"},
		"of one building":             {[]string{"posts: [supervisor]", "posts: [{role: supervisor, building: 3}, reviewer]"}, "id: xu", "监督的人不能审议题"},
		"the only one left":           {[]string{"posts: [secretary, duty, reviewer]", "posts: [secretary, duty, supervisor]", han, "#"}, "id: zhaos", "赵书记既是书记，又在监督委员会，别人都不审议题"},
		"of one building, the only":   {[]string{"posts: [secretary, duty, reviewer]", "posts: [secretary, {role: supervisor, building: 3}]", han, "#"}, "id: zhaos", "别人都不审议题"},
		"somebody else is left":       {[]string{"posts: [secretary, duty, reviewer]", "posts: [secretary, duty, supervisor]"}, "", ""},
		"another secretary is left":   {[]string{"posts: [secretary, duty, reviewer]", "posts: [secretary, supervisor]", "posts: [reviewer]", "posts: [secretary]"}, "", ""},
		"no reviewer at all":          {[]string{"duty, reviewer]", "duty]", han, "#"}, "", ""},
		"nobody watches":              {[]string{"posts: [supervisor]", "posts: [council]"}, "", ""},
		"a source without a number":   {[]string{"hearings: {}", "hearings:\n  agree_by: 某街道的答复"}, "  agree_by:", "却没有写举手多少算同意（agree）"},
		"no reminder at all":          {[]string{"hearings: {}", "hearings:\n  remind: []"}, "  remind: []", "1到3次，写了0次"},
		"the same twice":              {[]string{"hearings: {}", "hearings:\n  remind: [24h, 24h]"}, "  remind: [24h", "从早的写到晚的"},
		"no such time of the day":     {[]string{"hearings: {}", "hearings:\n  review: 周三 9:75"}, "  review: 周三 9:75", "没有“9:75”这个时间"},
		"no such day":                 {[]string{"hearings: {}", "hearings:\n  review: 周八 9:00"}, "  review: 周八", "星期要写成"},
		"who watches does not waive":  {[]string{"hearings: {}", "hearings:\n  clear: {waive: [supervisor]}"}, "  clear: {waive", "监督委员会不能免"},
		"so long an answer, in hours": {[]string{"hearings: {}", "hearings:\n  answer: 999h clock"}, "  answer: 999h", "最多30个工作日"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parse(t, c.pairs...)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if len(f.Settings.Reviewers()) == 0 || slices.Contains(f.Settings.Reviewers(), "xu") {
					t.Errorf("topics are reviewed by %v", f.Settings.Reviewers())
				}
				return
			}
			wrong, _ := err.(Mistakes)
			if len(wrong) != 1 || wrong[0].Line != lineOf(t, replaced(t, c.pairs...), c.at) || !strings.Contains(wrong[0].Text, c.want) {
				t.Errorf("want %s at %q\ngot  %v", c.want, c.at, err)
			}
		})
	}
}

// The posts of hearings are written in tables in the words people have for them.
func TestPostsOfHearingsInTables(t *testing.T) {
	for text, want := range map[string]flows.Role{"reviewer": flows.Reviewer, "议题审核员": flows.Reviewer, "审议题": flows.Reviewer, "council": flows.Council,
		"议事会成员": flows.Council, "议事员": flows.Council, "监督委员会": flows.Supervisor, "居务监督委员会": flows.Supervisor} {
		var got role
		if err := got.read(text); err != nil || flows.Role(got) != want {
			t.Errorf("%s is read as %q, %v", text, got, err)
		}
	}
}
