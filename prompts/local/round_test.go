package local

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
	"linli/prompts"
)

// What somebody says about visits, for themself or for a household, and of the week's list.
func TestVisit(t *testing.T) {
	r, s := New(), hall()
	at := flows.Place{Building: "3", Unit: "1", Room: "501"}
	for text, want := range map[string]*flows.VisitLine{
		"可以来看看我":                                        {},
		"可以来看看我吗":                                       {},
		"你们能不能有空来看看我":                                   {},
		"您好，希望社区定期来看望老人，谢谢":                             {},
		"我同意走访":                                         {},
		"Please visit me":                               {},
		"请来看看我，3号楼1单元501":                               {Place: at},
		"可以来看看我，我住3号楼1单元501室":                           {Place: at},
		"3-1-501同意走访":                                   {Place: at, Told: true},
		"3号楼1单元501的老人同意走访":                              {Place: at, Told: true},
		"3-1-501同意打电话":                                  {Place: at, Told: true, Phone: true},
		"3-1-501 agrees to visits":                      {Place: at, Told: true},
		"3-1-501不用走访了":                                  {Place: at, Stop: true},
		"不用走访了":                                         {Stop: true},
		"不用走访了，谢谢":                                      {Stop: true},
		"别来看我了":                                         {Stop: true},
		"以后别打电话问我了":                                     {Stop: true},
		"No more visits, thank you.":                    {Stop: true},
		"Please visit me, building 3 unit 1 room 501":   {Place: at},
		"Building 3, unit 1, room 501 agrees to visits": {Place: at, Told: true},
		"打电话就行":                                         {Phone: true},
		"请给我打电话问问":                                      {Phone: true},
		"Call me now and then":                          {Phone: true},
		"1没问题":                                          {Ticks: []flows.Tick{{N: 1, How: "ok"}}},
		"1没问题，3没人在家":                                    {Ticks: []flows.Tick{{N: 1, How: "ok"}, {N: 3, How: "out"}}},
		"1、2没问题，4去过了 5打过电话":                             {Ticks: []flows.Tick{{N: 1, How: "ok"}, {N: 2, How: "ok"}, {N: 4, How: "been"}, {N: 5, How: "called"}}},
		"1 fine, 3 nobody home":                         {Ticks: []flows.Tick{{N: 1, How: "ok"}, {N: 3, How: "out"}}},
		"2有问题":                                          {Ticks: []flows.Tick{{N: 2, How: "found"}}},
		"都看过了，没问题":                                      {Ticks: []flows.Tick{{How: "ok"}}},
		"这周都走完了":                                        {Ticks: []flows.Tick{{How: "ok"}, {How: "been"}}},
		"来看看我家的水管":                                      nil,
		"能不能来看看我家水管，漏水了":                                nil,
		"请物业来看看3号楼的电梯":                                  nil,
		"没问题":                                           nil,
		"好的":                                            nil,
		"我去过了":                                          nil,
		"3号楼没人管":                                        nil,
		"3号楼2单元没人扫":                                     nil,
		"给物业打过电话了没人来":                                   nil,
		"王阿姨家没人在家，快递放门口了":                               nil,
		"楼上装修，打电话也不接":                                   nil,
		"不用来了，修好了":                                      nil,
		"打110":                                          nil,
		"电话多少":                                          nil,
		"Can you fix the lift?":                         nil,
		"3号楼1单元501同意装电梯":                                nil,
		"昨天社区来走访，说的那件事办了吗":                              nil,
		"我爸一个人住3号楼1单元501，腿脚不好，你们能去看看吗": nil, // somebody else's: they say so themselves
	} {
		got := r.Read(text, prompts.Context{At: time.Date(2026, 3, 9, 12, 0, 0, 0, s.Zone), Direct: true, Settings: s}).Visit
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s\n%s", text, d)
		}
	}
	if got := r.Read("可以来看看我", prompts.Context{At: time.Date(2026, 3, 9, 12, 0, 0, 0, s.Zone), Settings: s}).Visit; got != nil {
		t.Errorf("said in a group, it is heard: %+v", got)
	}
}
