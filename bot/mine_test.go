package bot_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// at is who owns an address; empty if nobody.
func (h home) owner(address string) (id flows.PersonID) {
	h.Helper()
	h.view(func(tx storage.Tx) error {
		p, err := tx.PersonAt("toy:" + address)
		if id = p.ID; errors.Is(err, storage.ErrNone) {
			return nil
		}
		return err
	})
	return id
}

// What is held of somebody is shown to them as it is: their own words and
// nobody else's, how it stands, and when it goes.
func TestMine(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "", "3号楼2单元下水道堵了，我家501", "one")
	h.tap("p1", "登记")
	h.by("p2", "李", "", "3号楼2单元下水道又堵了")
	h.tap("p2", "我也是")
	h.tap("feng", "接单")
	p1, p2 := h.owner("p1"), h.owner("p2")
	m, err := h.b.Mine(t.Context(), p1)
	if err != nil {
		t.Fatal(err)
	}
	if m.Person != p1 || m.Name != "王" || m.Consent.IsZero() || !slices.Equal(m.Addresses, []string{"toy"}) || len(m.Cases) != 1 ||
		!m.Until.Equal(m.Seen.Add(700*day)) {
		t.Errorf("mine %+v", m)
	}
	c := m.Cases[0]
	if c.Part != "reporter" || c.No != 1 || c.Done || c.Said != "3号楼2单元下水道堵了，我家501" || c.Media != 1 || !c.Forget.IsZero() ||
		!strings.HasPrefix(c.Line, "0001号") || !strings.Contains(c.Line, "冯物业在办") {
		t.Errorf("the case %+v", c)
	}
	other, err := h.b.Mine(t.Context(), p2)
	if err != nil || len(other.Cases) != 1 {
		t.Fatalf("the neighbour's %+v, %v", other, err)
	}
	if c := other.Cases[0]; c.Part != "follower" || c.Said != "" || c.Media != 0 || c.Place != (flows.Place{Building: "3"}) || !strings.HasPrefix(c.Line, "0001号") {
		t.Errorf("the neighbour sees %+v", c)
	}
	h.tap("feng", "办好了")
	h.tap("feng", "不用说，就这样")
	h.tap("p1", "满意")
	if m, err = h.b.Mine(t.Context(), p1); err != nil || len(m.Cases) != 1 || !m.Cases[0].Forget.Equal(h.clock.Now().Add(30*day-2*time.Second)) {
		t.Errorf("when it is over %+v, %v", m.Cases, err)
	}
	text, err := h.b.Copy(t.Context(), p1)
	if err != nil || !utf8.Valid(text) {
		t.Fatal(err)
	}
	for _, want := range []string{"称呼：王", "0001号，2026年3月11日您报的", "您说的：3号楼2单元下水道堵了，我家501", "照片、语音：1个", "告诉过您（2026年3月11日）：记下了，0001号", "2026年4月10日以后删除您的话"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the copy lacks %q:\n%s", want, text)
		}
	}
	if text, err = h.b.Copy(t.Context(), p2); err != nil || strings.Contains(string(text), "501") || !strings.Contains(string(text), "您一起等的") {
		t.Errorf("the neighbour's copy, %v:\n%s", err, text)
	}
	en := "en"
	if err := h.b.Correct(t.Context(), p1, bot.Correction{Lang: &en}); err != nil {
		t.Fatal(err)
	}
	text, err = h.b.Copy(t.Context(), p1)
	for _, want := range []string{"Name: 王", "No. 0001, 11 March 2026, reported by you", "Your words: 3号楼", "Photos and voice notes: 1", "You were told (11 March 2026)", "Your words are deleted after 10 April 2026"} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("the copy in English lacks %q, %v:\n%s", want, err, text)
		}
	}
	if _, err := h.b.Mine(t.Context(), "nobody"); !errors.Is(err, storage.ErrNone) {
		t.Errorf("of nobody: %v", err)
	}
	if _, err := h.b.Copy(t.Context(), "nobody"); !errors.Is(err, storage.ErrNone) {
		t.Errorf("a copy of nobody: %v", err)
	}
}

func TestCorrect(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "", "3号楼2单元下水道堵了")
	h.tap("p1", "登记")
	p1 := h.owner("p1")
	of := func(s string) *string { return &s }
	for _, x := range []struct {
		who  flows.PersonID
		c    bot.Correction
		want error
	}{
		{p1, bot.Correction{Name: of("王\u202e秀兰"), Lang: of("en"), Home: &flows.Place{Building: "5", Unit: "1"}}, nil},
		{p1, bot.Correction{Name: of(" \x00 ")}, bot.ErrWhat},
		{p1, bot.Correction{Lang: of("xx")}, bot.ErrWhat},
		{p1, bot.Correction{Name: of("没改成"), Home: &flows.Place{Building: "no-such"}}, bot.ErrWhat},
		{"feng", bot.Correction{Name: of("老冯")}, bot.ErrPost},
		{"feng", bot.Correction{Lang: of("en")}, nil},
		{"nobody", bot.Correction{}, storage.ErrNone},
	} {
		if err := h.b.Correct(t.Context(), x.who, x.c); !errors.Is(err, x.want) {
			t.Errorf("%s, %+v: %v, want %v", x.who, x.c, err, x.want)
		}
	}
	m, err := h.b.Mine(t.Context(), p1)
	if err != nil || m.Name != "王秀兰" || m.Lang != "en" || m.Home != (flows.Place{Building: "5", Unit: "1"}) {
		t.Errorf("corrected %+v, %v", m, err)
	}
	if err := h.b.Correct(t.Context(), p1, bot.Correction{Home: &flows.Place{}}); err != nil {
		t.Error(err)
	}
	if m, _ = h.b.Mine(t.Context(), p1); !m.Home.Zero() {
		t.Errorf("a home taken away: %+v", m.Home)
	}
}

