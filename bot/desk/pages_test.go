package desk

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/storage"
)

// A demand goes its way and the desk shows it: the draft, the confirmation, the
// journal, what was said to whom.
func TestADemandAtTheDesk(t *testing.T) {
	h := build(t, "", nil)
	h.resident("r1", "王阿姨", "3")
	h.put("d1", demand.Draft, demand.State{Item: "1-1", Place: flows.Place{Building: "3", Unit: "2"}, Words: "三号楼那个电梯又那样了", Reporter: "r1", Private: true, At: h.clock.Now()}, nil)
	chen := h.session("chen")
	h.has(h.page("/desk/", chen), "<b>1</b><span>待确认</span>", "3月11日（周三）", "陈社区 · 社区")
	drafts := h.page("/desk/drafts", chen)
	h.has(drafts, "三号楼那个电梯又那样了", "3号楼2单元", "登记", "不是诉求")
	form := url.Values{"form": {h.form(drafts)}, "choice": {"confirm"}}
	first := h.ask("POST", "/desk/drafts/d1", chen, form)
	again := h.ask("POST", "/desk/drafts/d1", chen, form)
	if notice(first.Body) != notice(again.Body) || !strings.Contains(notice(first.Body), "已登记，0001号") {
		t.Errorf("the notice is %q, and %q of the same form once more", notice(first.Body), notice(again.Body))
	}
	h.hasNot(first.Body, "三号楼那个电梯又那样了")
	var steps []storage.Record
	h.view(func(tx storage.Tx) (err error) { steps, err = tx.Journal("d1"); return err })
	pressed := 0
	for _, r := range steps {
		if r.Kind == "chose" {
			pressed++
			if r.By != "chen" || r.Detail != "confirm" {
				t.Errorf("the journal says %+v", r)
			}
		}
	}
	if pressed != 1 {
		t.Errorf("two presses of one form are %d events", pressed)
	}
	h.round()

	// The owner of the item takes it: at the desk if that is where they are.
	var work flows.Case
	h.view(func(tx storage.Tx) error {
		list, err := tx.Cases(10, func(c flows.Case) bool { return c.Parent == "d1" })
		if len(list) == 1 {
			work = list[0]
		}
		return err
	})
	h.change(func(s *flows.Settings) { // the owner may come to the desk
		var people []flows.Official
		for _, o := range s.People {
			if o.ID == work.Holder {
				o.Posts = append([]flows.Post{{Role: flows.Staff, Scope: flows.Everywhere}}, o.Posts...)
			}
			people = append(people, o)
		}
		s.People = people
	})
	owner := h.session(work.Holder)
	h.has(h.page("/desk/", owner), "/desk/cases/d1")
	page := h.page("/desk/cases/d1", owner)
	h.has(page, "0001", "电梯", "王阿姨", "三号楼那个电梯又那样了", "3号楼2单元", "您现在可以", ">接单<", "对谁说了什么", "已送到平台", "确认是诉求", "陈社区")
	a := h.ask("POST", "/desk/cases/d1", owner, url.Values{"form": {h.form(page)}, "case": {string(work.ID)}, "choice": {"accept"}})
	h.has(a.Body, "办理中", ">办好了<")
	h.hasNot(a.Body, ">接单</button>")
	h.hasNot(h.page("/desk/cases/d1", chen), "您现在可以")
	for _, word := range []string{"accept", "confirmed", "chose", "delivered", "told", "filed", "j-", "stage-"} {
		text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(a.Body, "")
		if strings.Contains(text, word) {
			t.Errorf("the page says %q", word)
		}
	}
	h.has(h.page("/desk/cases?q=电梯", chen), "/desk/cases/d1")
	h.has(h.page("/desk/cases?q=3号楼", chen), "/desk/cases/d1")
	h.hasNot(h.page("/desk/cases?q=漏水", chen), "/desk/cases/d1")
	h.clock.Pass(20 * 24 * time.Hour)
	chen = h.session("chen")
	h.has(h.page("/desk/cases?show=late", chen), "/desk/cases/d1", "超时")
}

