package community

import (
	"regexp"
	"strings"
	"time"

	"linli/flows"
)

var defaultHours = []flows.Hours{{From: 8*60 + 30, To: 12 * 60}, {From: 14 * 60, To: 18 * 60}}

// defaults is the directory before anything is read.
func defaults() directory {
	hearings, _ := builtinHearings()
	return directory{
		Lang:     "zh-CN",
		TimeZone: "Asia/Shanghai",
		Hours:    []hours{hours(defaultHours[0]), hours(defaultHours[1])},
		Phones:   phones{Police: "110", Fire: "119", Ambulance: "120", Crisis: "12356", Women: "12338"},
		Limits: limits{
			Sure: .75, Maybe: .4,
			Offer: duration(time.Hour), Join: duration(10 * time.Minute), Page: duration(3 * time.Minute),
			Remind: span{Minutes: 60}, Rate: 3, Extend: 1, Parked: duration(720 * time.Hour),
			Morning: 8*60 + 30, Evening: 21*60 + 30, Bundles: []clock{8*60 + 30, 14*60 + 30},
			Invites: 2, FloorMin: 2, Burst: 20, Gather: duration(time.Minute),
			// Personal data is kept for the shortest time its purpose needs (个人信息保护法
			// 19), logs of a network at least six months (网络安全法): of these, what was said
			// to whom. A case may be questioned for the three years of a claim (民法典 188).
			Keep: keep{Words: days(180), Media: days(90), Danger: days(3 * 365), Sent: days(190), Cases: days(3 * 365), Idle: days(2 * 365)},
		},
		Polls:      builtinPolls().polls,
		Hearings:   hearings,
		Activities: builtinActivities().activities,
		Rounds:     builtinRounds().rounds,
		Partners:   builtinPartners().partners,
	}
}

func days(n int) keeping { return keeping(time.Duration(n) * 24 * time.Hour) }