// Who withdraws their consent is asked again before anything is filed; what is
// open goes on. Who is in nothing is not kept.
func TestWithdraw(t *testing.T) {
	h := keeping(t)
	h.by("p1", "王", "", "3号楼2单元下水道堵了")
	h.tap("p1", "登记")
	p1 := h.owner("p1")
	h.pass(time.Hour)
	h.toy.take()
	if err := h.b.Withdraw(t.Context(), p1); err != nil {
		t.Fatal(err)
	}
	h.drain()
	if got := lines(h.toy.take()); len(got) != 1 || !strings.HasPrefix(got[0], "p1: 好，同意已撤回。以后登记前都先问您。在办的1件接着办") {
		t.Errorf("told %q", got)
	}
	h.by("p1", "王", "", "3号楼2单元电梯坏了没人修")
	if got := h.stages(); !slices.Equal(got, []string{"1 demand 1 2-5 filed", "2 dispatch 1 2-5 sent", "3 demand 0 1-1 offered"}) {
		t.Errorf("stages %q", got)
	}
	h.tap("p1", "不用")
	if h.owner("p1") != p1 {
		t.Error("who is in something is not known any more")
	}
	h.tap("p1", "撤回")
	h.sweep(31)
	if err := h.b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h.owner("p1") != "" {
		t.Error("who agrees to nothing and is in nothing is still known")
	}
	h.update(func(tx storage.Tx) error {
		return tx.PutPerson(storage.Person{ID: "r77", Name: "靐靐", Consent: h.clock.Now(), Addresses: []string{"toy:p7"}, Reach: []string{"toy:p7"}})
	})
	if err := h.b.Withdraw(t.Context(), "r77"); err != nil {
		t.Fatal(err)
	}
	h.pass(time.Minute)
	if h.owner("p7") != "" {
		t.Error("who is in nothing and withdraws is still known")
	}
	h.clean("r77")
}

// An erasing asked for in the chat survives the end of the process, and somebody
// who left a case to others takes their words along.
func TestEraseAsked(t *testing.T) {
	h := keeping(t)
	h.by("p1", "靐靐", "", "3号楼2单元下水道堵了，靐靐13900001111")
	h.tap("p1", "登记")
	h.by("p2", "李", "", "3号楼2单元下水道又堵了")
	h.tap("p2", "我也是")
	h.tap("p1", "撤回")
	h.tap("feng", "接单")
	p1 := h.owner("p1")
	if len(h.in("1", "靐")) == 0 {
		t.Fatal("who left took the words along already")
	}
	h.by("p1", "靐靐", "", "我的数据")
	h.tap("p1", "删除我的资料")
	h.hear(h.pressed("p1", "", "~me/yes"))
	h.restart()
	h.pass(time.Minute)
	if h.owner("p1") != "" {
		t.Error("still known")
	}
	h.clean(p1)
	if got := h.stages(); !slices.Equal(got, []string{"1 demand 1 2-5 filed", "2 dispatch 1 2-5 taken"}) {
		t.Errorf("stages %q", got)
	}
	// Again, and by a button that was never theirs: nobody is there.
	if a := h.hear(h.pressed("p1", "", "~me/yes")); a.Toast != "" {
		t.Errorf("a second press: %q", a.Toast)
	}
	h.drain()
	if h.owner("p1") != "" {
		t.Error("known again by pressing")
	}
}