// What the desk reads of a case's state are the fields that its flow writes.
func TestReadsWhatFlowsWrite(t *testing.T) {
	at := time.Date(2026, 3, 11, 10, 0, 0, 0, time.UTC)
	media := []flows.Media{{Kind: "photo", Hash: "aa"}}
	s := demand.State{Words: "话", Media: media, Reporter: "r1", Behalf: true, Urgent: true, Danger: flows.Gas, About: flows.Leader, Taken: true, Result: "好了", Clause: "3-7", Rated: "good", Until: at}
	got, ok := read(flows.Case{Data: flows.Data(s)})
	want := matter{Words: "话", Media: media, Reporter: "r1", Behalf: true, Urgent: true, Danger: flows.Gas, About: flows.Leader, Taken: true, Result: "好了", Clause: "3-7", Rated: "good", Until: at}
	if d := cmp.Diff(want, got); d != "" || !ok {
		t.Error(d)
	}
	work := flows.Task{Text: "话", Danger: flows.Violence, About: flows.Staff, Media: media}
	got, ok = read(flows.Case{Data: flows.Data(dispatch.State{Work: work})})
	if d := cmp.Diff(matter{Danger: flows.Violence, About: flows.Staff, Work: work}, got); d != "" || !ok {
		t.Error(d)
	}
	if _, ok := read(flows.Case{Data: json.RawMessage(`{"words":7}`)}); ok {
		t.Error("a state that cannot be read is shown")
	}
}

// Every stage and every choice of the flows has words at the desk.
func TestEveryStageHasWords(t *testing.T) {
	h := build(t, "", nil)
	for _, s := range []string{demand.Offered, demand.Draft, demand.Placing, demand.Which, demand.Preview, demand.Filed, demand.Known, demand.Ended, demand.Danger, demand.Talked, demand.Returned, demand.Done, demand.Closed, demand.Withdrawn, demand.Gone,
		dispatch.Sent, dispatch.Taken, dispatch.Waiting, dispatch.Returned, dispatch.Done, dispatch.Ended} {
		if !h.desk.words.Has("stage-" + s) {
			t.Errorf("no words for the stage %q", s)
		}
	}
	for _, s := range []string{poll.Asked, poll.Preview, poll.Open, poll.Counting, poll.Result, poll.Closed} {
		if !h.desk.words.Has("at-" + s) {
			t.Errorf("no words for a poll in the stage %q", s)
		}
	}
	for _, how := range []poll.How{poll.Tap, poll.List, poll.Paper, poll.Phone} {
		if !h.desk.words.Has("way-"+string(how)) || !slices.Contains(ways, how) {
			t.Errorf("no words for votes by %q", how)
		}
	}
	if storage.StageDraft != demand.Draft {
		t.Error("the stage of drafts has another name")
	}
}

// payloads are what somebody may write to be run on somebody else's page.
var payloads = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `javascript:alert(1)`, `</textarea><script>alert(1)</script>`,
	`{{.Me}}{{template "top" .}}`, `<a href="https://evil.example">点我</a>`, `<style>body{display:none}</style>`, `<base href="//evil.example/">`, `</title></head><body onload=alert(1)>`,
	`<meta http-equiv=refresh content=0;url=//evil.example>`, "\u202e<iframe src=//evil.example>", `<form action=//evil.example><button>登记</button>`, `&lt;b&gt;&#60;script&#62;`, `<!--`, `]]><x>`,
	"<math><mi//xlink:href=\"data:x,<script>alert(4)</script>\">", `x' onmouseover='alert(1)`, "` onmouseover=alert(1)",
}

// wanted are the only elements that pages have.
var element = regexp.MustCompile(`<(/?[a-zA-Z!][^\s>/]*)`)

