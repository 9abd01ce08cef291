// Package dialogue reads and plays dialogues: plain-text plays that a community
// worker can read, with several people, several chats and time passing. They are the
// tests of the flows, the examples of the demo, and what `linli play` prints.
//
//	# 两户报同一部电梯                     a title or a comment
//	@ 2026-03-11 09:00                   the clock, in the community's zone
//	> 王阿姨@3号楼群: 3号楼2单元电梯又停了   somebody says something in a group
//	> 王阿姨: 还有老人下不来               or to Linli itself
//	> 王阿姨: [登记]                       presses the newest button with that label
//	> 周网格: {0001/accept}                presses a button they were never given
//	> 王阿姨@3号楼群 (改): 是2单元          edits what they said last there
//	> 王阿姨@3号楼群 (回): 我也是           replies to what Linli said last there
//	> 张大爷@3号楼群 (转): …               forwards somebody else's words
//	> 王阿姨@3号楼群: [照片] 你看           with a photo; also [语音], [位置]
//	> 小林@3号楼群 (走)                    leaves the group
//	> 王阿姨@3号楼群 (票): 不要             chooses in the newest poll there of the platform's own
//	> 王阿姨@3号楼群 (票)                  takes that back
//	+ 2h                                 time passes: h, m, d; or "+ 到 08:30", the next 08:30
//	< 王阿姨: 记下了，0001号… [改地点] [撤回]  what somebody was told since
//	< 3号楼群 (改): …                      a message that was changed
//	< 周网格 (弹): …                       the notice after a press
//	< 3号楼群: 〔投票〕装不装？ A.装 B.不装 [去页面] a poll of the platform's own, with its buttons
//	< 3号楼群 (改): 〔投票结束〕装不装？      its end
//	= 有自带投票                          the platform has polls of its own from here on
//	= 有链接                              it has links to the private chat, and there are pages
//	= 不能先写私信                         on this platform Linli cannot write to people first
//	= 没有账号 王阿姨                       somebody has no account on it
//	= 喜好 小林 青年 乐器 晚上            what somebody has said of themself, see [World.Set]
//	= 微信 王阿姨                          somebody is on WeChat and nowhere else: Linli may write to them
//	                                     five times in the 48 hours after they spoke, and else by a form
//	= 也用微信 王阿姨                       on both, WeChat first; then "> 王阿姨 (微): …" speaks there
//	= 没有模板                             there is no form
//	= 微信没有按钮                          buttons are numbers there
//	> 王阿姨 (扫): 3号楼                    comes to Linli on WeChat by the code of a building or a group
//	< 王阿姨 (模板): 0001 …                 what the form said
//	= 能委托 1                            one household may vote for so many others
//	> 严姨: {码 13-1-101}                 says the code of the letter that was brought to a home
//
// Where something said has several lines, " / " stands between them.
//
// A button that leads somewhere is shown by its label. Pressing one that leads to the
// private chat says "/start" and its word there; one that leads to a page cannot be pressed.
//
// The package must not know any flow.
package dialogue

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Play is a dialogue as it was written.
type Play struct {
	Name  string
	Title string // the first comment
	Acts  []Act
}

// Kind is what a line does.
type Kind byte

const (
	Note    Kind = '#'
	Clock   Kind = '@'
	Speak   Kind = '>'
	Pass    Kind = '+'
	Expect  Kind = '<'
	Setting Kind = '='
	Blank   Kind = ' '
)

// Act is one line.
type Act struct {
	Kind  Kind
	Line  int
	Raw   string
	Who   string // Speak, Expect
	Where string // group's name; empty: with Linli itself
	Mode  string // 改, 回, 转, 走, 票, 弹, 扫, 微, 模板
	Text  string
	At    time.Time     // Clock, without a zone
	Wait  time.Duration // Pass
	Until string        // Pass: "08:30"
}

var speaking = regexp.MustCompile(`^([^@:：(（]+?)(?:@([^:：(（]+?))?\s*(?:[(（]([^)）]*)[)）])?\s*(?:[:：]\s*(.*))?$`)

