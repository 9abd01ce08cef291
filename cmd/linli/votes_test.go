package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linli/bot/telegram/fake"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
	"linli/storage/bolt"
)

// A whole community presses a button within a minute: ten thousand accounts, 64
// connections at once, in one group, through the real binary. Some change their
// minds, some press twice, some updates come again, some answers are lost, and some
// presses are forged. What is told in the end is the exact count.
//
// LINLI_VOTES is the number of accounts.
func TestVotes(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand votes")
	}
	e := newElection(t, number(t, "LINLI_VOTES", 10000))
	p := e.serve(t, 1)
	meter := newMeter(t)
	meter.between(t, e.site)
	e.connections(t, meter, 64)
	e.ask(t)
	meter.reset()
	began := time.Now()
	e.vote()
	e.taken(t, 2*time.Minute)
	took := time.Since(began)
	votes := meter.presses()
	t.Logf("%d presses of %d accounts taken in %s: %.0f a second", len(votes), len(e.users), took.Round(10*time.Millisecond), float64(len(votes))/took.Seconds())
	t.Logf("answer of the webhook: p50 %s, p99 %s", ms(votes.at(.5)), ms(votes.at(.99)))
	if n := len(votes) / 10; n >= 100 {
		first, last := votes[:n], votes[len(votes)-n:]
		t.Logf("p99 of the first %d: %s (p50 %s), of the last %d: %s (p50 %s): %.2f times", n, ms(first.at(.99)), ms(first.at(.5)), n, ms(last.at(.99)), ms(last.at(.5)),
			float64(last.at(.99))/float64(first.at(.99)))
	}
	if len(e.users) == 10000 && took > time.Minute {
		t.Errorf("ten thousand votes took %s", took)
	}

	e.stop(t, p)
	e.hasten(t)
	p = e.serve(t, 1)
	began = time.Now()
	told := e.result(t)
	t.Logf("the result was told %s after the end", told.At.Sub(began).Round(10*time.Millisecond))
	meter.between(t, e.site)
	e.late()
	e.taken(t, time.Minute)
	e.check(t, told)
	e.export(t)
	e.stop(t, p)
	e.atRest(t)
}

