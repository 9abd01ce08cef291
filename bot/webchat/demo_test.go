package webchat

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/flowstest"
	"linli/prompts"
	"linli/prompts/local"
)

// What the page offers to say is read as what it is there to show.
func TestChipsAreRead(t *testing.T) {
	settings := flowstest.Example(t, demand.DutyList())
	w, _, _ := open(t, nil)
	s := httptest.NewServer(w.Handler())
	defer s.Close()
	_, page := visit(t, s).get("/")
	_, row, _ := strings.Cut(page, `class="chips"`)
	row, _, _ = strings.Cut(row, "</div>")
	var offered []string
	for _, m := range regexp.MustCompile(`<button>(.+?)</button>`).FindAllStringSubmatch(row, -1) {
		offered = append(offered, m[1])
	}
	same(t, offered, chips)
	sure, reader := settings.Limits.Sure, local.New()
	scope := settings.Groups[slices.IndexFunc(settings.Groups, func(g flows.Group) bool { return g.ID == "b3" })].Scope
	for i, is := range []func(flows.Reading) bool{
		func(r flows.Reading) bool {
			return r.Demand >= sure && r.Urgent && r.Danger == "" && r.Item != "" && r.Place.Unit != "" && r.Place.Unit != "0"
		},
		func(r flows.Reading) bool { return r.Danger == flows.Gas },
		func(r flows.Reading) bool { return r.Demand >= sure && !r.Urgent && r.Danger == "" && r.Item != "" },
		func(r flows.Reading) bool { return r.Demand < settings.Limits.Maybe && r.Danger == "" },
	} {
		r := reader.Read(chips[i], prompts.Context{Scope: scope, Settings: settings})
		if !is(r) {
			t.Errorf("%s is read as %+v", chips[i], r)
		}
	}
}

// Whoever has a post is held by one of the two phones, by their first post.
func TestWhosePhone(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		for phone, roles := range map[bool][]flows.Role{
			true:  {flows.OnDuty, flows.Staff, flows.Head, flows.Secretary, flows.Supervisor, flows.Reviewer, flows.Council},
			false: {flows.Leader, flows.Captain, flows.Property, flows.Owners, flows.Station, flows.Department, flows.Resident},
		} {
			for _, r := range roles {
				if office(r.In(lang)) != phone {
					t.Errorf("%s in the office: %v", r.In(lang), !phone)
				}
			}
		}
	}
	if office("") {
		t.Error("nobody's post is in the office")
	}
	dem := demo()
	dem.Members = append(dem.Members, Member{ID: "feng", Name: "冯物业", Role: "物业", Phone: true},
		Member{ID: "zheng", Name: "郑主任", Role: "居委会主任", Phone: true}, Member{ID: "ma", Name: "马姐", Role: "居民"})
	w, _, _ := open(t, func(o *Options) { o.Demo = dem })
	s := httptest.NewServer(w.Handler())
	defer s.Close()
	_, page := visit(t, s).get("/")
	options := func(id string) (ids []string) {
		_, list, _ := strings.Cut(page, id)
		list, _, _ = strings.Cut(list, "</select>")
		for _, m := range regexp.MustCompile(`<option value="(\w+)"`).FindAllStringSubmatch(list, -1) {
			ids = append(ids, m[1])
		}
		return ids
	}
	same(t, options(`data-testid="person-leader"`), []string{"li", "feng"})
	same(t, options(`data-testid="person-committee"`), []string{"zhou", "zheng"})
	same(t, options(`data-testid="speaker"`), []string{"wang", "chen", "ma", "li"})
}

