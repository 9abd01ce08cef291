package desk

import (
	"net/url"
	"strings"
	"testing"

	"linli/flows"
	"linli/flows/purchase"
	"linli/storage"
)

// The page of the partners names who there is and what is needed; only who approves decides,
// and what they say is the rules' to take.
func TestPartners(t *testing.T) {
	h := build(t, "", nil)
	h.resident("r1", "王阿姨", "3")
	put := func(id flows.ID, s purchase.State) {
		s.Service, s.Name = "care", "居家照护"
		h.update(func(tx storage.Tx) error {
			return tx.PutCase(flows.Case{ID: id, Flow: flows.PurchaseFlow, Opened: h.clock.Now(), Summary: s.Summary(), Data: flows.Data(s)})
		})
	}
	put("n1", purchase.State{Stage: purchase.Asked, Card: 1, Role: flows.Secretary, By: []flows.PersonID{"li"}, Cases: []purchase.Case{{No: 401, At: h.clock.Now(), People: 2}, {No: 407, At: h.clock.Now(), People: 1}, {No: 12, At: h.clock.Now().AddDate(0, 0, -100), People: 40}}})
	put("n2", purchase.State{Stage: purchase.Asked, Card: 1, Role: flows.Secretary})
	form := func(choice, text string) url.Values {
		h.n++
		return url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "choice": {choice}, "text": {text}}
	}
	a := h.get("/desk/partners", h.session("chen"))
	for _, want := range []string{"春晖调解工作室", "来自河东社区", "8号楼互助队", "居家照护", "3人，2件", "0401", "0407", "等批", "已报给书记", "梅社工"} {
		if a.Status != 200 || !strings.Contains(a.Body, want) {
			t.Errorf("%d, without %q", a.Status, want)
		}
	}
	for _, not := range []string{"0012", "同意购买</button>", "王阿姨"} {
		if strings.Contains(a.Body, not) {
			t.Errorf("staff see %q", not)
		}
	}
	if a := h.ask("POST", "/desk/partners/n1", h.session("chen"), form("yes", "")); a.Status != 403 {
		t.Error("staff approve:", a.Status)
	}
	if a := h.ask("POST", "/desk/partners/n1", h.session("zhaos"), form("no", "  ")); a.Status != 200 || !strings.Contains(a.Body, "不买的原因") {
		t.Error("no reason:", a.Status)
	}
	if a := h.ask("POST", "/desk/partners/n2", h.session("zhaos"), form("no", "区里有了")); a.Status != 200 || !strings.Contains(a.Body, "原因：区里有了") || !strings.Contains(a.Body, "赵书记") {
		t.Error("refused:", a.Status)
	}
	if a := h.ask("POST", "/desk/partners/n1", h.session("zhaos"), form("yes", "")); a.Status != 200 || !strings.Contains(a.Body, "到位了</button>") {
		t.Error("agreed:", a.Status)
	}
	if a := h.ask("POST", "/desk/partners/n1", h.session("chen"), form("bought", "")); a.Status != 200 || !strings.Contains(a.Body, "定过的") {
		t.Error("bought:", a.Status)
	}
	if a := h.ask("POST", "/desk/partners/n1", h.session("chen"), form("burn", "")); a.Status != 400 {
		t.Error("an unknown choice:", a.Status)
	}
}