var (
	latinID  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,23}$`)
	placeID  = regexp.MustCompile(`^[0-9A-Za-z_]{1,12}$`) // stands in "3-2-501" and in keys
	resident = regexp.MustCompile(`^r[0-9]+$`)            // ids that the house gives to residents
	phoneNo  = regexp.MustCompile(`^\+?[0-9](?:[0-9 -]{1,18})[0-9]$`)
	address  = regexp.MustCompile(`^[a-z]+:\S+$`)
)

func (b *builder) general() {
	s, d := b.s, b.dir
	s.Community, s.Name, s.Example, s.Lang = d.ID, d.Name, d.Example, string(d.Lang)
	if !latinID.MatchString(d.ID) {
		b.wrong(d.Of("id"), "社区编号（id）要用小写拉丁字母开头的短词，比如 dongfang，写的是“%s”", d.ID)
	}
	if d.Name == "" {
		b.wrong(d.Of("name"), "没有写社区名称（name）")
	}
	zone, err := time.LoadLocation(d.TimeZone)
	if err != nil || d.TimeZone == "" || d.TimeZone == "Local" {
		b.wrong(d.Of("time_zone"), "没有“%s”这个时区，内地写 Asia/Shanghai", d.TimeZone)
		zone = time.FixedZone("Asia/Shanghai", 8*3600)
	}
	s.Zone = zone

	p := d.Phones
	s.Phones = flows.Phones{Police: p.Police, Fire: p.Fire, Ambulance: p.Ambulance, Crisis: p.Crisis, Women: p.Women, Gas: p.Gas, Lift: p.Lift, Office: p.Office}
	for _, n := range []struct{ key, number string }{{"police", p.Police}, {"fire", p.Fire}, {"ambulance", p.Ambulance}, {"crisis", p.Crisis}, {"women", p.Women}} {
		if n.number == "" {
			b.wrong(p.Of(n.key), "“%s”的号码不能空着", n.key)
		}
		b.phone(p.Of(n.key), n.number)
	}
	if p.Gas == "" {
		line := d.Of("phones")
		if p.Has("gas") {
			line = p.Of("gas")
		}
		b.wrong(line, "没有写燃气抢修电话（phones 里的 gas）：闻到燃气味的人要马上打这个号码")
	}
	b.phone(p.Of("gas"), p.Gas)
	b.phone(p.Of("lift"), p.Lift)
	b.phone(p.Of("office"), p.Office)
}

// phone checks a number that is written. A real community must not go to work
// with the numbers of the example.
func (b *builder) phone(line int, number string) {
	switch {
	case number == "":
	case !phoneNo.MatchString(number):
		b.wrong(line, "电话写得不像电话号码：要写数字，可以有横线") // whose it is says the line; numbers do not go into messages
	case !b.dir.Example && strings.Contains(number, "00000"):
		b.wrong(line, "“%s”还是示例里的假号码，请换成真的", number)
	}
}

func (b *builder) numbers() {
	l := b.dir.Limits
	b.s.Limits = flows.Limits{
		Sure: l.Sure, Maybe: l.Maybe, Offer: time.Duration(l.Offer), Join: time.Duration(l.Join), Page: time.Duration(l.Page),
		Remind: flows.Span(l.Remind), Rate: l.Rate, Extend: l.Extend, Parked: time.Duration(l.Parked),
		Morning: flows.Clock(l.Morning), Evening: flows.Clock(l.Evening), Invites: l.Invites, FloorMin: l.FloorMin, Burst: l.Burst, Gather: time.Duration(l.Gather),
	}
	for _, c := range l.Bundles {
		b.s.Limits.Bundles = append(b.s.Limits.Bundles, flows.Clock(c))
	}
	b.keep(l.Keep)
	if l.Sure <= 0 || l.Sure > 1 || l.Maybe <= 0 || l.Maybe >= l.Sure {
		b.wrong(l.Of("sure"), "把握（sure）和可能（maybe）要在0和1之间，而且 maybe 小于 sure")
	}
	if l.Morning >= l.Evening {
		b.wrong(l.Of("morning"), "早上开始发消息的时间（morning）要早于晚上停发的时间（evening）")
	}
	for i, c := range l.Bundles {
		if c < l.Morning || c >= l.Evening {
			b.wrong(l.Of("bundles"), "汇总提醒的时间 %s 落在不打扰的时段里", flows.Clock(c))
		}
		if i > 0 && c <= l.Bundles[i-1] {
			b.wrong(l.Of("bundles"), "汇总提醒的时间要按先后写")
		}
	}
	if len(l.Bundles) == 0 {
		b.wrong(l.Of("bundles"), "至少写一个汇总提醒的时间（bundles）")
	}
	for _, n := range []struct {
		key            string
		v, least, most int
	}{{"rate", l.Rate, 1, 30}, {"extend", l.Extend, 0, 5}, {"invites", l.Invites, 0, 7}, {"floor_min", l.FloorMin, 1, 100}, {"burst", l.Burst, 5, 1_000_000}} {
		if n.v < n.least || n.v > n.most {
			b.wrong(l.Of(n.key), "“%s”要在%d到%d之间，写的是%d", n.key, n.least, n.most, n.v)
		}
	}
	if time.Duration(l.Parked) > 720*time.Hour {
		b.wrong(l.Of("parked"), "暂存的消息最多留30天（parked）")
	}
	if g := time.Duration(l.Gather); g < time.Second || g > 10*time.Minute {
		b.wrong(l.Of("gather"), "群里的登记消息攒多久（gather）要在1秒到10分钟之间")
	}
	if time.Duration(l.Page) > 30*time.Minute {
		b.wrong(l.Of("page"), "遇到危险，等一个人应答不能超过30分钟（page）")
	}
}

// keep reads how long what is kept.
func (b *builder) keep(k keep) {
	b.s.Limits.Keep = flows.Keep{Words: time.Duration(k.Words), Media: time.Duration(k.Media), Danger: time.Duration(k.Danger),
		Sent: time.Duration(k.Sent), Cases: time.Duration(k.Cases), Idle: time.Duration(k.Idle)}
	longer := func(a, b keeping) bool { return a == 0 && b != 0 || b != 0 && a > b }
	for _, x := range []struct {
		key string
		v   keeping
	}{{"words", k.Words}, {"media", k.Media}, {"danger", k.Danger}, {"sent", k.Sent}} {
		if longer(x.v, k.Cases) {
			b.wrong(k.Of(x.key), "“%s”不能比事情本身（cases）留得久", x.key)
		}
	}
	for _, x := range []struct {
		key   string
		v     keeping
		least int
		why   string
	}{
		{"words", k.Words, 30, "居民还可能来问、要求重办"},
		{"danger", k.Danger, 180, "危险怎么处理的要能查"},
		{"sent", k.Sent, 180, "网络日志至少留六个月（网络安全法）"},
		{"cases", k.Cases, 180, "怎么办的要能查"},
		{"idle", k.Idle, 90, "同意登记的人不该几个月没说话就要重来"},
	} {
		if x.v != 0 && x.v < days(x.least) {
			b.wrong(k.Of(x.key), "“%s”至少留%d天：%s", x.key, x.least, x.why)
		}
	}
	if k.Words == 0 || k.Media == 0 || k.Idle == 0 {
		b.warn(k.Line, "原话、照片或不再来的人写的是永远留着：个人信息只能留到必要为止（个人信息保护法第十九条）")
	}
}
