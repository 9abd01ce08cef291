package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	kf "linli/bot/kefu/fake"
	oa "linli/bot/official/fake"
	tg "linli/bot/telegram/fake"
)

// crossing is the binary with Telegram, a public account and a customer service around it.
type crossing struct {
	*site
	t  *testing.T
	oa *oa.Server
	kf *kf.Server
	p  *process
	li *tg.User // who holds the work, on Telegram
}

func newCrossing(t *testing.T) *crossing {
	t.Helper()
	c := &crossing{site: newSite(t), t: t, oa: oa.New(), kf: kf.New()}
	t.Cleanup(c.oa.Close)
	t.Cleanup(c.kf.Close)
	c.kf.Times = 5 // each callback is brought five times
	f, err := os.OpenFile(c.config[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(f, "official: {app_id: %s, secret: %s, token: %s, aes_key: %s, api_url: %s}\nkefu: {corp_id: %s, secret: %s, token: %s, aes_key: %s, account: %s, api_url: %s}\n",
		oa.AppID, oa.Secret, oa.Token, oa.AESKey, c.oa.Start(), kf.CorpID, kf.Secret, kf.Token, kf.AESKey, kf.Account, c.kf.Start())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	c.begin()
	c.li = c.tg.AddUser("冯")
	out, err := exec.Command(c.binary, "code", "--config", c.config[0], "冯物业").Output()
	code, ok := strings.CutPrefix(strings.TrimSpace(string(out)), "/start ")
	if err != nil || !ok {
		t.Fatalf("linli code: %v %q", err, out)
	}
	c.li.Start(code)
	c.until("the code is not taken", func() bool { return c.tg.SentCount(c.li.ID) > 0 })
	return c
}

// begin starts the binary, and both platforms know where it listens.
func (c *crossing) begin() {
	c.t.Helper()
	c.p = c.serve(c.t, 0)
	base := strings.TrimSuffix(c.hook, "/hook/telegram")
	c.oa.HookURL = base + "/hook/official"
	c.kf.Hook(base + "/hook/kefu")
}

// until waits for what the people see.
func (c *crossing) until(what string, ok func() bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	for !ok() {
		select {
		case <-ctx.Done():
			c.t.Fatalf("%s\n%s", what, c.p.log())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// card presses the newest button of the holder's that has this label, on a message with these words.
func (c *crossing) card(words, label string) {
	c.t.Helper()
	c.until("no card with "+words, func() bool {
		return slices.ContainsFunc(c.tg.Sent(c.li.ID), func(m tg.Message) bool { return strings.Contains(m.Text, words) })
	})
	if _, err := c.tg.Press(c.li, c.li.ID, label); err != nil {
		c.t.Fatal(err)
	}
}

// texts are what somebody has read.
func texts(u *oa.User) (all []string) {
	for _, m := range u.Shown() {
		all = append(all, m.Text)
	}
	return all
}

func kfTexts(p *kf.Person) (all []string) {
	for _, m := range p.Shown() {
		all = append(all, m.Text)
	}
	return all
}

func count(all []string, words string) (n int) {
	for _, s := range all {
		if strings.Contains(s, words) {
			n++
		}
	}
	return n
}

// A resident reports by the public account, the property takes it on Telegram, the answer
// comes back inside the window; the token dies on the way. Another resident does the same by
// the customer service, whose platform brings every callback five times.
func TestWeChatAcross(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the binary: not in short runs")
	}
	c := newCrossing(t)
	wang := c.oa.Follower()
	wang.Say("3号楼2单元电梯停了")
	c.until("it is not asked", func() bool { return count(texts(wang), "要登记吗") == 1 })
	if _, err := wang.Press("登记"); err != nil {
		t.Fatal(err)
	}
	c.until("no receipt", func() bool { return count(texts(wang), "记下了，0001号") == 1 })
	asked := c.oa.Asked()
	c.card("电梯停运或故障", "接单")
	c.oa.Kill()
	c.card("冯物业已接", "办好了")
	c.until("nobody asks how", func() bool {
		return slices.ContainsFunc(c.tg.Sent(c.li.ID), func(m tg.Message) bool { return strings.Contains(m.Text, "怎么办好的") })
	})
	c.tg.Say(c.li, c.li.ID, "换了门机皮带，电梯开了")
	c.until("the answer does not come back", func() bool { return count(texts(wang), "换了门机皮带") == 1 })
	if n := c.oa.Asked() - asked; n != 1 {
		t.Errorf("the token died once, and %d were asked for", n)
	}
	if _, err := wang.Press("满意"); err != nil {
		t.Fatal(err)
	}
	c.until("no thanks", func() bool { return count(texts(wang), "谢谢") == 1 })

	zhang := c.kf.AddPerson()
	zhang.Say("5号楼1单元下水道堵了")
	c.until("it is not asked", func() bool { return count(kfTexts(zhang), "要登记吗") >= 1 })
	menu := zhang.Shown()[0].Menu
	i := slices.IndexFunc(menu, func(b kf.Button) bool { return b.Label == "登记" })
	if i < 0 {
		t.Fatalf("the menu is %+v", menu)
	}
	if _, err := zhang.Press(menu[i].Data); err != nil {
		t.Fatal(err)
	}
	c.until("no receipt", func() bool { return count(kfTexts(zhang), "记下了，0002号") >= 1 })
	c.card("下水道", "接单")
	c.stop(t, c.p)
	for _, words := range []string{"要登记吗", "记下了，0002号"} {
		if n := count(kfTexts(zhang), words); n != 1 {
			t.Errorf("%q was said %d times", words, n)
		}
	}
	if n := len(wang.Shown()); n != 4 {
		t.Errorf("the resident of the public account read %d messages: %q", n, texts(wang))
	}
}

// The binary is killed while many speak on both lanes at once. What the platform was told is
// heard, is heard; the rest it brings again; nobody is asked the same twice but for
// what was on its way in that moment.
func TestWeChatKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills the binary: not in short runs")
	}
	c := newCrossing(t)
	const people, rounds = 12, 3
	things := []string{"电梯停了", "楼道灯不亮了", "下水道堵了"}
	var followers []*oa.User
	var guests []*kf.Person
	for range people {
		followers, guests = append(followers, c.oa.Follower()), append(guests, c.kf.AddPerson())
	}
	for round := range rounds {
		var all sync.WaitGroup
		for i := range people {
			all.Go(func() { followers[i].Say(fmt.Sprintf("%d号楼1单元%s", 1+i%6, things[round])) })
			all.Go(func() { guests[i].Say(fmt.Sprintf("%d号楼2单元%s", 1+i%6, things[(round+1)%len(things)])) })
		}
		time.Sleep(time.Duration(20+30*round) * time.Millisecond)
		c.p.kill()
		all.Wait()
		c.begin()
		heard := func() (n int) {
			c.oa.Again() // what its tries did not bring
			for i := range people {
				if count(texts(followers[i]), "要登记吗") >= round+1 {
					n++
				}
				if count(kfTexts(guests[i]), "要登记吗") >= round+1 {
					n++
				}
			}
			return n
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		for heard() < 2*people && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		if ended := ctx.Err(); ended != nil {
			for i := range people {
				t.Logf("%q %q", texts(followers[i]), kfTexts(guests[i]))
			}
			t.Fatalf("round %d: %d of %d are answered\n%s", round, heard(), 2*people, c.p.log())
		}
		cancel()
	}
	c.stop(t, c.p)
	official, service := 0, 0
	for i := range people {
		official += count(texts(followers[i]), "要登记吗") - rounds
		service += count(kfTexts(guests[i]), "要登记吗") - rounds
	}
	t.Logf("of %d questions on each lane %d and %d were asked twice, with %d kills", people*rounds, official, service, rounds)
	if service > 0 {
		t.Errorf("%d questions were asked twice by the customer service, which knows the key of each message", service)
	}
	if official > people*rounds { // each may have been on its way when the process died
		t.Errorf("%d questions were asked twice by the public account", official)
	}
}