// Parse reads a dialogue. Errors name the line.
func Parse(name string, src []byte) (*Play, error) {
	p := &Play{Name: name}
	sc := bufio.NewScanner(bytes.NewReader(src))
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		raw := strings.TrimRight(sc.Text(), " \t")
		a := Act{Line: n, Raw: raw, Kind: Blank}
		if raw == "" {
			p.Acts = append(p.Acts, a)
			continue
		}
		a.Kind = Kind(raw[0])
		rest := strings.TrimSpace(raw[1:])
		var err error
		switch a.Kind {
		case Note:
			if p.Title == "" {
				p.Title = rest
			}
		case Setting:
			a.Text = rest
		case Clock:
			a.At, err = time.Parse("2006-01-02 15:04", rest)
		case Pass:
			a.Wait, a.Until, err = wait(rest)
		case Speak, Expect:
			m := speaking.FindStringSubmatch(rest)
			if m == nil {
				err = fmt.Errorf("who says it?")
				break
			}
			a.Who, a.Where, a.Mode, a.Text = m[1], m[2], m[3], m[4]
		default:
			err = fmt.Errorf("a line begins with one of # @ > + < =")
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		p.Acts = append(p.Acts, a)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

func wait(s string) (time.Duration, string, error) {
	if u, ok := strings.CutPrefix(s, "到"); ok {
		u = strings.TrimSpace(u)
		_, err := time.Parse("15:04", u)
		return 0, u, err
	}
	if d, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(d)
		return time.Duration(n) * 24 * time.Hour, "", err
	}
	d, err := time.ParseDuration(s)
	return d, "", err
}

// Stage is where a play is played: a world of its own in tests, the running
// web chat in the demo. Who and where are names of the directory; where is empty for
// the private chat with Linli.
type Stage interface {
	Now() time.Time
	Say(ctx context.Context, who, where string, l Line) error
	// Press presses the newest button with a label there; raw, if not empty, is
	// pressed instead, whether it was given or not.
	Press(ctx context.Context, who, where, label, raw string) error
	Leave(ctx context.Context, who, where string) error
	Advance(ctx context.Context, to time.Time) error
	Set(ctx context.Context, setting string) error
}

// Voter is a stage whose platform may have polls of its own.
type Voter interface {
	// Vote chooses an option, by its words, in the newest poll there; with none it
	// takes back what was chosen.
	Vote(ctx context.Context, who, where, option string) error
}

// Scanner is a stage with a platform to which people come by a code.
type Scanner interface {
	// Scan lets somebody come by the code of a building or a group, named as the directory does.
	Scan(ctx context.Context, who, place string) error
}

// Line is something said.
type Line struct {
	Text                 string
	Edit, Reply, Forward bool
	Photo, Voice, Point  bool
	Lane                 bool // on the second platform of the stage
}

// Do carries out one act on a stage; lines that only expect do nothing.
func Do(ctx context.Context, s Stage, a Act) error {
	switch a.Kind {
	case Setting:
		return s.Set(ctx, a.Text)
	case Clock:
		return s.Advance(ctx, time.Date(a.At.Year(), a.At.Month(), a.At.Day(), a.At.Hour(), a.At.Minute(), 0, 0, s.Now().Location()))
	case Pass:
		return s.Advance(ctx, a.after(s.Now()))
	case Speak:
		return speak(ctx, s, a)
	}
	return nil
}

// after is the time a Pass leads to.
func (a Act) after(now time.Time) time.Time {
	if a.Until == "" {
		return now.Add(a.Wait)
	}
	c, _ := time.Parse("15:04", a.Until) // checked by Parse
	t := time.Date(now.Year(), now.Month(), now.Day(), c.Hour(), c.Minute(), 0, 0, now.Location())
	if !t.After(now) {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

func speak(ctx context.Context, s Stage, a Act) error {
	switch {
	case a.Mode == "走":
		return s.Leave(ctx, a.Who, a.Where)
	case a.Mode == "票":
		v, ok := s.(Voter)
		if !ok {
			return fmt.Errorf("there are no polls on this stage")
		}
		return v.Vote(ctx, a.Who, a.Where, a.Text)
	case strings.HasPrefix(a.Text, "{") && strings.HasSuffix(a.Text, "}"):
		return s.Press(ctx, a.Who, a.Where, "", strings.Trim(a.Text, "{}"))
	}
	if a.Mode == "扫" {
		x, ok := s.(Scanner)
		if !ok {
			return fmt.Errorf("there are no codes on this stage")
		}
		return x.Scan(ctx, a.Who, a.Text)
	}
	l := Line{Text: strings.ReplaceAll(a.Text, " / ", "\n"), Edit: a.Mode == "改", Reply: a.Mode == "回", Forward: a.Mode == "转", Lane: a.Mode == "微"}
	for again := true; again; {
		again = false
		for mark, is := range map[string]*bool{"[照片]": &l.Photo, "[语音]": &l.Voice, "[位置]": &l.Point} {
			if t, ok := strings.CutPrefix(l.Text, mark); ok {
				*is, l.Text, again = true, strings.TrimSpace(t), true
			}
		}
	}
	if strings.HasPrefix(l.Text, "[") && strings.HasSuffix(l.Text, "]") {
		return s.Press(ctx, a.Who, a.Where, strings.Trim(l.Text, "[]"), "")
	}
	return s.Say(ctx, a.Who, a.Where, l)
}