// Somebody whose words are only held until they tap is erased like everybody.
func TestEraseOffered(t *testing.T) {
	h := keeping(t)
	file := filepath.Join(h.dir, "diary", "p77553311")
	if err := os.WriteFile(file, []byte("靐"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.by("p77553311", "靐靐", "", "3号楼2单元下水道堵了，靐靐13900001111")
	id := h.owner("p77553311")
	if e, err := h.b.Erase(t.Context(), id, "asked"); err != nil || !e.Done() || e.Cases != 1 {
		t.Errorf("erased %+v, %v", e, err)
	}
	if got := h.stages(); len(got) > 0 {
		t.Errorf("stages %q", got)
	}
	h.clean(id)
}

// An emergency is not let go of before it is over; all else is, and the rest
// follows by itself.
func TestEraseInDanger(t *testing.T) {
	h := keeping(t)
	h.by("p1", "靐靐", "", "东门路灯不亮，靐靐看不见")
	h.tap("p1", "登记")
	h.pass(time.Hour)
	h.by("p1", "靐靐", "", "3号楼2单元501有煤气味，靐靐很怕")
	p1 := h.owner("p1")
	h.update(func(tx storage.Tx) error { // as the first version left it
		c, err := tx.Case("3")
		if c.Danger = ""; err != nil {
			return err
		}
		return tx.PutCase(c)
	})
	e, err := h.b.Erase(t.Context(), p1, "asked")
	if err != nil || e.Done() || e.Waiting != 1 || e.Cases != 2 {
		t.Fatalf("erased %+v, %v", e, err)
	}
	if got := h.stages(); !slices.Equal(got, []string{"1 demand 1 1-5 withdrawn", "2 dispatch 1 1-5 ended", "3 demand 2  danger", "4 dispatch 2  sent"}) {
		t.Errorf("stages %q", got)
	}
	if len(h.in("1", "靐")) > 0 || len(h.in("4", "靐")) == 0 {
		t.Errorf("the one that is over has %q, the emergency %q", h.in("1", "靐"), h.in("4", "靐"))
	}
	h.tap("sun", "我来处理")
	h.tap("sun", "处理完了")
	h.pass(61 * time.Minute)
	if h.owner("p1") != "" {
		t.Error("still known when the emergency is over")
	}
	h.clean(p1)
}

// Somebody with a post loses what is theirs as a resident and their accounts, and
// stays in the journal as who did the work.
func TestEraseOfficial(t *testing.T) {
	h := keeping(t)
	h.by("p2", "李", "", "3号楼2单元下水道堵了")
	h.tap("p2", "登记")
	h.tap("feng", "接单")
	h.by("feng", "冯", "", "东门路灯不亮，靐靐看不见")
	for _, kind := range []string{"login", "person"} {
		if _, err := h.b.NewCode(t.Context(), kind, "feng"); err != nil {
			t.Fatal(err)
		}
	}
	h.update(func(tx storage.Tx) error {
		return errors.Join(tx.PutKey("session/1", []byte(`{"person":"feng"}`)), tx.PutKey("session/2", []byte(`{"person":"chen"}`)))
	})
	e, err := h.b.Erase(t.Context(), "feng", "asked")
	if err != nil || !e.Done() {
		t.Fatalf("%+v, %v", e, err)
	}
	for _, id := range []flows.ID{"1", "2", "3", "4"} {
		if where := append(h.in(id, "靐"), h.in(id, "toy:feng")...); len(where) > 0 {
			t.Errorf("case %s still has something in %q", id, where)
		}
	}
	if got := h.in("2", "feng"); !slices.Contains(got, "journal") || !slices.Contains(got, "case") {
		t.Errorf("who did the work is known in %q only", got)
	}
	h.view(func(tx storage.Tx) error {
		codes, err := tx.Keys("code/")
		if len(codes) != 1 {
			t.Errorf("%d codes are left, want only the one that binds the post anew", len(codes))
		}
		sessions, err2 := tx.Keys("session/")
		if len(sessions) != 1 || sessions["session/2"] == nil {
			t.Errorf("at the desk are still %q", sessions)
		}
		return errors.Join(err, err2)
	})
	if _, ok := h.o.Settings.Official("feng"); !ok || h.owner("feng") != "" {
		t.Error("the account is still bound")
	}
	if got := h.stages(); !slices.Contains(got, "2 dispatch 1 2-5 taken") {
		t.Errorf("stages %q", got)
	}
}

// What is on its way when somebody is erased does not bring their words back,
// and the work goes on.
func TestEraseWhileSending(t *testing.T) {
	h := keeping(t)
	h.by("p1", "靐靐", "", "3号楼2单元下水道堵了")
	h.tap("p1", "登记")
	h.by("p2", "李", "", "3号楼2单元下水道又堵了")
	h.tap("p2", "我也是")
	p1 := h.owner("p1")
	done := false
	h.toy.on(func(to string, m bot.Message) error {
		if done || to != "feng" || !strings.Contains(m.Text, "靐靐下不了楼") {
			return nil
		}
		done = true
		if _, err := h.b.Erase(t.Context(), p1, "asked"); err != nil {
			t.Error(err)
		}
		return errors.New("nobody knows whether it arrived")
	})
	h.toy.take()
	h.by("p1", "靐靐", "", "水漫出来了，靐靐下不了楼")
	h.pass(10 * time.Minute)
	if !done {
		t.Fatal("it was never on its way")
	}
	h.clean(p1)
	cards := 0
	for _, a := range h.toy.take() {
		if a.To == "feng" && strings.Contains(a.Text, "靐") {
			t.Errorf("told afterwards: %s", a.Text)
		} else if a.To == "feng" {
			cards++
		}
	}
	if cards != 1 || len(h.troubles()) > 0 {
		t.Errorf("%d cards, troubles %+v", cards, h.troubles())
	}
}