// Nothing that anybody writes becomes markup: each page has the same elements
// with it as without.
func TestNothingBecomesMarkup(t *testing.T) {
	if testing.Short() {
		t.Skip("every page, twice for every word: not in short runs")
	}
	hash := strings.Repeat("ab", 32)
	shape := func(p string) map[string]string {
		h := build(t, "", func(o *Options) {
			o.Told = func(context.Context, flows.ID) ([]bot.Told, error) {
				return []bot.Told{{At: time.Now(), To: p, Channel: p, Outcome: "confirmed", Text: p}, {To: p, Outcome: "x" + p, Text: p}}, nil
			}
			o.Deletions = func(context.Context) ([]bot.Deletion, error) {
				return []bot.Deletion{{Day: p, Class: p, Why: p, N: 3}}, nil
			}
			o.NewCode = func(context.Context, string, string) (string, error) { return p, nil }
		})
		h.change(func(s *flows.Settings) {
			s.Name = p
			s.Version = p
			people := append([]flows.Official{}, s.People...)
			for i := range people {
				if people[i].ID == "chen" || people[i].ID == "li" {
					people[i].Name = p
				}
			}
			s.People = people
			s.Buildings = append([]flows.Building{}, s.Buildings...)
			s.Buildings[2].Name, s.Buildings[2].Other = p, p
			s.Items = append([]flows.Item{}, s.Items...)
			s.Items[0].Name = map[string]string{"zh-CN": p, "en": p}
			s.Groups = append([]flows.Group{{ID: "x", Name: p, Scope: flows.Everywhere}}, s.Groups...)
		})
		item := h.current().Items[0].ID
		place := flows.Place{Building: "3", Unit: p, Room: p}
		h.resident("r1", p, "3")
		st := demand.State{Item: item, Place: place, Words: p, Reporter: "r1", Who: "chen", Result: p, Clause: p, Rated: p, Media: []flows.Media{{Kind: "photo", Hash: hash}}}
		h.put("c1", demand.Filed, st, func(c *flows.Case) { c.Due = h.clock.Now().Add(time.Hour) })
		h.put("c2", demand.Draft, st, nil)
		h.update(func(tx storage.Tx) error {
			err := tx.PutCase(flows.Case{ID: "w1", Flow: "dispatch", Parent: "c1", No: 1, Summary: flows.Summary{Stage: "sent", Holder: "chen"}})
			err2 := tx.Note(storage.Record{Case: "c1", At: h.clock.Now(), Event: p, Kind: "chose", By: "r1", Detail: p, Before: "filed", After: p})
			_, err3 := tx.AddTrouble(storage.Trouble{Kind: p, At: h.clock.Now(), Until: h.clock.Now(), Text: p, Why: p, Case: "c1", Chat: "g7", Body: json.RawMessage(`{}`)})
			err4 := tx.PutChat(flows.Chat{ID: "g7", Address: "paper:x", Group: true, Title: p})
			return errors.Join(err, err2, err3, err4)
		})
		h.mu.Lock()
		h.pending = []string{p}
		h.mu.Unlock()
		for i, stage := range []string{poll.Preview, poll.Open, poll.Result} {
			h.poll(stage, func(s *poll.State) {
				s.Stage, s.Starter, s.Scope = stage, "chen", flows.Scope{Building: h.current().Buildings[2].ID}
				s.Question, s.Options, s.Why, s.Then, s.Moved = p, []string{p, p + p}, p, p, 1
				s.Outcome = &poll.Outcome{At: h.clock.Now(), Votes: []int{5, 6}, Voters: 11, Proof: p, By: map[string][]int{p: {5, 6}}}
				if i == 0 {
					s.Sent = time.Time{}
				}
			})
		}
		for _, stage := range []string{hearing.Upward, hearing.Planning, hearing.Notice, hearing.Meeting, hearing.Tasks, hearing.Refused} {
			h.hearing("h-"+stage, stage, func(s *hearing.State) {
				s.Scope, s.Topic, s.Why, s.Link, s.Changed, s.Prose, s.Report.To, s.Report.Answer, s.Vetted.Why, s.Vetted.By = flows.Scope{Building: h.current().Buildings[2].ID}, p, p, p, p, p, p, p, p, "chen"
				for i := range s.Points {
					s.Points[i].Text, s.Points[i].Poll = p, &hearing.Polled{Case: flows.ID(p), Result: p}
				}
				for i := range s.Waived {
					s.Waived[i].Why, s.Waived[i].What = p, p
				}
				for i := range s.Decisions {
					s.Decisions[i].Text, s.Decisions[i].Said = p, p
				}
				s.Fixes = []hearing.Fix{{Text: p, By: "chen", At: h.clock.Now()}}
				s.Draft = []hearing.Line{{Words: p, Item: 2, Rests: []string{p, "item/" + p}}}
				s.Issue = []hearing.Issue{{Item: 6, Kind: "demand", No: 9}}
				s.Cases = []flows.CaseRef{{ID: flows.ID(p), No: 9}}
				s.Objected = append(s.Objected, hearing.Objection{By: "chen", At: h.clock.Now(), Why: p, Reply: p})
				if stage == hearing.Notice {
					s.Frozen = &hearing.Objection{By: "chen", At: h.clock.Now(), Why: p, Reply: p}
				}
			})
			for n := range 9 {
				h.entry("h-"+stage, hearing.ItemKey(n), hearing.ItemTag(n%3-1), hearing.Item{Kind: []string{p, "before", "said", "complaint"}[n%4], Point: n % 3, Name: p, Text: p, Reply: p, At: h.clock.Now()})
			}
			h.entry("h-"+stage, "liu", hearing.TagYes, hearing.Part{Proxy: p})
		}
		token := h.session("chen")
		out := map[string]string{}
		for _, path := range []string{"/desk/", "/desk/drafts", "/desk/cases?show=all", "/desk/cases?show=all&q=" + url.QueryEscape(p), "/desk/cases?after=" + url.QueryEscape(p), "/desk/cases/c1", "/desk/troubles", "/desk/groups", "/desk/directory", "/desk/deletions", "/desk/sessions",
			"/desk/polls", "/desk/polls/new", "/desk/polls/preview", "/desk/polls/open", "/desk/polls/open/slips", "/desk/polls/open/paper", "/desk/polls/result",
			"/desk/hearings", "/desk/hearings/h-upward", "/desk/hearings/h-planning", "/desk/hearings/h-notice", "/desk/hearings/h-meeting", "/desk/hearings/h-tasks", "/desk/hearings/h-refused"} {
			name, _, _ := strings.Cut(path, "&q=")
			name, _, _ = strings.Cut(name, "?after=")
			out[name+path[min(len(path), len(name)):][:min(1, len(path)-len(name))]] = h.page(path, token)
		}
		out["code"] = h.ask("POST", "/desk/groups/x", token, url.Values{}).Body
		out["poll"] = h.ask("POST", "/desk/polls", token, url.Values{"form": {strings.Repeat("0", 32)}, "text": {p}, "options": {p}, "until": {p}, "whom": {p}, "force": {p}, "unit": {p}, "named": {p}}).Body
		out["slip"] = h.ask("POST", "/desk/polls/open/slips", token, url.Values{"form": {strings.Repeat("0", 32)}, "building": {p}, "unit": {p}, "room": {p}, "option": {p}, "way": {p}, "day": {p}, "proxy-room": {p}}).Body
		out["topic"] = h.ask("POST", "/desk/hearings", token, url.Values{"form": {strings.Repeat("0", 32)}, "kind": {"topic"}, "text": {p + strings.Repeat("长", 101)}}).Body
		out["act"] = h.ask("POST", "/desk/hearings/h-meeting", token, url.Values{"form": {strings.Repeat("0", 32)}, "choice": {"note"}, "text": {p + strings.Repeat("长", 1001)}}).Body
		out["door"] = h.page("/desk/enter?code="+url.QueryEscape(p), "")
		out["wrong"] = h.ask("POST", "/desk/enter", "", url.Values{"code": {p}}).Body
		out["gone"] = h.get("/desk/cases/"+url.PathEscape(p), token).Body
		return out
	}
	elements := func(page string) string {
		var all []string
		for _, m := range element.FindAllStringSubmatch(page, -1) {
			all = append(all, m[1])
		}
		return strings.Join(all, " ")
	}
	plain := shape("字")
	for _, p := range payloads {
		for name, page := range shape(p) {
			if strings.HasSuffix(name, "show=all&") {
				continue // what is found differs
			}
			if got, want := elements(page), elements(plain[name]); got != want {
				t.Errorf("%s has other elements with %q:\n%s\nthan without:\n%s", name, p, got, want)
			}
			for _, bad := range []string{"<script", "onerror=alert(1)>", "href=\"javascript:", "evil.example\">"} {
				if strings.Contains(page, bad) {
					t.Errorf("%s has %q of %q", name, bad, p)
				}
			}
		}
	}
}

