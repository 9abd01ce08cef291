package bot_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// all lets the person come into every kind of row that Linli keeps, under two
// accounts and in two groups, and lets others write of them what they are told to.
func (h home) all() flows.PersonID {
	h.Helper()
	const she, also, name = "p77553311", "p88664422", "欧阳靐靐"
	h.people()
	h.toy.caps.PerGroup, h.toy.caps.Reacts = 20, true
	h.update(func(tx storage.Tx) error {
		return tx.PutChat(flows.Chat{ID: "g55", Address: "toy:g5", Group: true, Directory: "east", Title: "东区群", Scope: flows.Everywhere, Introduced: h.clock.Now()})
	})
	edit := func(who, where, ref, text string) {
		h.Helper()
		in := h.said(who, where, text)
		in.Kind, in.From.Name, in.Keys[0], in.Message.Ref = bot.Edited, name, "e/"+who+"/"+in.Keys[0], ref
		h.hear(in)
		h.pass(2 * time.Second)
	}
	last := func() string { return "m" + strings.TrimPrefix(h.said("", "", "").Keys[0], "k") }
	before := func() string { h.n--; return last() } // of the message said last
	// Followed by somebody else, edited, extended and done with words that name her, judged with a line.
	h.by(she, name, "g3", "3号楼2单元下水道堵了，我是靐靐13900001111", "hers")
	ref := before()
	h.tap(she, "登记")
	h.by("p2", "邻居", "g3", "2单元下水道堵了")
	h.tap("p2", "我也是")
	edit(she, "g3", ref, "3号楼2单元下水道堵了，我是靐靐13900001111，龘龘")
	h.tap("feng", "接单")
	h.tap("feng", "问居民")
	h.by("feng", "冯", "", "靐靐家几楼？")
	h.by(she, name, "", "一楼，靐靐家门口937151")
	for range 2 { // the second time staff are asked
		h.tap("feng", "要延期")
		h.tap("feng", "2个工作日")
		h.tap("feng", "别的原因")
		h.by("feng", "冯", "", "要等靐靐在家，电话13900001111")
	}
	h.tap("chen", "同意")
	h.tap("feng", "办好了")
	h.by("feng", "冯", "", "和靐靐13900001111说好了", "fengs")
	h.tap(she, "不满意")
	h.by(she, name, "", "靐靐家还是堵，龘龘")
	// In the other group; returned with words that name her.
	h.by(she, name, "g5", "5号楼2单元楼道灯不亮，龘龘")
	h.tap("feng", "不归我")
	h.tap("feng", "不属于社区")
	h.tap("feng", "清单里没有")
	h.by("feng", "冯", "", "靐靐自己家的灯，13900001111")
	// Withdrawn, and left to who follows it.
	h.by(she, name, "g3", "3号楼1单元电梯坏了没人修，靐靐下不来")
	h.by("p2", "邻居", "g3", "3号楼1单元电梯坏了没人修")
	h.tap(she, "撤回")
	// Followed by her with words of her own, which she changes.
	h.by("p3", "小赵", "", "5号楼1单元电梯坏了没人修")
	h.tap("p3", "登记")
	h.by(she, name, "g5", "5号楼1单元电梯坏了没人修，靐靐也下不来")
	edit(she, "g5", before(), "5号楼1单元电梯坏了没人修，靐靐也下不来，龘龘")
	// The other account, first as somebody else, with things of its own.
	h.by(also, name, "", "7号楼3单元门禁坏了，靐靐进不去", "hers too")
	h.tap(also, "登记")
	h.by(also, name, "g5", "5号楼1单元电梯坏了没人修，龘龘")
	h.by(she, name, "", "绑定另一个账号")
	code := ""
	for _, a := range h.toy.tries() {
		if c := typed.FindString(a.Text); a.To == she && c != "" {
			code = c
		}
	}
	h.by(also, name, "", "/start "+code)
	h.tap(also, "是我要的")
	h.by(she, name, "", "绑定另一个账号")
	h.by(she, name, "", "我的数据 称呼 靐靐")
	h.by(she, name, "", "我的数据")
	h.tap(she, "拷一份")
	// What nobody could do: unread words, a danger that nobody could be told, a card.
	h.toy.on(func(to string, m bot.Message) error {
		if to == "sun" || to == "qian" || strings.Contains(m.Text, "楼道堆") {
			return bot.Refused{Why: "on purpose"}
		}
		return nil
	})
	h.by(she, name, "g5", "读不了的靐靐")
	h.by(she, name, "", "读不了，靐靐的老公打我，龘龘")
	h.by(she, name, "", "3号楼2单元楼道堆满了杂物，靐靐过不去")
	h.toy.on(nil)
	h.tap("sun", "我来处理")
	h.tap("sun", "处理完了")
	// A danger that is over, and one of which nobody may hear.
	h.by(she, name, "g3", "3号楼2单元闻到煤气味，靐靐家门口")
	h.tap("sun", "我来处理")
	h.tap("sun", "处理完了")
	h.by(also, name, "", "老公打我，靐靐怕")
	h.tap("sun", "我来处理")
	h.tap("sun", "处理完了")
	// A voice note, and what waits: in lines for a group, for the morning, to be read, a question.
	h.by(she, name, "g3", "3号楼门口路灯不亮，龘龘")
	h.hear(h.said(she, "g3", "3号楼3单元门禁坏了，靐靐进不去"))
	h.hear(h.said(also, "g3", "垃圾桶满了没人清，靐靐闻着臭，3号楼"))
	h.at(23, 0)
	h.by(also, name, "", "东门的井盖坏了，靐靐摔了", "靐靐的照片")
	h.by(also, name, "", "哪里的灯坏了，靐靐看不见")
	voice := h.said(she, "", "")
	voice.Message.Media = []flows.Media{{Kind: "voice", Remote: "voice of hers", Channel: "toy", Seconds: 3}}
	h.hear(voice)
	h.pass(2 * time.Second)
	for range 30 {
		h.hear(h.said(she, "g3", "靐靐在吗"))
		h.hear(h.said(also, "", "龘龘在吗"))
	}
	id := h.owner(she)
	if id == "" || h.owner(also) != id {
		h.Fatalf("her accounts are those of %q and %q", id, h.owner(also))
	}
	home := flows.Place{Building: "3", Unit: "2", Room: "937151"}
	if err := h.b.Correct(h.Context(), id, bot.Correction{Home: &home}); err != nil {
		h.Fatal(err)
	}
	h.update(func(tx storage.Tx) error {
		return errors.Join(tx.PutKey("cap/2026-11/"+string(id), []byte{1}), tx.PutKey("leaving/"+string(id), []byte(`{"n":1}`)))
	})
	return id
}

