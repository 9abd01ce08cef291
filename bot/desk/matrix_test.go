package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"linli/bot"
	"linli/flows"
	"linli/flows/activity"
	"linli/flows/demand"
	"linli/flows/hearing"
	"linli/flows/poll"
	"linli/flows/purchase"
	"linli/storage"
)

// roles are who may come by; the letters of a row of the matrix stand for them
// in this order.
var roles = []struct {
	name   string
	person flows.PersonID
}{
	{"nobody", ""},
	{"resident", "r1"},
	{"captain", "liu"},
	{"leader of the grid", "li"},
	{"leader of another grid", "wu"},
	{"property", "feng"},
	{"staff", "chen"},
	{"head", "zheng"},
	{"secretary", "zhaos"},
	{"supervisor", "du"},
	{"reviewer", "ping"},
	{"council", "yi"},
	{"staff of another community", "other"},
}

// meaning of the letters: s open, n not logged in, f forbidden, g not there,
// r sent on to another page and u a form that is not complete.
var meaning = map[byte]int{'s': 200, 'n': 401, 'f': 403, 'g': 404, 'r': 303, 'u': 422}

// matrix says what each route answers to each role. {id} is a case of the first
// grid, a draft there, a trouble, a group, as the route needs it.
var matrix = map[string]string{
	// nobody resident captain leader other property staff head secretary supervisor reviewer council elsewhere
	"GET /desk/static/{name}":           "sssssssssssss",
	"GET /desk/enter":                   "sssssssssssss",
	"POST /desk/enter":                  "fffffffffffff",
	"GET /desk/{$}":                     "sffssfsssssss", // nobody, and who is logged in elsewhere, gets the door
	"POST /desk/leave":                  "nffrrfrrrrrrn",
	"GET /desk/sessions":                "nffssfssssssn",
	"POST /desk/sessions":               "nffssfssssssn",
	"GET /desk/drafts":                  "nfffffsssfffn",
	"POST /desk/drafts/{id}":            "nfffffsssfffn",
	"GET /desk/cases":                   "nffssfssssffn",
	"GET /desk/cases/{id}":              "nffsgfssssffn",
	"POST /desk/cases/{id}":             "nffsgfssssffn",
	"GET /desk/cases/{id}/media/{hash}": "nffsgfssssffn",
	"GET /desk/polls":                   "nffssfssssffn",
	"GET /desk/polls/new":               "nffssfsssfffn",
	"POST /desk/polls":                  "nffuufuuufffn",
	"GET /desk/polls/{id}":              "nffsgfssssffn",
	"POST /desk/polls/{id}":             "nffsgfsssfffn",
	"GET /desk/polls/{id}/slips":        "nffsgfsssfffn",
	"POST /desk/polls/{id}/slips":       "nffsgfsssfffn",
	"GET /desk/polls/{id}/paper":        "nffsgfsssfffn",
	"POST /desk/polls/{id}/paper":       "nffsgfsssfffn",
	"GET /desk/polls/{id}/archive":      "nffsgfssssffn",
	"GET /desk/hearings":                "nffssfssssssn",
	"POST /desk/hearings":               "nfffffuuufffn",
	"GET /desk/hearings/{id}":           "nffsgfssssssn",
	"POST /desk/hearings/{id}":          "nfffgfsssfffn",
	"GET /desk/partners":                "nffssfssssssn",
	"POST /desk/partners/{id}":          "nfffffsssfffn",
	"GET /desk/rounds":                  "nffssfsssfffn",
	"GET /desk/rounds/{id}":             "nffsgfsssfffn",
	"POST /desk/rounds/{id}":            "nffsgfsssfffn",
	"GET /desk/activities":              "nffssfssssssn",
	"POST /desk/activities":             "nfffffuuufffn",
	"GET /desk/activities/{id}":         "nffsgfssssssn",
	"POST /desk/activities/{id}":        "nfffgfsssfffn",
	"GET /desk/activities/{id}/names":   "nfffgfsssfffn",
	"GET /desk/troubles":                "nfffffsssfffn",
	"GET /desk/unreached":               "nfffffsssfffn",
	"POST /desk/unreached":              "nfffffsssfffn",
	"POST /desk/troubles/{id}":          "nfffffsssfffn",
	"GET /desk/calls":                   "nfffffsssfffn",
	"GET /desk/groups":                  "nfffffsssfffn",
	"POST /desk/groups/{id}":            "nfffffsssfffn",
	"GET /desk/directory":               "nfffffsssfffn",
	"POST /desk/directory":              "nfffffsssfffn",
	"GET /desk/deletions":               "nffssfssssssn",
}

