package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linli/bot/telegram/fake"
	"linli/flows"
	"linli/storage"
)

// examined is what the doctor says, on a day on which the example has no warning.
func examined(t *testing.T, path string, change func(*doctor)) (string, error) {
	t.Helper()
	var out strings.Builder
	d := &doctor{out: &out, http: &http.Client{Timeout: quick}, now: time.Now}
	if change != nil {
		change(d)
	}
	err := d.examine(t.Context(), path)
	return out.String(), err
}

// says checks that each sentence is there, and that each that is wrong has a next step.
func says(t *testing.T, out string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("not said: %s\n%s", w, out)
		}
	}
	if strings.Count(out, "不好　") != strings.Count(out, "下一步：") {
		t.Errorf("something wrong has no next step\n%s", out)
	}
}

func TestDoctorBeforeTheFirstStart(t *testing.T) {
	out, err := examined(t, configured(t, []string{"dongqu"}, nil), nil)
	says(t, out, "好　　配置和1个社区的文件没有错", "还没有启动过", "没有写 public_url", "数据所在的盘还有")
	if strings.Contains(out, "还没有备份") {
		t.Error("a backup is asked for before there is anything")
	}
	if wants := holidaysMissing(); (err != nil) != wants {
		t.Errorf("%v\n%s", err, out)
	}

	out, err = examined(t, configured(t, []string{"dongqu"}, func(s string) string { return s + "wrong: 1\n" }), nil)
	says(t, out, "配置或社区文件有1处错")
	if err == nil {
		t.Error("a mistake is no error")
	}
}

