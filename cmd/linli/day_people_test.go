package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot/telegram/fake"
)

// wish is something that somebody wants done on the day.
type wish struct {
	text    string
	item    string
	at      float64 // when it is said: a part of the day
	group   int     // building whose group hears it; 0: said to Linli itself
	by      int     // which of the people who speak; the same number is the same person
	curious bool    // presses the link when Linli offers to write in private
	refuse  bool    // does not want it filed
	danger  bool
	rate    string // what they press in the end; "" if they cannot be asked

	user    *fake.User
	message int64
	said    time.Time
	agreed  time.Time // when they pressed "登记"; zero if that was not asked
	asked   time.Time // when the question was there
	card    time.Time // when somebody's phone had it
	to      int64     // whose
	rated   bool
	begun   bool // has followed the link
}

// wishes are the eleven demands of the day, one that its speaker does not want
// filed, and the danger.
func wishes() []*wish {
	return []*wish{
		{text: "3号楼1单元的电梯又不动了，停在一楼上不去", item: "1-1", at: .08, group: 3, by: 1, curious: true, rate: "满意"},
		{text: "7号楼2单元下水道堵了，脏水都漫到走廊里了", item: "2-5", at: .12, group: 7, by: 2, curious: true, rate: "满意"},
		{text: "我家住5号楼，楼上天天半夜装修用电钻，孩子没法睡觉", item: "5-1", at: .16, by: 3, rate: "基本满意"},
		{text: "东门口的路灯坏了好几天，晚上黑得什么也看不见", item: "1-5", at: .2, group: 1, by: 4},
		{text: "9号楼后面垃圾桶满了没人清，苍蝇乱飞", item: "3-1", at: .25, group: 9, by: 5, curious: true, rate: "满意"},
		{text: "10号楼3单元的单元门关不上，谁都能随便进", item: "1-3", at: .3, group: 10, by: 6, curious: true, rate: "满意"},
		{text: "4号楼楼道有臭味，好几天了", at: .33, group: 4, by: 13, refuse: true},
		{text: "2号楼2单元楼道灯不亮，我妈下楼看不见台阶", item: "1-2", at: .36, by: 7, rate: "满意"},
		{text: "11号楼楼道堆满了纸箱，轮椅过不去，麻烦清一下", item: "3-2", at: .41, group: 11, by: 8},
		{text: "6号楼1单元楼道里好浓的煤气味，谁家没关好", at: .46, group: 6, by: 9, danger: true},
		{text: "7号楼门口有人遛狗不牵绳，追着孩子跑，请管一管", item: "3-5", at: .53, group: 7, by: 2, rate: "基本满意"},
		{text: "10号楼东边的井盖松了，一踩就响，怕老人绊倒", item: "1-5", at: .58, group: 10, by: 6, curious: true, rate: "满意"},
		{text: "12号楼家里暖气不热，老人孩子都穿着棉袄，请来看看", item: "2-3", at: .63, group: 12, by: 10, curious: true, rate: "不满意"},
	}
}

// again is somebody else who says what the first wish is about.
type again struct {
	text  string
	at    float64
	group int
	by    int

	user   *fake.User
	said   bool
	joined bool
}

func agains() []*again {
	return []*again{
		{text: "3号楼1单元电梯真的坏了，我买菜爬上来的", at: .45, by: 11},
		{text: "我们3号楼1单元电梯到底什么时候修好，坏了没人管", at: .5, group: 3, by: 12},
		{text: "我妈住3号楼1单元，电梯也坏了，下不来楼", at: .6, group: 3, by: 6}, // has agreed on another matter by then
	}
}

// live lets everybody do what they would do now, and says whether anybody did
// something.
func (d *day) live() (acted bool) {
	for _, x := range d.wishes {
		acted = d.wants(x) || acted
	}
	for _, x := range d.agains {
		acted = d.follows(x) || acted
	}
	for id, u := range d.posts {
		acted = d.works(string(id), u) || acted
	}
	return acted
}

// button finds the newest message of a chat with a button of this label, that
// answers a message if one is given.
func (d *day) button(chat, answers int64, label string) (found fake.Message, data string) {
	for _, m := range d.tg.Sent(chat) {
		for _, row := range m.Buttons {
			for _, b := range row {
				if b.Label == label && (answers == 0 || m.ReplyTo == answers) {
					found, data = m, b.Data+b.URL
				}
			}
		}
	}
	return found, data
}

// press lets somebody press a button once.
func (d *day) press(u *fake.User, chat int64, data string) bool {
	key := residentKey(u, data)
	if data == "" || d.pressed[key] {
		return false
	}
	if _, err := d.tg.Press(u, chat, data); err != nil {
		return false // changed a moment ago
	}
	d.pressed[key] = true
	return true
}

func residentKey(u *fake.User, data string) string { return u.First + " " + data }

