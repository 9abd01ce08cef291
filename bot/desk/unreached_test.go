package desk

import (
	"net/url"
	"strings"
	"testing"

	"linli/flows"
	"linli/flows/demand"
	"linli/flows/hearing"
	"linli/storage"
)

// What could be told nobody in a chat is put up without a name, and once.
func TestUnreached(t *testing.T) {
	h := build(t, "", nil)
	c := h.put("c7", "rating", demand.State{}, func(c *flows.Case) { c.No, c.Title = 412, "王阿姨家漏水" })
	h.hearing("77", hearing.Notice, nil)
	var ids []string
	add := func(kind string, id flows.ID) {
		h.update(func(tx storage.Tx) error {
			n, err := tx.AddTrouble(storage.Trouble{Kind: kind, At: h.clock.Now(), Until: h.clock.Now().AddDate(0, 0, 30), Case: id, Body: flows.Data(map[string]any{"person": "r9", "address": "official:o9"})})
			ids = append(ids, itoa(int(n)))
			return err
		})
	}
	add("unreached", c.ID)
	add("missed", "77")
	add("missed", "77")
	add("missed", "gone")
	chen := h.session("chen")
	list := h.page("/desk/troubles", chen)
	h.has(list, "发不到本人那儿", "要张贴的单子（3条", "再试")
	if n := strings.Count(list, "<article"); n != 1 {
		t.Errorf("%d tasks, want 1: who missed a notice is nobody's errand", n)
	}
	sheet := h.page("/desk/unreached", chen)
	h.has(sheet, "0412号：有新的回复", "有通知", "贴好了")
	h.hasNot(sheet, "王阿姨", "漏水", "r9", "o9")
	if n := strings.Count(sheet, "<li>"); n != 2 {
		t.Errorf("%d lines, want one for each matter:\n%s", n, sheet)
	}
	h.has(h.ask("POST", "/desk/unreached", chen, url.Values{"ids": {strings.Join(ids[:2], ",") + ",999,x"}}).Body, "不再写")
	sheet = h.page("/desk/unreached", chen)
	h.hasNot(sheet, "0412号")
	if n := strings.Count(sheet, "<li>"); n != 1 {
		t.Errorf("%d lines, want the one that came meanwhile", n)
	}
	h.has(h.page("/desk/troubles", chen), "发不到本人那儿") // it still leaves when they speak
	h.view(func(tx storage.Tx) error {
		all, err := tx.Journal(c.ID)
		if len(all) == 0 || all[len(all)-1].Kind != "posted" || all[len(all)-1].By != "chen" {
			t.Errorf("the journal does not say who put it up: %+v", all)
		}
		return err
	})
}