// Names of every script come through whole, and signs that turn text around do
// not leave their line.
func TestNamesOfEveryScript(t *testing.T) {
	h := build(t, "", nil)
	for i, name := range []string{"ᠰᠤᠷᠢᠨ\u180eᠠ", "阿依古丽·买买提", "苏 日 娜", "🙂🏽‍🌾", "O'Brien & Söhne", strings.Repeat("很", 100)} {
		id := "n" + itoa(i)
		h.resident(id, name, "3")
		h.put("c"+id, demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Words: "电梯停了", Reporter: flows.PersonID(id)}, nil)
		page := h.page("/desk/cases/c"+id, h.session("chen"))
		if !strings.Contains(page, strings.NewReplacer("'", "&#39;", "&", "&amp;").Replace(name)) {
			t.Errorf("%q is not on the page", name)
		}
	}
}

// What could not be done is tried again or put aside, and what may come twice
// asks once more.
func TestTroubles(t *testing.T) {
	var did []string
	h := build(t, "", nil)
	h.desk.o.Troubles = record(func(what string) error {
		did = append(did, what)
		if what == "retry" {
			return bot.ErrUnsure
		}
		return nil
	})
	var id uint64
	h.update(func(tx storage.Tx) (err error) {
		id, err = tx.AddTrouble(storage.Trouble{Kind: "unknown", At: h.clock.Now(), Text: "邀请的话", Body: json.RawMessage(`{}`)})
		return err
	})
	chen := h.session("chen")
	h.has(h.page("/desk/troubles", chen), "邀请的话", "不知道送到没有", "再试", "知道了")
	path := "/desk/troubles/" + itoa(int(id))
	h.has(h.ask("POST", path, chen, url.Values{"choice": {"retry"}}).Body, "可能已经送到", `value="again"`)
	h.ask("POST", path, chen, url.Values{"choice": {"again"}})
	h.ask("POST", path, chen, url.Values{"choice": {"dismiss"}})
	if a := h.ask("POST", path, chen, url.Values{"choice": {"else"}}); a.Status != 400 {
		t.Errorf("another choice: %d", a.Status)
	}
	if a := h.ask("POST", "/desk/troubles/999", chen, url.Values{"choice": {"retry"}}); a.Status != 404 {
		t.Errorf("one that is not there: %d", a.Status)
	}
	if got := strings.Join(did, " "); got != "retry again dismiss" {
		t.Errorf("done: %s", got)
	}
}