func TestSendVoices(t *testing.T) {
	w, _, c := open(t, nil)
	if !w.Capabilities().Voices {
		t.Error("the channel says that it sends no voice notes")
	}
	ogg := append([]byte("OggS\x00"), make([]byte, 100)...)
	sounds := map[string][]byte{
		"audio/ogg": ogg, "audio/webm": []byte("\x1aE\xdf\xa3\x9fB\x86\x81\x01"),
		"audio/mp4": []byte("\x00\x00\x00\x18ftypmp42xx"), "audio/mpeg": []byte("ID3\x04 sound"),
		"audio/amr": []byte("#!AMR\n sound"),
	}
	s := httptest.NewServer(w.Handler())
	defer s.Close()
	for kind, data := range sounds {
		send(t, w, "m/li", bot.Message{Key: kind, Voices: []bot.Photo{{Data: data, Seconds: 7}}})
		lines, _ := w.History("m/li")
		l := lines[len(lines)-1]
		if len(l.Voices) != 1 || l.Voices[0].Seconds != 7 || l.From != "" {
			t.Fatalf("kept as %+v", l)
		}
		if n, body, head := visit(t, s).do("GET", "/chat/file/"+l.Voices[0].File+"?as=li", "", nil); n != 200 || body != string(data) || head.Get("Content-Type") != kind {
			t.Errorf("%s is served as %d %v", kind, n, head)
		}
		if saved := kind == "audio/amr"; l.Voices[0].Save != saved {
			t.Errorf("%s is to be saved: %v", kind, l.Voices[0].Save)
		}
		if n, _ := visit(t, s).get("/chat/file/" + l.Voices[0].File + "?as=wang"); n != 403 {
			t.Errorf("somebody else may hear it: %d", n)
		}
	}

	card := bot.Message{Key: "k", Text: "新诉求", Photos: []bot.Photo{{Data: bottest.Picture()}}, Voices: []bot.Photo{{Data: ogg}, {Data: ogg, Seconds: 3}}}
	ref := send(t, w, "m/zhou", card)
	if again := send(t, w, "m/zhou", card); again != ref {
		t.Errorf("the same key gave %s, then %s", ref, again)
	}
	send(t, w, "m/zhou", bot.Message{Key: "k2", Edit: ref, Text: "已接"})
	lines, _ := w.History("m/zhou")
	if len(lines) != 1 || len(lines[0].Photos) != 1 || len(lines[0].Voices) != 2 || lines[0].Voices[1].Seconds != 3 || lines[0].Text != "已接" {
		t.Errorf("after an edit %+v", lines)
	}
	first := lines[0].Voices[0].File
	send(t, w, "m/zhou", bot.Message{Key: "k3", Edit: ref, Text: "已接", Voices: []bot.Photo{{Data: ogg}}})
	if lines, _ = w.History("m/zhou"); len(lines[0].Voices) != 1 || lines[0].Voices[0].File == first {
		t.Errorf("after an edit with another recording %+v", lines)
	}
	if n, _ := visit(t, s).get("/chat/file/" + first); n != 404 {
		t.Errorf("a recording that was replaced is still served: %d", n)
	}
	if n := countFiles(t, w); n != len(sounds)+2 {
		t.Errorf("%d files, want %d", n, len(sounds)+2)
	}

	for name, m := range map[string]bot.Message{
		"no sound":  {Text: "a", Voices: []bot.Photo{{Data: []byte("<script>alert(1)</script>")}}},
		"too large": {Text: "a", Voices: []bot.Photo{{Data: append(slices.Clone(ogg), make([]byte, maxNote)...)}}},
		"too many":  {Text: "a", Voices: slices.Repeat([]bot.Photo{{Data: ogg}}, maxVoices+1)},
		"nobody":    {Edit: "", Voices: []bot.Photo{{Data: ogg}}},
	} {
		to := "m/li"
		if name == "nobody" {
			to = "m/nobody"
		}
		if _, err := w.Send(t.Context(), to, m); !final(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := countFiles(t, w); n != len(sounds)+2 {
		t.Errorf("%d files after messages that were refused", n)
	}
	c.Pass(32 * 24 * 3600e9)
	if err := w.h.sweep(c.Now()); err != nil {
		t.Fatal(err)
	}
	if n := countFiles(t, w); n != 0 {
		t.Errorf("%d files of dropped messages are left", n)
	}
}

// A notice in a group that has just been changed is kept from then on, however old it is;
// what stood around it goes.
func TestWhatWasChangedIsKept(t *testing.T) {
	w, _, c := open(t, nil)
	send(t, w, "g/3hao", bot.Message{Text: "前面的"})
	card := send(t, w, "g/3hao", bot.Message{Text: "公告"})
	send(t, w, "g/3hao", bot.Message{Text: "后面的"})
	c.Pass(w.h.keepFor - time.Hour)
	send(t, w, "g/3hao", bot.Message{Edit: card, Text: "开始了"})
	c.Pass(2 * time.Hour)
	if err := w.h.sweep(c.Now()); err != nil {
		t.Fatal(err)
	}
	same(t, texts(t, w, "g/3hao"), []string{"开始了"})
	c.Pass(w.h.keepFor)
	if err := w.h.sweep(c.Now()); err != nil {
		t.Fatal(err)
	}
	same(t, texts(t, w, "g/3hao"), []string(nil))
}