// Every route answers every role as the table says; a route that is not in it
// fails, and so does a line without a route. Every answer has its headers, and no form
// of another site is taken.
func TestEveryRouteForEveryRole(t *testing.T) {
	for _, base := range []string{"", "/c/x"} {
		t.Run("base"+base, func(t *testing.T) {
			seen := map[string]bool{}
			h := build(t, base, func(o *Options) { o.Base = base })
			hash := strings.Repeat("ab", 32)
			h.photos[hash] = []byte("\xff\xd8\xff\xe0 a photo")
			h.resident("r1", "王阿姨", "3")
			foreign := build(t, base, nil) // another community, another store
			foreign.change(func(s *flows.Settings) {
				s.People = append(s.People, flows.Official{ID: "other", Name: "别处", Posts: []flows.Post{{Role: flows.Staff, Scope: flows.Everywhere}}})
			})
			foreign.session("other")
			for _, rt := range h.desk.routes() {
				name := rt.method + " " + rt.path
				row, known := matrix[name]
				seen[name] = true
				if !known || len(row) != len(roles) {
					t.Errorf("%s has no line in the matrix", name)
					continue
				}
				for i, role := range roles {
					h.clock.Pass(1)
					want := meaning[row[i]]
					token := "token-of-other"
					if role.person != "other" && role.person != "" {
						token = h.session(role.person)
					} else if role.person == "" {
						token = ""
					}
					path, form := h.fill(t, rt, hash)
					a := h.ask(rt.method, base+path, token, form)
					if a.Status != want {
						t.Errorf("%s as %s: %d, want %d", name, role.name, a.Status, want)
					}
					checkHeaders(t, name+" as "+role.name, rt, a)
				}
				if rt.method == "POST" {
					path, form := h.fill(t, rt, hash)
					before := h.snapshot()
					a := h.ask("POST", base+path, h.session("chen"), form, "Sec-Fetch-Site", "cross-site")
					b := h.ask("POST", base+path, h.session("chen"), form, "Origin", "https://elsewhere.example")
					if a.Status != http.StatusForbidden || b.Status != http.StatusForbidden || !strings.Contains(b.Body, "别的网站") {
						t.Errorf("%s from another site: %d, %d", name, a.Status, b.Status)
					}
					if h.snapshot() != before {
						t.Errorf("%s from another site has changed something", name)
					}
					checkHeaders(t, name+" from another site", rt, a)
				}
			}
			for name := range matrix {
				if !seen[name] {
					t.Errorf("%s is in the matrix and nowhere else", name)
				}
			}
			for _, path := range []string{"/desk/nothing", "/desk/cases/x/y/z"} {
				a := h.get(base+path, h.session("chen"))
				if a.Status != 404 || !strings.Contains(a.Body, "没有这一页") {
					t.Errorf("%s: %d", path, a.Status)
				}
				checkHeaders(t, path, route{method: "GET"}, a)
			}
			if base == "" {
				return
			}
			page := h.page(base+"/desk/", h.session("chen"))
			for _, at := range []string{`href="/desk`, `action="/desk`, `src="/desk`} {
				h.hasNot(page, at)
			}
		})
	}
}