type record func(string) error

func (r record) Retry(context.Context, uint64, flows.PersonID) error     { return r("retry") }
func (r record) SendAgain(context.Context, uint64, flows.PersonID) error { return r("again") }
func (r record) Dismiss(context.Context, uint64, flows.PersonID) error   { return r("dismiss") }

// The directory is put in force in the version that was shown, once.
func TestDirectory(t *testing.T) {
	h := build(t, "", nil)
	h.pending = []string{"3号楼：网格一改为网格二"}
	zheng := h.session("zheng")
	h.has(h.page("/desk/directory", zheng), "3号楼：网格一改为网格二", `value="v-next"`, h.settings.Version)
	h.has(h.ask("POST", "/desk/directory", zheng, url.Values{"version": {"v-older"}}).Body, "没有启用")
	if len(h.applied) != 0 {
		t.Fatal("another version than the one that was shown is in force")
	}
	h.has(h.ask("POST", "/desk/directory", zheng, url.Values{"version": {"v-next"}}).Body, "已启用", "没有等着启用的改动")
	if got := strings.Join(h.applied, ";"); got != "v-next by zheng" {
		t.Errorf("applied: %q", got)
	}
}

// Groups show when they were last heard and what is wrong with them.
func TestGroups(t *testing.T) {
	h := build(t, "", nil)
	h.update(func(tx storage.Tx) error {
		for _, c := range []flows.Chat{
			{ID: "g1", Address: "paper:1", Group: true, Directory: "b3", Title: "3号楼群"},
			{ID: "g2", Address: "paper:2", Group: true, Title: "没绑的群"},
			{ID: "g3", Address: "paper:3", Group: true, Title: "走了的群", Left: true},
		} {
			if err := tx.PutChat(c); err != nil {
				return err
			}
		}
		return tx.PutKey("heard/g1", []byte(itoa(int(h.clock.Now().Add(-time.Hour).Unix()))))
	})
	chen := h.session("chen")
	page := h.page("/desk/groups", chen)
	h.has(page, "3号楼群", "上次听到：今天9点", "正常", "没绑的群", "名册里没有它", "东区群", "还没有进这个群", "不在这个群里")
	h.update(func(tx storage.Tx) error {
		return tx.PutChat(flows.Chat{ID: "g1", Address: "paper:1", Group: true, Directory: "b3", Deaf: true})
	})
	h.has(h.page("/desk/groups", chen), "隐私模式")
	h.has(h.ask("POST", "/desk/groups/east", chen, nil).Body, "“东区群”的码：")
}