// Who reviews topics, and who watches, is a hint, not something that is wrong.
func TestDoctorAndCheckHintAtReviewers(t *testing.T) {
	unsetExample(t)
	path := configured(t, []string{"dongqu"}, nil)
	hints := []string{"没有议题审核员，议题由赵书记审", "没有监督委员会的人，议事会没有人监督"}
	for _, few := range []bool{false, true} {
		if few {
			file := filepath.Join(filepath.Dir(path), "dongqu.yaml")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, pair := range [][2]string{{"posts: [secretary, duty, reviewer]", "posts: [secretary, duty]"}, {"posts: [reviewer]", "posts: [council]"}, {"posts: [supervisor]", "posts: [council]"},
				{"hearings: {}", `hearings: {clear: {days: 0}, publish: {source: ""}, agree: 2/3, agree_by: 某街道的答复}`}} {
				if !strings.Contains(string(text), pair[0]) {
					t.Fatalf("the example does not contain %q", pair[0])
				}
				text = []byte(strings.Replace(string(text), pair[0], pair[1], 1))
			}
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		told, _ := examined(t, path, nil)
		var checked strings.Builder
		if err := check(path, time.Now(), &checked); err != nil {
			t.Fatalf("%v\n%s", err, &checked)
		}
		for _, hint := range hints {
			if strings.Contains(told, "注意　dongqu（虚构）："+hint+"\n") != few {
				t.Errorf("doctor, reviewers missing %v: %q\n%s", few, hint, told)
			}
			if strings.Contains(checked.String(), "提示："+hint+"\n") != few {
				t.Errorf("check, reviewers missing %v: %q\n%s", few, hint, &checked)
			}
		}
		if few {
			says(t, checked.String(), "还没有人担任：业委会、街道有关部门、监督委员会、议题审核员", "把要审的议题发给赵书记\n", "公告提前几个净天：没有填，不执行",
				"记录3个工作日内公布：没有填来源，不执行", "举手2/3以上算同意，来源：某街道的答复")
		}
	}
}

// holidaysMissing says whether the example lacks a year today: that is a sentence more.
func holidaysMissing() bool { return time.Now().Year() != 2026 || time.Now().Month() >= time.November }

func TestDoctorOfARunningOne(t *testing.T) {
	tg := fake.New()
	t.Cleanup(tg.Close)
	tg.ReadsAll = false
	api := tg.Start()
	path := configured(t, []string{"dongqu"}, func(s string) string {
		return s + fmt.Sprintf("telegram: {token: '%s', api_url: '%s'}\n", fake.Token, api)
	})
	in := opens(t, path)
	h := in.houses[0]
	deaf, good := tg.AddGroup("听不到的群"), tg.AddGroup("好的群")
	who := tg.AddUser("王阿姨")
	deaf.Join(who)
	good.Join(who)
	good.Promote(who)
	if err := h.store.Update(t.Context(), func(tx storage.Tx) error {
		for i, c := range []flows.Chat{
			{Address: fmt.Sprintf("telegram:%d", deaf.ID), Title: "听不到的群"},
			{Address: "telegram:-100999", Title: "离开的群", Directory: "east"},
			{Address: fmt.Sprintf("telegram:%d", good.ID), Title: "好的群", Directory: "b3"},
		} {
			c.ID, c.Group = flows.ChatID(fmt.Sprintf("t%d", i)), true
			if err := tx.PutChat(c); err != nil {
				return err
			}
		}
		_, err := tx.AddTrouble(storage.Trouble{Kind: "dead", Why: "test", Text: "原话不能说", Until: time.Now().Add(time.Hour), At: time.Now()})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	_, stop := running(t, in)
	out, err := examined(t, path, nil)
	if err == nil {
		t.Error("nothing is wrong")
	}
	says(t, out, "邻里正在运行", "还没有备份", "还没有工作人员绑定账号", "有1件没办成的事", "令牌是好的，机器人是 @linli_test_bot", "这台机器的钟是准的",
		"在群“听不到的群”里听不到", "/setprivacy", "不在群“东区群”里", "在群“3号楼群”里，听得到", "群“听不到的群”还没有对上名册")
	if strings.Contains(out, "原话") || strings.Contains(out, fake.Token) {
		t.Errorf("too much is said\n%s", out)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := in.close(); err != nil {
		t.Fatal(err)
	}

	// Not running: the same from the file, and after a backup one thing less.
	if err := os.MkdirAll(filepath.Join(filepath.Dir(path), "backup", time.Now().In(in.zone()).Format(backupName)), 0o700); err != nil {
		t.Fatal(err)
	}
	out, _ = examined(t, path, nil)
	says(t, out, "邻里没有在运行", "最新的备份是", "有1件没办成的事")
	// A clock that is a minute off.
	out, _ = examined(t, path, func(d *doctor) { d.now = func() time.Time { return time.Now().Add(time.Minute) } })
	says(t, out, "的钟和 Telegram 差")
	out, _ = examined(t, path, func(d *doctor) { d.now = func() time.Time { return time.Now().Add(48 * time.Hour) } })
	says(t, out, "linli backup --config")
}

func TestDoctorOfATokenThatIsWrong(t *testing.T) {
	api := unauthorized(t)
	path := configured(t, []string{"dongqu"}, func(s string) string {
		return s + fmt.Sprintf("telegram: {token: '7:wrong-and-secret', api_url: '%s'}\n", api)
	})
	out, err := examined(t, path, nil)
	says(t, out, "Telegram 不认这个令牌", "@BotFather")
	if err == nil || strings.Contains(out, "wrong-and-secret") {
		t.Errorf("%v\n%s", err, out)
	}
	nowhere := configured(t, []string{"dongqu"}, func(s string) string {
		return s + "telegram: {token: '7:wrong-and-secret', api_url: 'http://127.0.0.1:1'}\n"
	})
	out, err = examined(t, nowhere, nil)
	says(t, out, "连不上 Telegram")
	if err == nil || strings.Contains(out, "wrong-and-secret") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestDoctorOfAWebhook(t *testing.T) {
	hook := `{"url":"","pending_update_count":0}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/getMe"):
			fmt.Fprint(w, `{"ok":true,"result":{"id":7,"username":"x","can_read_all_group_messages":true}}`)
		case strings.HasSuffix(r.URL.Path, "/getWebhookInfo"):
			fmt.Fprintf(w, `{"ok":true,"result":%s}`, hook)
		default:
			fmt.Fprint(w, `{"ok":false,"error_code":400,"description":"Bad Request"}`)
		}
	}))
	t.Cleanup(s.Close)
	path := configured(t, []string{"dongqu"}, func(c string) string {
		return c + fmt.Sprintf("public_url: https://linli.example.org\ntelegram: {token: '7:abc', api_url: '%s', mode: webhook, webhook_secret: abc}\n", s.URL)
	})
	for _, x := range []struct{ info, want string }{
		{`{"url":""}`, "webhook 没有登记"},
		{`{"url":"https://other.example.org/x"}`, "另一个地址"},
		{`{"url":"https://linli.example.org/hook/telegram","pending_update_count":9,"last_error_date":` + fmt.Sprint(time.Now().Unix()) + `,"last_error_message":"Wrong response"}`, "Telegram 送不过来"},
		{`{"url":"https://linli.example.org/hook/telegram","pending_update_count":3}`, "webhook 登记好了，3条等着"},
	} {
		hook = x.info
		out, _ := examined(t, path, nil)
		says(t, out, x.want)
	}
}

func TestUnmanned(t *testing.T) {
	_, files, err := load(configured(t, []string{"dongqu"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	s := *files[0].Settings
	now := time.Date(2026, 11, 23, 10, 7, 0, 0, s.Zone)
	if at := unmanned(&s, now); !at.IsZero() {
		t.Error("somebody is on duty all day, and", at)
	}
	s.Roster = []flows.Shift{{Person: s.Roster[0].Person, From: 8 * 60, To: 18 * 60}}
	if at := unmanned(&s, now); at.Format("15:04") != "18:00" {
		t.Error("nobody is on duty from six, and it says", at)
	}
	s.Roster = nil
	if at := unmanned(&s, now); at.Format("15:04") != "10:00" {
		t.Error("nobody is on duty at all, and it says", at)
	}
}