// Wherever somebody has been, nothing of them is found afterwards, and what they do
// later with what they said then (an edit) brings nothing back.
func TestEraseFromEveryKindOfRow(t *testing.T) {
	h := newHome(t)
	id := h.all()
	plants := append([]string{"龘龘", "p88664422"}, traces...)
	for _, what := range plants {
		if len(h.holding(what)) == 0 {
			t.Errorf("%q was never kept: the test tests nothing", what)
		}
	}
	kinds := map[string]int{}
	h.view(func(tx storage.Tx) error {
		jobs, err := tx.Jobs()
		for _, j := range jobs {
			kinds[j.Kind]++
		}
		list, err2 := tx.Troubles()
		for _, x := range list {
			kinds["trouble "+x.Kind]++
		}
		digests, err3 := tx.Keys("digest/")
		kinds["digest"] = len(digests)
		was, err4 := tx.Keys("was/")
		kinds["was"] = len(was)
		return errors.Join(err, err2, err3, err4)
	})
	for _, k := range []string{"send", "hear", "wake", "trouble parked", "trouble dead", "digest", "was"} {
		if kinds[k] == 0 {
			t.Errorf("there is no %s: the test tests less than it says (%v)", k, kinds)
		}
	}
	e, err := h.b.Erase(t.Context(), id, "asked")
	if err != nil || !e.Done() {
		t.Fatalf("erased %+v, %v: %q", e, err, h.stages())
	}
	h.cleanOf(id, plants)
	h.toy.take()
	h.pass(30 * time.Hour)
	for _, a := range h.toy.take() {
		for _, what := range plants {
			if strings.Contains(a.Text, what) || a.To == "p77553311" || a.To == "p88664422" {
				t.Errorf("told afterwards: %s: %s", a.To, a.Text)
			}
		}
	}
	// An edit of what was said in a group a day ago comes in from somebody nobody knows.
	for i := range h.n {
		for _, where := range []string{"g3", "g5"} {
			in := h.said("p77553311", where, "靐靐又改了，龘龘")
			in.Kind, in.Message.Ref = bot.Edited, "m"+strconv.Itoa(i)
			h.hear(in)
		}
	}
	h.pass(24 * time.Hour)
	h.cleanOf(id, plants)
}
