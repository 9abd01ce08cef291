package pages

import (
	"strings"
	"testing"
	"time"

	"linli/storage"
)

// The sheet shows the root of a day to everybody, and nothing of anybody.
func TestBoard(t *testing.T) {
	for _, base := range []string{"", "/c/x"} {
		t.Run("base "+base, func(t *testing.T) {
			h := build(t, base, nil)
			for _, path := range []string{"/board", "/board/2026-03-10", "/board/none"} {
				if a := h.ask("GET", base+path, nil); a.Status != 404 || !strings.Contains(a.Body, "这一天没有校验值") {
					t.Errorf("%s before the first seal: %d", path, a.Status)
				}
			}
			h.resident("r1", "王阿姨", "电梯又停了")
			var days []storage.Day
			for range 3 {
				if err := h.bot.SealDays(t.Context()); err != nil {
					t.Fatal(err)
				}
				h.update(func(tx storage.Tx) error {
					d, err := tx.SealedDay("")
					days = append(days, d)
					return err
				})
				h.at = h.at.AddDate(0, 0, 1)
			}
			page := h.page(base + "/board")
			h.has(page, "2026年3月12日", days[2].Full(), days[1].Short(), `href="`+base+`/board/2026-03-11"`, "<svg", "https://linli.example"+base+"/board/2026-03-12",
				"linli verify --root 2026-03-12="+strings.ReplaceAll(days[2].Short(), " ", ""), "流水0条", "0473-0000000")
			for group := range strings.FieldsSeq(days[2].Short()) {
				h.has(page, "<span>"+group+"</span>")
			}
			h.lacks(page, "这是第一天", "没有在运行", "王", "电梯", "r1")
			page = h.page(base + "/board/2026-03-10")
			h.has(page, "2026年3月10日", days[0].Full(), "这是第一天")
			h.lacks(page, "前一天的校验值 ", days[1].Short(), "王", "电梯", "r1", "流水0条")
			h.has(h.page(base+"/deletions"), `href="`+base+`/board"`)

			en := h.ask("GET", base+"/board", nil, "Accept-Language", "en").Body
			h.has(en, "12 March 2026", "Check value of the day", days[2].Full())

			// Linli was away for three days.
			h.at = h.at.AddDate(0, 0, 3).Add(time.Hour)
			if err := h.bot.SealDays(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.has(h.page(base+"/board/2026-03-13"), "后来补算的", "2026年3月17日 11:00")
			h.lacks(h.page(base+"/board"), "后来补算的")
		})
	}
	h := build(t, "", func(o *Options) { o.PublicURL = "" })
	if err := h.bot.SealDays(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := h.page("/board")
	h.has(page, "请居委会把同一天的给您看")
	h.lacks(page, "<svg", "打开下面的网址")
}