func ms(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

// presses is how long the answer to each press took, in the order in which they came.
func (m *meter) presses() (list spread[time.Duration]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.Clone(m.took)
	slices.SortFunc(all, func(a, b taken) int { return a.began.Compare(b.began) })
	for _, x := range all {
		if x.from == 0 && x.status == http.StatusOK {
			list = append(list, x.ended.Sub(x.began))
		}
	}
	return list
}

// election is a poll of a whole community on the real binary.
type election struct {
	*site
	group  *fake.Group
	other  *fake.Group // of one building
	chen   *fake.User
	users  []*fake.User
	id     string // of the case
	ballot int64  // message
	until  time.Time
	want   map[int64]string // the letter that counts, by account
	again  int              // updates that were delivered twice
	forged int
	first  map[int64]string // id of each account's first press
}

var electionOptions = []string{"要", "不要", "再商量"}

func newElection(t *testing.T, n int) *election {
	t.Helper()
	e := &election{site: newSite(t), want: map[int64]string{}, first: map[int64]string{}}
	file := filepath.Join(e.dir, "community.yaml")
	head, _, ok := strings.Cut(textOf(t, file), "\ncast:")
	before, rest, ok2 := strings.Cut(head, "\ngroups:")
	_, after, ok3 := strings.Cut(rest, "\nroster:")
	if !ok || !ok2 || !ok3 {
		t.Fatal("the example community is another one")
	}
	putText(t, file, before+"\ngroups:\n  - {id: all, name: 全社区群, community: true}\n  - {id: b3, name: 3号楼群, building: 3}\n\nroster:"+after+"\n")

	e.group, e.other, e.chen = e.tg.AddGroup("全社区群"), e.tg.AddGroup("3号楼群"), e.tg.AddUser("陈社区")
	for i := range n {
		e.users = append(e.users, e.tg.AddUser(residentName(i)))
	}
	e.stop(t, e.serve(t, 0))
	codes := map[string]string{}
	for _, who := range []string{"chen", "all", "b3"} {
		codes[who] = e.codes(t, who)[0]
	}
	e.chen.Start(codes["chen"])
	for g, id := range map[*fake.Group]string{e.group: "all", e.other: "b3"} {
		g.Join(e.chen)
		e.tg.Say(e.chen, g.ID, "/start "+codes[id])
	}
	p := e.serve(t, 0)
	e.wait(t, p, "nobody was bound", func() bool {
		return e.said(e.chen.ID, "绑定好了") && e.said(e.group.ID, "这个群已接入") && e.said(e.other.ID, "这个群已接入")
	})
	e.stop(t, p)
	return e
}

// wait waits for something that is about to happen.
func (e *election) wait(t *testing.T, p *process, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := e.tg.Wait(ctx, ok); err != nil {
		for _, chat := range []int64{e.chen.ID, e.group.ID, e.other.ID} {
			for _, m := range e.tg.Sent(chat) {
				t.Logf("%d was told: %s %v", chat, m.Text, m.Buttons)
			}
		}
		log := ""
		if p != nil {
			log = p.log()
		}
		t.Fatalf("%s\n%s", what, log)
	}
}

// said says whether the bot has said something in a chat.
func (e *election) said(chat int64, words string) bool {
	return slices.ContainsFunc(e.tg.Sent(chat), func(m fake.Message) bool { return strings.Contains(m.Text, words) })
}

// connections has Telegram open so many at once.
func (e *election) connections(t *testing.T, m *meter, n int) {
	t.Helper()
	resp, err := http.PostForm(e.front.URL+"/bot"+fake.Token+"/setWebhook", url.Values{"url": {m.url}, "secret_token": {"secret-of-a-test"}, "max_connections": {fmt.Sprint(n)}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("setWebhook: %s", resp.Status)
	}
}

// button gives what the newest button whose data ends in this says when it is pressed.
func (e *election) button(chat int64, ends string) (message int64, data string) {
	for _, m := range e.tg.Sent(chat) {
		for _, row := range m.Buttons {
			for _, b := range row {
				if strings.HasSuffix(b.Data, ends) {
					message, data = m.ID, b.Data
				}
			}
		}
	}
	return message, data
}

// ask puts a question to everybody, by a line in private and the buttons of its preview.
func (e *election) ask(t *testing.T) {
	t.Helper()
	now := time.Now().In(e.settings(t).Zone)
	e.until = now.Add(2 * time.Hour).Truncate(time.Minute)
	day := "今天"
	if e.until.Day() != now.Day() {
		day = "明天"
	}
	e.tg.Say(e.chen, e.chen.ID, fmt.Sprintf("要不要在小区门口装充电桩？%s，%s%s截止", strings.Join(electionOptions, "/"), day, e.until.Format("15:04")))
	for _, choice := range []string{"/unit=person", "/send"} {
		e.wait(t, nil, "there is no preview", func() bool { _, data := e.button(e.chen.ID, choice); return data != "" })
		_, data := e.button(e.chen.ID, choice)
		if _, err := e.tg.Press(e.chen, e.chen.ID, data); err != nil {
			t.Fatal(err)
		}
		if choice == "/unit=person" {
			e.wait(t, nil, "it does not become one by person", func() bool { return e.said(e.chen.ID, "每人一票") })
		}
	}
	e.wait(t, nil, "nothing was sent to the group", func() bool { _, data := e.button(e.group.ID, "/v!=A"); return data != "" })
	message, data := e.button(e.group.ID, "/v!=A")
	e.ballot = message
	e.id, _, _ = strings.Cut(data, "/")
}

// vote has everybody vote, in any order and by the dozen.
func (e *election) vote() {
	press := func(u *fake.User, chat int64, letter string) {
		id := e.tg.Forge(u, chat, e.ballot, e.id+"/v!="+letter)
		if e.first[u.ID] == "" {
			e.first[u.ID] = id
		}
	}
	for i, u := range e.users {
		letter := poll.Letter(i * 7 % 5 % 3)
		if i%50 == 9 {
			e.tg.Fail("webhook", 1, fake.BadGateway) // some answer is lost, and the update comes again
			e.again++
		}
		press(u, e.group.ID, letter)
		e.want[u.ID] = letter
		switch i % 100 {
		case 1, 2, 3, 4, 5: // another mind
			letter = poll.Letter((i*7%5%3 + 1) % 3)
			press(u, e.group.ID, letter)
			e.want[u.ID] = letter
		case 11, 12, 13: // impatient
			press(u, e.group.ID, letter)
		case 21, 22: // no such option
			press(u, e.group.ID, "Z")
			e.forged++
		case 31: // taken back
			press(u, e.group.ID, "")
			delete(e.want, u.ID)
		case 32: // and given again
			press(u, e.group.ID, "")
			press(u, e.group.ID, letter)
		case 41: // no such poll
			e.tg.Forge(u, e.group.ID, e.ballot, "999999/v!=B")
			e.forged++
		case 42: // not the letter of an option, but what comes close
			for _, v := range []string{"AA", "a", "A ", "A=B", "D"} {
				press(u, e.group.ID, v)
				e.forged++
			}
		case 51: // in another group, under a message that asks nothing: it is the same one vote
			e.tg.Forge(u, e.other.ID, 1, e.id+"/v!="+letter)
			e.forged++
		}
		if i%50 == 7 {
			if e.tg.Again(e.lastUpdate()) {
				e.again++
			}
		}
	}
}

// lastUpdate is the number of the update that was queued last.
func (e *election) lastUpdate() int64 {
	return e.tg.Inject("nobody", "chat_boost", map[string]any{}) - 1
}

// taken waits until everything was taken.
func (e *election) taken(t *testing.T, patience time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := e.tg.Wait(ctx, func() bool { return e.tg.Pending() == 0 }); err != nil {
		t.Fatalf("%d updates were not taken within %s", e.tg.Pending(), patience)
	}
}

// hasten brings the end forward to now, in the file: nobody waits two hours for it.
func (e *election) hasten(t *testing.T) {
	t.Helper()
	db := must[*bolt.DB](t)(bolt.Open(filepath.Join(e.dir, "data", "linli.db"), bolt.Options{}))
	defer db.Close()
	err := db.In("example").Update(t.Context(), func(tx storage.Tx) error {
		c, err := tx.Case(flows.ID(e.id))
		if err != nil {
			return err
		}
		s, err := poll.Read(c)
		if err != nil {
			return err
		}
		name := func() string { return fmt.Sprintf("end-%d", s.Until.Unix()) }
		before := name()
		s.Until = time.Now().Truncate(time.Second)
		c.Data, c.Summary = flows.Data(s), s.Summary()
		if err := tx.PutCase(c); err != nil {
			return err
		}
		jobs, err := tx.JobsOf(c.ID)
		for _, j := range jobs {
			if strings.Contains(string(j.Body), before) {
				j.At, j.Body = s.Until, []byte(strings.Replace(string(j.Body), before, name(), 1))
				return tx.PutJob(j)
			}
		}
		return errors.Join(err, errors.New("nothing waits for the end"))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// result waits for what the group is told.
func (e *election) result(t *testing.T) (told fake.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := e.tg.Wait(ctx, func() bool {
		for _, m := range e.tg.Sent(e.group.ID) {
			for _, row := range m.Buttons {
				for _, b := range row {
					if strings.HasSuffix(b.Data, "/doubt") {
						told = m
						return true
					}
				}
			}
		}
		return false
	})
	if err != nil {
		t.Fatal("no result was told")
	}
	return told
}

// late has some vote who are too late, with a vote that is in and without one.
func (e *election) late() {
	for i, u := range e.users {
		if i%100 == 0 || i%100 == 31 {
			e.tg.Forge(u, e.group.ID, e.ballot, e.id+"/v!=B")
			e.forged++
		}
	}
}

// counts are the votes that must be there.
func (e *election) counts() []int {
	want := make([]int, len(electionOptions))
	for _, letter := range e.want {
		want[letter[0]-'A']++
	}
	return want
}

func (e *election) check(t *testing.T, told fake.Message) {
	t.Helper()
	want := e.counts()
	for i, n := range want {
		if part := fmt.Sprintf("%s %s %d", poll.Letter(i), electionOptions[i], n); !strings.Contains(told.Text, part) {
			t.Errorf("the group was not told %q but: %s", part, told.Text)
		}
	}
	unanswered := 0
	for _, id := range e.first {
		if _, answered := e.tg.Toast(id); !answered {
			unanswered++
		}
	}
	if unanswered > 0 {
		t.Errorf("%d of %d were not answered", unanswered, len(e.first))
	}
	t.Logf("told: %v; %d updates came twice, %d presses were forged", want, e.again, e.forged)
}

// export has the running binary write the archive, and verify it.
func (e *election) export(t *testing.T) {
	t.Helper()
	file := filepath.Join(e.dir, "votes.zip")
	for _, args := range [][]string{{"poll", "--config", e.config[1]}, {"poll", "export", "--config", e.config[1], "1", file}, {"verify", "--config", e.config[1], file}} {
		began := time.Now()
		out, err := exec.Command(e.binary, args...).CombinedOutput()
		if err != nil {
			t.Errorf("linli %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		t.Logf("linli %s took %s", args[0], time.Since(began).Round(10*time.Millisecond))
		if args[0] == "verify" && !strings.Contains(string(out), fmt.Sprintf("名册里投了的%d行", len(e.want))) {
			t.Errorf("%s", out)
		}
	}
}

// atRest compares the store with what was done.
func (e *election) atRest(t *testing.T) {
	t.Helper()
	look(t, e.site, func(tx storage.Tx) {
		c := must[flows.Case](t)(tx.Case(flows.ID(e.id)))
		s := must[poll.State](t)(poll.Read(c))
		switch o := s.Outcome; {
		case o == nil:
			t.Fatalf("there is no outcome: %s", s.Stage)
		case !slices.Equal(o.Votes, e.counts()) || o.Voters != len(e.want):
			t.Errorf("counted %v of %d, want %v of %d", o.Votes, o.Voters, e.counts(), len(e.want))
		}
		counts := must[map[string]int](t)(tx.Tally(c.ID))
		if n := poll.Turnout(counts); n != len(e.want) {
			t.Errorf("%d votes are kept, of %d", n, len(e.want))
		}
		for _, r := range must[[]storage.Record](t)(tx.Journal(c.ID)) {
			if strings.Contains(r.Detail, "!=") {
				t.Fatalf("the journal says how somebody voted: %+v", r)
			}
		}
		for _, x := range must[[]storage.Trouble](t)(tx.Troubles()) {
			t.Errorf("trouble: %s, %s", x.Kind, x.Why)
		}
	})
}
