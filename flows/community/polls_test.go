package community

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
)

// What is built in, in numbers: a change of the file is meant.
func TestPollsThatAreBuiltIn(t *testing.T) {
	f, err := parse(t, "polls: {}", "#")
	if err != nil {
		t.Fatal(err)
	}
	p := f.Settings.Polls
	forces, reserved := p.Forces, p.Reserved
	p.Forces, p.Reserved = nil, nil
	if d := cmp.Diff(flows.Polls{Month: 3, Floor: 5, Options: 8, Shortest: time.Hour, Longest: 720 * time.Hour, Days: 3, Close: 20 * 60,
		Remind: 24 * time.Hour, Extend: 168 * time.Hour, Proxies: 0, Check: 72 * time.Hour}, p); d != "" {
		t.Error(d)
	}
	office := []flows.Role{flows.Head, flows.Secretary, flows.Staff}
	either := []flows.VoteUnit{flows.PerHousehold, flows.PerPerson}
	for i := range forces {
		if (forces[i].Source == "") != (forces[i].Force == flows.Assembly) {
			t.Errorf("%s: source %q", forces[i].Force, forces[i].Source)
		}
		forces[i].Source = ""
	}
	if d := cmp.Diff([]flows.PollRule{
		{Force: flows.Sounding, Start: []flows.Role{flows.Captain, flows.Leader, flows.Staff, flows.Head, flows.Secretary}, Units: either, Tenants: true},
		{Force: flows.Opinion, Start: []flows.Role{flows.Leader, flows.Staff, flows.Head, flows.Secretary}, Units: either, Tenants: true},
		{Force: flows.Assembly, Start: office, Units: []flows.VoteUnit{flows.PerHousehold}, Tenants: true, Proof: true},
		{Force: flows.ByOwners, Start: office, Units: []flows.VoteUnit{flows.PerOwner}, Proof: true,
			Turnout: flows.Share{Num: 2, Den: 3}, Agree: flows.Share{Num: 1, Den: 2, Over: true}, Special: flows.Share{Num: 3, Den: 4}},
	}, forces); d != "" {
		t.Error(d)
	}
	special := map[string]bool{"278-6": true, "278-7": true, "278-8": true}
	for i, r := range reserved {
		if r.ID != "278-"+string(rune('1'+i)) || r.Special != special[r.ID] || r.Name["zh-CN"] == "" || r.Name["en"] == "" || r.Source == "" || len(r.Words) == 0 {
			t.Errorf("%+v", r)
		}
	}
	if len(reserved) != 9 {
		t.Errorf("%d matters, the article has nine", len(reserved))
	}
	if r, ok := f.Settings.PollRule(flows.Assembly); ok {
		t.Errorf("a force whose source nobody wrote can be chosen: %+v", r)
	}
}

func TestQuestionsOfOwners(t *testing.T) {
	f, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	for question, want := range map[string]string{
		"要不要在楼前装充电桩？":        "278-8",
		"地面划停车位行不行？":         "278-8",
		"电梯广告还让不让放？":         "278-8",
		"要不要换物业？":            "278-4",
		"物业去留大家怎么看？":         "278-4",
		"动用维修资金修屋面，同意吗？":     "278-5",
		"维修基金不够了，要不要续筹？":     "278-6", // of two, the one that needs more
		"3号楼加装电梯，您同意吗？":      "278-7",
		"同意改选业委会吗？":          "278-3",
		"新的管理规约同意吗？":         "278-2",
		"业主大会议事规则这样改行不行？":    "278-1",
		"去年的公共收益怎么用？":        "278-9",
		"周末包饺子还是看电影？":        "",
		"楼道灯几点关合适？":          "",
		"物业服务您满意吗？":          "",
		"居民议事会议事规则要不要改？":     "",
		"要不要重建微信群？":          "",
		"端午节活动放在上午还是下午？":     "",
		"充电桩晚上几点断电？":         "",
		"业委会和物业的座谈会放在周几？":    "",
		"Paint the fence?":   "",
		"电梯坏了，先修还是先等年检？要/不要": "",
	} {
		r, ok := f.Settings.Reserved(question)
		if r.ID != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", question, r.ID, want)
		}
	}
}