// A browser that is too old to say where a form comes from is believed its
// Origin: ours is taken, and one that is hidden is not.
func TestOldBrowsers(t *testing.T) {
	h := build(t, "", nil)
	chen := h.session("chen")
	for origin, want := range map[string]int{h.srv.URL: 200, "null": 403, "http://127.0.0.1:1": 403} {
		if a := h.ask("POST", "/desk/sessions", chen, url.Values{"id": {strings.Repeat("0", idLen)}}, "Origin", origin); a.Status != want {
			t.Errorf("Origin %s: %d, want %d", origin, a.Status, want)
		}
	}
}

// snapshot is what cases and journals say: how far everything stands.
func (h *house) snapshot() string {
	h.t.Helper()
	var b strings.Builder
	h.view(func(tx storage.Tx) error {
		list, err := tx.Cases(1000, nil)
		for _, c := range list {
			b.WriteString(string(c.ID) + c.Stage + string(c.Data))
		}
		ts, err2 := tx.Troubles()
		for _, x := range ts {
			b.WriteString(x.Text)
		}
		if err == nil {
			err = err2
		}
		return err
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	return b.String() + strings.Join(h.applied, ",")
}

// fill makes what a route is about anew and gives its path and its form.
func (h *house) fill(t *testing.T, rt route, hash string) (path string, form url.Values) {
	t.Helper()
	h.n++
	id := "t" + string(rune('a'+h.n%26)) + strings.Repeat("x", h.n%7) + itoa(h.n)
	path = strings.NewReplacer("{$}", "", "{hash}", hash).Replace(rt.path)
	form = url.Values{}
	switch {
	case strings.HasPrefix(rt.path, "/desk/static"):
		return "/desk/static/page.css", nil
	case strings.HasPrefix(rt.path, "/desk/drafts"):
		h.put(id, demand.Draft, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Words: "电梯怎么回事", Reporter: "r1"}, nil)
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "choice": {"dismiss"}}
	case strings.HasPrefix(rt.path, "/desk/cases/{id}"):
		c := h.put(id, demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Words: "电梯停了", Reporter: "r1", Who: "li",
			Media: []flows.Media{{Kind: "photo", Hash: hash}}}, nil)
		work := flows.Case{ID: flows.ID(id + "w"), Flow: "dispatch", Parent: c.ID, No: c.No, Opened: c.Opened, Summary: flows.Summary{Stage: "sent", Holder: "li"},
			Data: flows.Data(map[string]any{"stage": "sent", "work": flows.Task{Item: "1-1", Place: flows.Place{Building: "3"}}, "ladder": []string{"li"}})}
		h.update(func(tx storage.Tx) error { return tx.PutCase(work) })
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "choice": {"accept"}, "case": {string(work.ID)}}
	case rt.path == "/desk/polls":
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "whom": {"b/3"}}
	case strings.HasPrefix(rt.path, "/desk/polls/{id}"):
		h.poll(id, func(s *poll.State) {
			if strings.HasSuffix(rt.path, "/archive") {
				s.Stage, s.Outcome = poll.Result, &poll.Outcome{At: h.clock.Now(), Votes: []int{4, 3, 2}, Voters: 9}
			}
		})
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "choice": {"hush"},
			"building": {"3"}, "unit": {"1"}, "room": {"501"}, "option": {"A"}, "way": {"paper"}}
	case rt.path == "/desk/hearings":
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "kind": {"topic"}, "text": {"桩"}}
	case strings.HasPrefix(rt.path, "/desk/hearings/{id}"):
		h.hearing(id, hearing.Notice, nil)
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "choice": {"begin"}}
	case strings.HasPrefix(rt.path, "/desk/partners/{id}"):
		h.update(func(tx storage.Tx) error {
			return tx.PutCase(flows.Case{ID: flows.ID(id), Flow: flows.PurchaseFlow, Opened: h.clock.Now(), Summary: flows.Summary{Stage: purchase.Noted, Title: "购买服务：居家照护"},
				Data: flows.Data(purchase.State{Stage: purchase.Noted, Service: "care", Name: "居家照护", Cases: []purchase.Case{{No: 401, At: h.clock.Now(), People: 2}}})})
		})
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "choice": {"now"}}
	case strings.HasPrefix(rt.path, "/desk/rounds/{id}"):
		h.walk(id)
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "choice": {"ok"}, "n": {"1"}}
	case rt.path == "/desk/activities":
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "text": {"桩"}}
	case strings.HasPrefix(rt.path, "/desk/activities/{id}"):
		h.activity(id, activity.Open, func(s *activity.State) { s.Runner = "" })
		form = url.Values{"form": {strings.Repeat("0", 26) + itoa(100000+h.n)}, "choice": {"more"}}
	case rt.path == "/desk/troubles/{id}":
		var n uint64
		h.update(func(tx storage.Tx) (err error) {
			n, err = tx.AddTrouble(storage.Trouble{Kind: "parked", At: h.clock.Now(), Why: "rules", Text: "听不懂的话"})
			return err
		})
		id, form = itoa(int(n)), url.Values{"choice": {"dismiss"}}
	case rt.path == "/desk/groups/{id}":
		id = "b3"
	case rt.path == "/desk/directory":
		h.mu.Lock()
		h.pending = []string{"网格员：王敏改为李强"}
		h.mu.Unlock()
		form.Set("version", "v-next")
	case rt.path == "/desk/sessions":
		form.Set("id", strings.Repeat("0", idLen))
	case rt.path == "/desk/enter":
		form.Set("code", "AAAAA-BBBBB")
		h.desk.wrong.Back("127.0.0.1/32")
	}
	if rt.method == "GET" {
		form = nil
	}
	return strings.ReplaceAll(path, "{id}", id), form
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func checkHeaders(t *testing.T, what string, rt route, a answer) {
	t.Helper()
	want := map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"}
	if rt.path == "/desk/static/{name}" {
		want["Cache-Control"] = "no-cache"
	}
	if strings.HasSuffix(rt.path, "/media/{hash}") && a.Status == 200 {
		want["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
		want["Content-Disposition"] = "inline"
		want["Content-Type"] = "image/jpeg"
	}
	for k, v := range want {
		if got := a.Header.Get(k); got != v {
			t.Errorf("%s: %s is %q, want %q", what, k, got, v)
		}
	}
}

// No GET changes anything, but for the time at which a session was used.
func TestGetChangesNothing(t *testing.T) {
	h := build(t, "", nil)
	h.resident("r1", "王阿姨", "3")
	hash := strings.Repeat("cd", 32)
	for _, rt := range h.desk.routes() {
		if rt.method != "GET" {
			continue
		}
		path, _ := h.fill(t, rt, hash)
		before := h.snapshot()
		h.get(path, h.session("chen"))
		if h.snapshot() != before {
			t.Errorf("GET %s changes something", rt.path)
		}
	}
}

// What somebody may not see they cannot reach by its id: a case of another grid,
// of another community, a part of a case without the case, a photo of another case.
func TestOthersCasesAreNotThere(t *testing.T) {
	h, foreign := build(t, "", nil), build(t, "", nil)
	hash, other := strings.Repeat("ab", 32), strings.Repeat("cd", 32)
	h.photos[hash], h.photos[other] = []byte("\xff\xd8\xff\xe0"), []byte("\xff\xd8\xff\xe0")
	first := h.put("g1", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Words: "一网格的话", Media: []flows.Media{{Kind: "photo", Hash: hash}}}, nil)
	third := h.put("g3", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "9"}, Words: "三网格的话", Media: []flows.Media{{Kind: "photo", Hash: other}}}, nil)
	h.put("none", demand.Filed, demand.State{Item: "1-1", Words: "没有地点的话"}, nil)
	held := h.put("held", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "9"}, Words: "替班的话", Who: "li"}, nil)
	h.update(func(tx storage.Tx) error {
		return tx.PutCase(flows.Case{ID: "child", Flow: "dispatch", Parent: first.ID, No: first.No, Summary: flows.Summary{Stage: "sent", Place: first.Place}})
	})
	foreign.put("far", demand.Filed, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Words: "别的社区的话"}, nil)
	li, chen := h.session("li"), h.session("chen")
	for path, want := range map[string]int{
		"/desk/cases/g1": 200, "/desk/cases/g3": 404, "/desk/cases/none": 404, "/desk/cases/held": 200, "/desk/cases/child": 404, "/desk/cases/far": 404,
		"/desk/cases/g1/media/" + hash: 200, "/desk/cases/g1/media/" + other: 404, "/desk/cases/g3/media/" + other: 404, "/desk/cases/..%2fg3": 404,
	} {
		if a := h.get(path, li); a.Status != want {
			t.Errorf("%s for the leader of the first grid: %d, want %d", path, a.Status, want)
		}
	}
	if a := h.get("/desk/cases/far", chen); a.Status != 404 {
		t.Errorf("a case of another community: %d", a.Status)
	}
	list := h.page("/desk/cases?show=all", li)
	h.has(list, "/desk/cases/g1", "/desk/cases/held")
	h.hasNot(list, "/desk/cases/g3", "/desk/cases/none", "/desk/cases/far", "/desk/cases/child")
	h.hasNot(h.page("/desk/cases?q="+flows.Spoken(third.No), li), "/desk/cases/g3")
	h.has(h.page("/desk/cases?q="+flows.Spoken(held.No), li), "/desk/cases/held")
	h.has(h.page("/desk/cases?show=all", chen), "/desk/cases/g1", "/desk/cases/g3", "/desk/cases/none")
	// A leader who holds nothing there reaches it by no button either.
	a := h.ask("POST", "/desk/cases/g3", li, url.Values{"form": {strings.Repeat("1", 32)}, "case": {"g3"}, "choice": {"accept"}})
	if a.Status != 404 {
		t.Errorf("a button of a case out of sight: %d", a.Status)
	}
}