// Who was rated does not learn how, neither from the facts nor from what was sent
// to who rated.
func TestRatingIsNotForTheRated(t *testing.T) {
	h := build(t, "", func(o *Options) {
		o.Told = func(_ context.Context, id flows.ID) ([]bot.Told, error) {
			return []bot.Told{{At: time.Now(), To: "报的人", Person: "r1", Outcome: "confirmed", Text: "您说：满意"}}, nil
		}
	})
	h.put("c1", demand.Closed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Reporter: "r1", Who: "li", Rated: "good"}, nil)
	h.hasNot(h.page("/desk/cases/c1", h.session("li")), "满意")
	h.has(h.page("/desk/cases/c1", h.session("chen")), "<dd>满意</dd>", "您说：满意")
}

// What is no picture is never shown as a page of ours, whatever it claims to be.
func TestFilesThatAreNoPictures(t *testing.T) {
	h := build(t, "", nil)
	var media []flows.Media
	kinds := map[string][2]string{
		"<html><script>alert(1)</script>":                                 {"application/octet-stream", "attachment"},
		"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>": {"application/octet-stream", "attachment"},
		"%PDF-1.7":                      {"application/octet-stream", "attachment"},
		"OggS\x00\x02 a voice":          {"application/ogg", "attachment"},
		"\x89PNG\x0d\x0a\x1a\x0a photo": {"image/png", "inline"},
	}
	for body := range kinds {
		hash := strings.Repeat(itoa(len(media)), 64)
		h.photos[hash] = []byte(body)
		media = append(media, flows.Media{Kind: "photo", Hash: hash})
	}
	h.put("c1", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Media: media}, nil)
	for hash, body := range h.photos {
		a := h.get("/desk/cases/c1/media/"+hash, h.session("chen"))
		want := kinds[string(body)]
		how, _, _ := strings.Cut(a.Header.Get("Content-Disposition"), ";")
		if a.Status != 200 || a.Header.Get("Content-Type") != want[0] || how != want[1] || a.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%q: %d %v", body, a.Status, a.Header)
		}
	}
	h.photos = nil
	if a := h.get("/desk/cases/c1/media/"+media[0].Hash, h.session("chen")); a.Status != 404 {
		t.Errorf("a file that is missing: %d", a.Status)
	}
}

