package menu

import (
	"testing"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
)

// pairs are invented wishes, two and two, and whether staff would call them one dish.
var pairs = []struct {
	a, b string
	same bool
}{
	{"学吉他", "弹吉他", true},
	{"学吉他", "下班后弹吉他", true},
	{"吉他入门", "学弹吉他", true},
	{"周末带孩子徒步", "徒步", true},
	{"带孩子看电影", "电影", true},
	{"练瑜伽", "下班后的瑜伽课", true},
	{"学做面包", "面包课", true},
	{"打羽毛球", "周末羽毛球", true},
	{"学书法", "书法班", true},
	{"学看星星", "晚上看星星", true},
	{"天文观星", "观星", true},
	{"观鸟", "周末去观鸟", true},
	{"学变魔术", "魔术", true},
	{"学开无人机", "无人机", true},
	{"酿啤酒", "学酿啤酒", true},
	{"学急救", "急救课", true},
	{"包粽子", "学包粽子", true},
	{"学游泳", "游泳", true},
	{"学滑板", "滑板课", true},
	{"钓鱼", "周末一起钓鱼", true},
	{"学手语", "手语班", true},
	{"相亲", "相亲会", true},
	{"learn the guitar", "guitar lessons", true},
	{"birdwatching", "bird watching", true},
	{"看星星", "天文观星", true}, // which only people see
	{"钩针", "织毛衣", false},
	{"学吉他", "学古筝", false},
	{"学吉他", "学钢琴", false},
	{"打羽毛球", "打篮球", false},
	{"打羽毛球", "打乒乓球", false},
	{"学英语", "学日语", false},
	{"跳街舞", "跳广场舞", false},
	{"带孩子徒步", "带孩子看电影", false},
	{"周末带孩子徒步", "周末带孩子露营", false},
	{"下班后健身", "下班后跑步", false},
	{"学急救", "学书法", false},
	{"观鸟", "观星", false},
	{"观鸟", "养鸟", false},
	{"学游泳", "学游戏", false},
	{"学滑板", "学滑翔伞", false},
	{"钓鱼", "养鱼", false},
	{"学魔术", "学武术", false},
	{"酿啤酒", "酿醋", false},
	{"学开车", "学修车", false},
	{"学手语", "学手相", false},
	{"无人机", "无土栽培", false},
	{"guitar lessons", "piano lessons", false},
	{"learn magic", "learn baking", false},
	{"组织相亲活动", "组织钓鱼活动", false},
	{"办个魔术班", "办个滑板班", false},
}

func TestAlike(t *testing.T) {
	settings := flowstest.Example(t, demand.DutyList())
	s := lexiconOf(settings)
	right, missed, wrong := 0, 0, 0
	for _, p := range pairs {
		got := s.likeness(p.a, p.b)
		if back := s.likeness(p.b, p.a); back != got {
			t.Errorf("%q and %q: %.2f, the other way round %.2f", p.a, p.b, got, back)
		}
		switch {
		case got >= alike == p.same:
			right++
		case p.same:
			missed++
			t.Logf("missed: %q and %q are %.2f (%q, %q)", p.a, p.b, got, core(p.a), core(p.b))
		default:
			wrong++
			t.Errorf("put together: %q and %q are %.2f (%q, %q)", p.a, p.b, got, core(p.a), core(p.b))
		}
	}
	t.Logf("%d pairs: %d right, %d one dish and not seen to be, %d put together wrongly", len(pairs), right, missed, wrong)
	// What is not seen, staff put together with a tap; what is put together wrongly they cannot part.
	if missed > 1 {
		t.Errorf("%d pairs that are one dish are not seen to be", missed)
	}
}

func TestPlain(t *testing.T) {
	settings := flowstest.Example(t, demand.DutyList())
	for text, want := range map[string]string{
		"学吉他": "学吉他", "吉他": "吉他", "下班后弹吉他": "吉他", "周末带孩子徒步": "徒步", "学习书法": "书法", "徒步活动": "徒步", "guitar lessons": "guitar",
		// What says more than that is somebody's words.
		"跟老王学吉他": "", "学吉他给王敏听": "", "观鸟": "", "书法老师太凶": "", "": "", "13800138000徒步": "",
	} {
		if got, ok := lexiconOf(settings).plain(text); got != want || ok != (want != "") {
			t.Errorf("%q is on the menu as %q (%v), want %q", text, got, ok, want)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{"  学\n吉他 ": "学 吉他", "<b>{{x}}</b>": "bx/b", "\x00": "", "学吉他学吉他学吉他学吉他学吉他学吉他学吉他学吉他学": "学吉他学吉他学吉他学吉他学吉他学吉他学吉他学吉他"} {
		if got := clean(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAskedFor(t *testing.T) {
	for text, want := range map[string]string{
		"有什么活动？": "list", "最近有什么活动吗": "list", "活动": "list", "What's on?": "list", "What’s on": "list",
		"以后别发了": "stop", "别再发活动了。": "stop", "退订": "stop", "请别给我发活动邀请了": "stop", "STOP": "stop", "/stop": "stop", "/stop@linli_bot": "stop",
		"我的喜好": "likes", "活动设置": "likes", "活动可以发了": "start", "我的愿望": "mine", "菜单": "menu",
		"以后别发了，电梯坏了": "", "活动室的灯坏了": "", "想学吉他": "", "": "", "了": "", "别发": "", "stop the noise": "",
	} {
		if got := askedFor(text); got != want {
			t.Errorf("%q asks for %q, want %q", text, got, want)
		}
	}
}

// likeness is asked for every dish with every wish.
func BenchmarkWish(b *testing.B) {
	settings := flowstest.Example(b, demand.DutyList())
	t := &turn{e: flows.Event{Settings: settings}}
	for i := range maxDishes {
		t.Dishes = append(t.Dishes, Dish{Title: pairs[i%len(pairs)].a, Said: []Said{{Text: pairs[i%len(pairs)].b}}})
	}
	for b.Loop() {
		t.same("下班后去看流星雨")
	}
}