// A complaint is not there for whom it is about, in no list, by no number, with
// none of its troubles; others see it.
func TestComplaintIsHiddenFromWhomItIsAbout(t *testing.T) {
	h := build(t, "", nil)
	about := func(id string, s demand.State) {
		s.Place, s.Words = flows.Place{Building: "3"}, "说的是"+id
		h.put(id, demand.Filed, s, nil)
	}
	about("leader", demand.State{Item: "1-1", About: flows.Leader})
	about("staff", demand.State{Item: "1-1", About: flows.Staff})
	about("held", demand.State{Item: "1-1", About: flows.Leader, Who: "li"}) // even if it were theirs
	h.change(func(s *flows.Settings) {                                       // an item that is a complaint by its nature
		s.Items = append(slices.Clone(s.Items), flows.Item{ID: "9-9", About: flows.Leader, Name: map[string]string{"zh-CN": "网格员不理"}})
	})
	about("item", demand.State{Item: "9-9"})
	h.put("draft", demand.Draft, demand.State{Item: "1-1", Place: flows.Place{Building: "3"}, Words: "草稿", About: flows.Staff}, nil)
	h.update(func(tx storage.Tx) error {
		_, err := tx.AddTrouble(storage.Trouble{Kind: "dead", At: h.clock.Now(), Case: "staff", Text: "没送到的抱怨"})
		return err
	})
	li, chen, head := h.session("li"), h.session("chen"), h.session("zheng")
	for path, want := range map[string][3]int{
		"/desk/cases/leader": {404, 200, 200},
		"/desk/cases/held":   {404, 200, 200},
		"/desk/cases/item":   {404, 200, 200},
		"/desk/cases/staff":  {200, 404, 200},
	} {
		for i, token := range []string{li, chen, head} {
			if a := h.get(path, token); a.Status != want[i] {
				t.Errorf("%s for %s: %d, want %d", path, []string{"the leader", "staff", "the head"}[i], a.Status, want[i])
			}
		}
	}
	h.hasNot(h.page("/desk/cases?show=all", li), "cases/leader", "cases/held")
	h.hasNot(h.page("/desk/drafts", chen), "草稿")
	h.has(h.page("/desk/drafts", head), "草稿")
	h.hasNot(h.page("/desk/troubles", chen), "没送到的抱怨")
	h.has(h.page("/desk/troubles", head), "没送到的抱怨")
	// The one it is about cannot decide on the draft either, and hears no more than of one that is gone.
	form := url.Values{"form": {strings.Repeat("2", 32)}, "choice": {"dismiss"}}
	hidden := h.ask("POST", "/desk/drafts/draft", chen, form)
	form.Set("form", strings.Repeat("3", 32))
	gone := h.ask("POST", "/desk/drafts/never", chen, form)
	if hidden.Status != gone.Status || notice(hidden.Body) != notice(gone.Body) {
		t.Errorf("a hidden draft answers %d %q, one that is not there %d %q", hidden.Status, notice(hidden.Body), gone.Status, notice(gone.Body))
	}
	// Nor by an id that reads as a button of another kind.
	for _, id := range []string{"draft/x=", "draft/confirm=", "~t/seen=1", "~me/yes="} {
		form.Set("form", strings.Repeat("4", 32))
		if a := h.ask("POST", "/desk/drafts/"+url.PathEscape(id), chen, form); a.Status != 400 {
			t.Errorf("a draft %q: %d %q", id, a.Status, notice(a.Body))
		}
	}
	h.newest(demand.Draft)
}