func TestPollsOfACommunity(t *testing.T) {
	f, err := parse(t, "polls: {}", `polls:
  month: 0
  close: "19:30"
  proxies: 1
  extend: 36h
  forces:
    - {force: assembly, turnout: 过半数, agree: over 1/2, source: 某街道的答复}
    - {force: 业主共同决定, start: []}
    - {force: sound, units: person, tenants: false}
  reserved:
    - {id: 278-8, more_words: [晾衣架]}
    - {id: 278-9, words: [旧衣回收箱]}
    - {id: local-1, name: 别的, words: [门禁], source: 本地条例}`)
	if err != nil {
		t.Fatal(err)
	}
	same(t, f)
	s := f.Settings
	if p := s.Polls; p.Month != 0 || p.Close != 19*60+30 || p.Proxies != 1 || p.Extend != 36*time.Hour || p.Floor != 5 || p.Longest != 30*day {
		t.Errorf("%+v", p)
	}
	half := flows.Share{Num: 1, Den: 2, Over: true}
	if r, ok := s.PollRule(flows.Assembly); !ok || r.Turnout != half || r.Agree != half || !r.Proof || len(r.Start) != 3 {
		t.Errorf("%v %+v", ok, r)
	}
	if r, ok := s.PollRule(flows.ByOwners); !ok || len(r.Start) != 0 || r.Turnout != (flows.Share{Num: 2, Den: 3}) {
		t.Errorf("%v %+v", ok, r)
	}
	if r, _ := s.PollRule(flows.Sounding); r.Tenants || len(r.Units) != 1 || r.Units[0] != flows.PerPerson || len(r.Start) != 5 {
		t.Errorf("%+v", r)
	}
	for q, want := range map[string]string{"晾衣架装哪儿？": "278-8", "广告位租不租？": "278-8", "公共收益怎么用？": "", "旧衣回收箱放哪儿？": "278-9", "门禁换不换？": "local-1"} {
		if r, _ := s.Reserved(q); r.ID != want {
			t.Errorf("%s: %q, want %q", q, r.ID, want)
		}
	}
	if d := cmp.Diff([]string{
		"投票的每位楼栋长一个月几次（month）：3 → 0",
		"投票的截止到几点（close）：20:00 → 19:30",
		"投票的最多推后多久（extend）：7d → 36h0m0s",
		"投票的一户能替几户投（proxies）：0 → 1",
		"投票“摸底”的一票算谁的：户、人 → 人",
		"投票“摸底”的租户能投：是 → 否",
		"投票“居民会议表决”的多少参加才有效：（没有写） → 过半数",
		"投票“居民会议表决”的多少同意才算通过：（没有写） → 过半数",
		"投票“居民会议表决”的来源：（没有写） → 某街道的答复",
		"投票“业主共同决定”的谁能发：居委会主任、书记、社区 → （没有写）",
	}, told(t, f)[:10]); d != "" {
		t.Error(d)
	}
	// Another community begins with what is built in, not with what this one wrote.
	again, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := again.Settings.Reserved("晾衣架装哪儿？"); r.ID != "" {
		t.Errorf("a word of another community: %+v", r)
	}
}

func TestShareAsWritten(t *testing.T) {
	for text, want := range map[string]flows.Share{
		"2/3": {Num: 2, Den: 3}, "2/3以上": {Num: 2, Den: 3}, "过1/2": {Num: 1, Den: 2, Over: true}, "超过 3/4": {Num: 3, Den: 4, Over: true}, "over 1/2": {Num: 1, Den: 2, Over: true},
		"过半数": {Num: 1, Den: 2, Over: true}, "1/1": {Num: 1, Den: 1}, "": {},
	} {
		var s share
		if err := s.UnmarshalText([]byte(text)); err != nil || flows.Share(s) != want {
			t.Errorf("%q: %+v %v", text, s, err)
		}
	}
	for _, text := range []string{"0.5", "50%", "一半", "3/2", "0/3", "1/0", "过1/1", "过1/2以上", "-1/2", "1/2/3"} {
		var s share
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
}