// wants does the next thing that somebody who wants something has to do.
func (d *day) wants(x *wish) bool {
	if x.said.IsZero() {
		return false
	}
	chat, answers := x.user.ID, int64(0)
	if x.group > 0 && !x.begun {
		chat, answers = d.groups[x.group-1].ID, x.message
	}
	if x.agreed.IsZero() && x.card.IsZero() && !x.danger {
		label := "登记"
		if x.refuse {
			label = "不用"
		}
		if m, data := d.button(chat, answers, label); d.press(x.user, chat, data) {
			x.asked, x.agreed = m.At, time.Now()
			return true
		}
	}
	if x.curious && !x.begun && x.group > 0 {
		if _, link := d.button(d.groups[x.group-1].ID, x.message, "打招呼"); link != "" {
			_, word, ok := strings.Cut(link, "?start=")
			if !ok {
				d.t.Errorf("the link %q starts nothing", link)
			}
			x.user.Start(word)
			for _, y := range d.wishes {
				y.begun = y.begun || y.by == x.by
			}
			return true
		}
	}
	if x.rate == "" || x.rated {
		return false
	}
	for _, m := range d.tg.Sent(x.user.ID) {
		if no := d.number(x); no != "" && strings.Contains(m.Text, no+"号") {
			if _, data := labelled(m, x.rate); d.press(x.user, x.user.ID, data) {
				x.rated = true
				return true
			}
		}
	}
	return false
}

func labelled(m fake.Message, label string) (fake.Message, string) {
	for _, row := range m.Buttons {
		for _, b := range row {
			if b.Label == label {
				return m, b.Data
			}
		}
	}
	return m, ""
}

// follows lets somebody who has said it, too, press "我也是" wherever they see it.
func (d *day) follows(x *again) bool {
	if !x.said || x.joined {
		return false
	}
	for _, m := range d.tg.Sent(x.user.ID) {
		if strings.Contains(m.Text, "已算上您") {
			x.joined = true
			return false
		}
	}
	chat := x.user.ID
	if x.group > 0 {
		chat = d.groups[x.group-1].ID
	}
	_, data := d.button(chat, 0, "我也是")
	if d.press(x.user, chat, data) {
		x.joined = true
		return true
	}
	return false
}

// restless is how long a person with a post needs before they press: nobody
// waits for their phone.
const restless = 300 * time.Millisecond

// works lets somebody with a post take what they are sent, and report it done in
// the last part of the day.
func (d *day) works(id string, u *fake.User) bool {
	late := time.Since(d.began) > time.Duration(.75*float64(d.length))
	for _, m := range d.tg.Sent(u.ID) {
		d.arrived(u, m)
		if time.Since(m.At) < restless {
			continue
		}
		for _, label := range []string{"接单", "我来处理", "处理完了", "办好了", "不用说，就这样"} {
			if !late && (label == "办好了" || label == "处理完了") {
				continue
			}
			if _, data := labelled(m, label); d.press(u, u.ID, data) {
				return true
			}
		}
		if strings.Contains(m.Text, "要一张照片才算办好") && !d.pressed[residentKey(u, m.Text)] {
			d.pressed[residentKey(u, m.Text)] = true
			d.tg.Say(u, u.ID, "清走了", fake.Photo(picture))
			return true
		}
	}
	return false
}

// arrived notes when a wish was on somebody's phone.
func (d *day) arrived(u *fake.User, m fake.Message) {
	for _, x := range d.wishes {
		if !x.card.IsZero() || x.said.IsZero() {
			continue
		}
		if strings.Contains(m.Text, x.text) || slices.ContainsFunc(m.Edits, func(e fake.Edit) bool { return strings.Contains(e.Text, x.text) }) {
			x.card, x.to = m.At, u.ID
		}
	}
}

var numbered = regexp.MustCompile(`(?:危险 )?(\d{4}) `)

// number is the number under which a wish was filed, "" before that is known.
func (d *day) number(x *wish) string {
	if x.card.IsZero() {
		return ""
	}
	for _, m := range d.tg.Sent(x.to) {
		texts := []string{m.Text}
		for _, e := range m.Edits {
			texts = append(texts, e.Text)
		}
		for _, text := range texts {
			if found := numbered.FindStringSubmatch(text); found != nil && strings.Contains(text, x.text) {
				return found[1]
			}
		}
	}
	return ""
}

// settled says that everything that was wanted has come to its end.
func (d *day) settled() bool {
	for _, x := range d.wishes {
		switch {
		case x.said.IsZero():
			return false
		case x.refuse:
			if x.agreed.IsZero() {
				return false
			}
		case x.card.IsZero(), x.rate != "" && !x.rated:
			return false
		}
	}
	return !slices.ContainsFunc(d.agains, func(x *again) bool { return !x.joined })
}

// picture is a very small photo.
var picture = []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9")

// unsettled says what did not come to its end.
func (d *day) unsettled(t *testing.T) {
	t.Helper()
	for _, x := range d.wishes {
		t.Logf("%s: said %t, asked %t, agreed %t, with somebody %t, rated %t", x.text, !x.said.IsZero(), !x.asked.IsZero(), !x.agreed.IsZero(), !x.card.IsZero(), x.rated)
		for _, m := range d.tg.Sent(x.user.ID) {
			t.Logf("  told: %s", m.Text)
		}
	}
	for _, x := range d.agains {
		t.Logf("%s: joined %t", x.text, x.joined)
	}
}