func notice(page string) string {
	_, rest, _ := strings.Cut(page, `role="status">`)
	text, _, _ := strings.Cut(rest, "<")
	return text
}

// Violence and suicide are seen by who handles them, the head and the person on
// duty, nobody else.
func TestDiscreetDangerIsForThree(t *testing.T) {
	h := build(t, "", nil)
	h.change(func(s *flows.Settings) { // zhaos has the first shift
		s.Roster = []flows.Shift{{Person: "zhaos", StandIns: []flows.PersonID{"chen"}}}
	})
	h.put("v", demand.Danger, demand.State{Danger: flows.Violence, Place: flows.Place{Building: "3"}, Words: "他打我", Who: "wu", Reporter: "r1"}, nil)
	h.put("gas", demand.Danger, demand.State{Danger: flows.Gas, Place: flows.Place{Building: "3"}, Words: "有燃气味"}, nil)
	h.put("home", demand.Filed, demand.State{Item: "6-5", Place: flows.Place{Building: "3"}, Words: "他又打我", Who: "wu", Reporter: "r1"}, nil)
	for p, want := range map[flows.PersonID]int{"wu": 200, "zheng": 200, "zhaos": 200, "chen": 404, "li": 404, "zhou": 404, "du": 404} {
		token := h.session(p)
		if a := h.get("/desk/cases/home", token); a.Status != want {
			t.Errorf("filed as an ordinary matter, for %s: %d, want %d", p, a.Status, want)
		}
		if a := h.get("/desk/cases/v", token); a.Status != want {
			t.Errorf("%s: %d, want %d", p, a.Status, want)
		}
		if want == 404 {
			h.hasNot(h.page("/desk/cases?show=all", token), "cases/v")
			h.hasNot(h.page("/desk/", token), "cases/v")
		}
	}
	if a := h.get("/desk/cases/gas", h.session("chen")); a.Status != 200 {
		t.Errorf("another danger: %d", a.Status)
	}
}

// Who loses the post is out with the next request, and the desk's own routes are
// all that the channel can press.
func TestPostIsLostAtOnce(t *testing.T) {
	h := build(t, "", nil)
	token := h.session("chen")
	h.page("/desk/drafts", token)
	h.change(func(s *flows.Settings) {
		var rest []flows.Official
		for _, o := range s.People {
			if o.ID == "chen" {
				o.Posts = nil
			}
			rest = append(rest, o)
		}
		s.People = rest
	})
	if a := h.get("/desk/drafts", token); a.Status != 403 {
		t.Errorf("without the post: %d", a.Status)
	}
}

var _ Troubles = (*bot.Bot)(nil)
