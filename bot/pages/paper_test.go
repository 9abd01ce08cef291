package pages

import (
	"net/http/httptest"
	"strings"
	"testing"

	"linli/flows"
	"linli/flows/poll"
)

// The paper form is for who sent the poll and who puts votes in; with codes each
// household has one of its own.
func TestPaper(t *testing.T) {
	h := build(t, "", nil)
	h.lives("r1", "王阿姨", flows.Place{Building: "3", Unit: "2", Room: "501"})
	id := h.poll(nil)
	for who, status := range map[string]int{"": 403, "r1": 403, "tang": 403, "feng": 403, "liu": 200, "chen": 200} {
		if a := h.ask("GET", h.pollPath(id, who)+"/paper", nil); a.Status != status {
			t.Errorf("%q: %d", who, a.Status)
		}
	}
	page := h.page(h.pollPath(id, "liu") + "/paper")
	h.has(page, "要不要在楼前装充电桩？", "摸底，不算业主表决", "A 要", "C 再商量", "单元", "签名", "日期", "3月12日（周四）10:00前", "刘楼长", "0473-0000000", "两位工作人员", "录入的两位工作人员看得到", h.pages.PollLink(id, "", h.at), "<svg")
	h.lacks(page, "多户一张", h.pages.PollLink(id, "liu", h.at))
	named := h.poll(func(s *poll.State) { s.Named = true })
	page = h.page(h.pollPath(named, "liu") + "/paper")
	h.has(page, "多户一张", "楼-单元-室", "公开谁投什么")
	h.lacks(page, "录入的两位工作人员看得到")

	codes := map[flows.Place]string{{Building: "3", Unit: "2", Room: "1001"}: "CCCCC-22222", {Building: "3", Unit: "2", Room: "901"}: "BBBBB-22222", {Building: "3", Unit: "1", Room: "1201"}: "AAAAA-22222"}
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	if err := h.pages.Forms(w, r, named, codes); err != nil {
		t.Fatal(err)
	}
	body := w.Body.String()
	at := func(s string) int { return strings.Index(body, s) }
	if a, b, c := at("3号楼1单元1201室"), at("3号楼2单元901室"), at("3号楼2单元1001室"); a < 0 || a > b || b > c || at("AAAAA-22222") < a || at("AAAAA-22222") > b {
		t.Errorf("the forms stand at %d %d %d", a, b, c)
	}
	if strings.Contains(body, "多户一张") || strings.Count(body, `class="form"`) != 3 {
		t.Error("there is a list with codes, or not one form for each")
	}
}