type failing struct{}

func (failing) Receive(context.Context, bot.Inbound) (bot.Answer, error) {
	return bot.Answer{}, errors.New("the disk is full")
}

// A press that was not kept says so, can be made again, and leaves nobody's words
// or ids of sessions in the log.
func TestWhatIsNotKeptIsSaid(t *testing.T) {
	var log strings.Builder
	h := build(t, "", func(o *Options) {
		o.Receive, o.Log = failing{}, slog.New(slog.NewJSONHandler(&log, nil))
	})
	h.put("d1", demand.Draft, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Words: "绝密的原话"}, nil)
	chen := h.session("chen")
	a := h.ask("POST", "/desk/drafts/d1", chen, url.Values{"form": {h.form(h.page("/desk/drafts", chen))}, "choice": {"confirm"}})
	if a.Status != 503 || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d", a.Status)
	}
	h.has(a.Body, "现在办不了")
	if s := log.String(); !strings.Contains(s, "request failed") || strings.Contains(s, "绝密") || strings.Contains(s, chen) || strings.Contains(s, "陈社区") {
		t.Errorf("the log says %s", s)
	}
	for _, form := range []string{"", "x", strings.Repeat("g", 32), strings.Repeat("A", 32)} {
		if a := h.ask("POST", "/desk/drafts/d1", chen, url.Values{"form": {form}, "choice": {"confirm"}}); a.Status != 400 {
			t.Errorf("a form called %q: %d", form, a.Status)
		}
	}
}

// English for who reads English.
func TestEnglish(t *testing.T) {
	h := build(t, "", nil)
	h.put("c1", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3", Unit: "2"}, Words: "the lift", Who: "li"}, nil)
	h.update(func(tx storage.Tx) error { return tx.PutPerson(storage.Person{ID: "evil", Lang: "en"}) })
	token := h.session("evil")
	h.has(h.page("/desk/cases/c1", token), `<html lang="en">`, "In their words", "unit 2")
	h.has(h.get("/desk/nothing", token).Body, "There is no such page")
	h.has(h.ask("GET", "/desk/enter", "", nil, "Accept-Language", "en-GB,en;q=0.8").Body, "Come to the desk")
}

// A long list is read page by page, by the links that stand on the pages.
func TestNextPage(t *testing.T) {
	h := build(t, "", nil)
	for i := range 2*perPage + 5 {
		h.put(itoa(100+i), demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Who: "li"}, nil)
	}
	token, seen := h.session("chen"), map[string]bool{}
	next := "/desk/cases?show=all&q=" + url.QueryEscape("3号楼")
	for pages := 1; ; pages++ {
		page := h.page(next, token)
		for _, m := range regexp.MustCompile(`/desk/cases/(\d+)"`).FindAllStringSubmatch(page, -1) {
			seen[m[1]] = true
		}
		m := regexp.MustCompile(`class="button" href="([^"]+)"`).FindStringSubmatch(page)
		if m == nil {
			if pages != 3 || len(seen) != 2*perPage+5 {
				t.Errorf("%d pages with %d cases", pages, len(seen))
			}
			return
		}
		if pages > 3 {
			t.Fatal("the pages do not come to an end")
		}
		next = "/desk/cases" + html.UnescapeString(m[1])
	}
}
