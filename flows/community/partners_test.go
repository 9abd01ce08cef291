package community

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
)

// Who speaks for a partner holds that post where it comes, without its being written twice,
// and may do nothing by it.
func TestWhoSpeaksForAPartner(t *testing.T) {
	f, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	s := f.Settings
	o, _ := s.Official("ning")
	if d := cmp.Diff([]flows.Post{{Role: flows.Org, Scope: flows.Scope{Grid: "g1"}}}, o.Posts); d != "" {
		t.Error(d)
	}
	me := flows.Actor{Person: o.ID, Posts: []flows.Post{{Role: flows.Org, Scope: flows.Everywhere}}}
	for _, v := range []flows.Verb{flows.Confirm, flows.Take, flows.Behalf, flows.Announce, flows.See, flows.Review, flows.Invite, flows.Trouble, flows.Enter, flows.Change, flows.Poll, flows.Slips, flows.Convene, flows.Vet, flows.Object, flows.Observe} {
		if s.May(me, v, flows.Everywhere) {
			t.Errorf("a partner may %s", v)
		}
	}
	if _, err := parse(t, "posts: [staff]}", "posts: [staff, org]}"); err == nil || !strings.Contains(err.Error(), "没有“org”这个职务") {
		t.Error("the post was written by hand:", err)
	}
}

func TestPartnersOfACommunity(t *testing.T) {
	f, err := parse(t, "  # answer: 1d ", `  answer: 4h
  tries: 1
  least: 5
  approve: 居委会主任
  services:
    - {id: counselling, none: true}
    - {id: repair, items: [2-6, 1-2]}
    - {id: legal, name: {zh: 法律咨询, en: legal advice}, items: [5-2]}
  # answer: 1d `, "offers: [mediation, counselling], from", "offers: [mediation, legal], from")
	if err != nil {
		t.Fatal(err)
	}
	same(t, f)
	s := f.Settings
	var ids []string
	for _, x := range s.Partners.Services {
		ids = append(ids, x.ID)
	}
	if d := cmp.Diff([]string{"mediation", "care", "repair", "legal"}, ids); d != "" {
		t.Error(d)
	}
	it, _ := s.Item("5-2")
	if got := s.ServicesFor(it); len(got) != 2 || got[1].In("en") != "legal advice" {
		t.Error(got)
	}
	names := func(service, building string) (all []string) {
		for _, x := range s.Offering(service, flows.Place{Building: building}) {
			all = append(all, x.ID)
		}
		return all
	}
	for _, x := range []struct {
		service, building string
		want              []string
	}{{"repair", "3", []string{"qiaojiang"}}, {"repair", "8", []string{"huzhu"}}, {"repair", "5", nil}, {"mediation", "", []string{"chunhui", "xinqing"}}, {"repair", "", nil}} {
		if got := names(x.service, x.building); !slices.Equal(got, x.want) {
			t.Errorf("%s in %q: %v", x.service, x.building, got)
		}
	}
	if s.Partners.Answer != (flows.Span{Minutes: 240}) || s.Partners.Tries != 1 || s.Partners.Least != 5 || s.Approvers() != flows.Head {
		t.Errorf("%+v", s.Partners)
	}
	if d := cmp.Diff([]string{
		"请社会组织帮忙的多久要回（answer）：1d → 4h",
		"请社会组织帮忙的一件事最多问几家（tries）：2 → 1",
		"请社会组织帮忙的满几个人就报（least）：3 → 5",
		"请社会组织帮忙的谁批购买服务（approve）：书记、居委会主任 → 居委会主任",
		"去掉：服务种类“心理咨询”",
		"服务种类“小修小补”的用在清单哪几条：2-6 → 2-6、1-2",
		"新增：服务种类“法律咨询”",
		"心晴社工站的能做什么：调解、心理咨询 → 调解、法律咨询",
	}, told(t, f)); d != "" {
		t.Error(d)
	}
}
