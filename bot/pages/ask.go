package pages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// What a person's own pages have of polls: those they can vote in, those they took
// part in, and for who may send one the form to write it.

// errAsk says that somebody holds no post by which they could send a poll.
var errAsk = errors.New("pages: they may not send a poll")

// myPoll is a poll as a person's own page lists it.
type myPoll struct {
	Title, Stage, Path string
	Receipt            string // of the reader's vote, if it is in
	Until              time.Time
	Open               bool
}

// pollsOf gives the polls a person can vote in or has voted in, newest first, and
// says which cases these are.
func (p *Pages) pollsOf(ctx context.Context, s *sheet, id flows.PersonID) (list []myPoll, cases []flows.ID, err error) {
	if p.o.Store == nil {
		return nil, nil, nil
	}
	var found []seen
	err = p.o.Store.View(ctx, func(tx storage.Tx) error {
		person, err := personOf(tx, s.Settings, id)
		if errors.Is(err, storage.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		open, err := tx.Same(flows.PollMatter)
		if err != nil {
			return err
		}
		with, err := tx.CasesWith(string(id), maxPolls)
		if err != nil {
			return err
		}
		for _, c := range append(open, with...) {
			if c.Flow != poll.Name || slices.Contains(cases, c.ID) {
				continue
			}
			cases = append(cases, c.ID)
			if c.Bare {
				continue
			}
			v := seen{Case: c, person: person}
			if v.State, err = poll.Read(c); err != nil {
				return err
			}
			if err := voteOf(tx, s.Settings, &v); err != nil {
				return err
			}
			if v.Sent.IsZero() || !v.in && (v.Stage != poll.Open || v.outside || v.key == "" && !v.homeless()) {
				continue
			}
			found = append(found, v)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(found, func(a, b seen) int { return cmp.Or(b.Sent.Compare(a.Sent), cmp.Compare(b.No, a.No)) })
	now := p.o.Now()
	for _, v := range found {
		stage, err := s.T("stage-" + v.Stage)
		if v.Stopped {
			stage, err = s.T("stage-stopped")
		}
		if err != nil {
			return nil, nil, err
		}
		x := myPoll{Title: v.Question, Stage: stage, Until: v.Until, Open: v.voting(now)}
		if !now.After(v.Until.Add(s.Settings.Polls.Check + afterwards)) {
			x.Path = p.pollPath(v.ID, id, now)
		}
		if v.in && !v.Stopped {
			x.Receipt = v.Receipt(v.key)
		}
		list = append(list, x)
	}
	return list, cases, nil
}

// maxPolls is in how many cases of a person's polls are looked for.
const maxPolls = 200

// mayAsk says whether somebody may send a poll to anybody.
func (p *Pages) mayAsk(id flows.PersonID) bool {
	set := p.o.Settings()
	o, _ := set.Official(id)
	return p.o.Store != nil && p.o.Receive != nil && slices.ContainsFunc(o.Posts, func(x flows.Post) bool {
		return set.May(flows.Actor{Person: id, Posts: o.Posts}, flows.Poll, x.Scope)
	})
}

// askPage is the form of a poll.
type askPage struct {
	Line     string
	Question string
	Options  []string // as many fields as there may be options
	Day      string   // yyyy-mm-dd
	Hour     int
	Hours    []int
	First    string // the first day that can be chosen
	Wrong    string // key of the words for what is wrong
	Said     string // what the rules said to it
}

// ask shows the form.
func (p *Pages) ask(w http.ResponseWriter, r *http.Request, who *reader) error {
	return p.showAsk(w, r, who, &askPage{})
}

func (p *Pages) showAsk(w http.ResponseWriter, r *http.Request, who *reader, data *askPage) error {
	if !p.mayAsk(who.person) {
		return errAsk
	}
	m, err := p.o.Data.Mine(r.Context(), who.person)
	if err != nil && !errors.Is(err, storage.ErrNone) {
		return err
	}
	s := p.sheet(r, who, m, "ask-title")
	s.Sheet = "poll.css"
	x := s.Settings.Polls
	for len(data.Options) < min(max(x.Options, 2), 6) {
		data.Options = append(data.Options, "")
	}
	if data.Day == "" {
		data.Day = s.At.AddDate(0, 0, x.Days).Format(time.DateOnly)
		data.Hour = int(x.Close) / 60
	}
	data.First = s.At.Format(time.DateOnly)
	for h := 8; h <= 21; h++ {
		data.Hours = append(data.Hours, h)
	}
	s.Data = data
	status := http.StatusOK
	if data.Wrong != "" {
		status = http.StatusBadRequest
	}
	return frame.Render(w, status, sheets, "ask.html", s)
}

// asked hands the line on as if it had been written to Linli in private, and leads
// to the poll that it opens.
func (p *Pages) asked(w http.ResponseWriter, r *http.Request, who *reader) error {
	if !p.mayAsk(who.person) {
		return errAsk
	}
	set := p.o.Settings()
	data := &askPage{Line: r.PostForm.Get("line"), Question: r.PostForm.Get("question"), Options: r.PostForm["option"], Day: r.PostForm.Get("day")}
	if len(data.Options) > 20 {
		return frame.ErrForm
	}
	line := strings.Join(strings.Fields(data.Line), " ")
	if line == "" {
		var ok bool
		if line, ok = written(data, r.PostForm.Get("hour"), p.o.Now().In(set.Zone)); !ok {
			data.Wrong = "ask-wrong"
			return p.showAsk(w, r, who, data)
		}
	}
	if len(line) > maxLine {
		data.Wrong = "ask-long"
		return p.showAsk(w, r, who, data)
	}
	var person storage.Person
	err := p.o.Store.View(r.Context(), func(tx storage.Tx) (err error) { person, err = personOf(tx, set, who.person); return err })
	if err != nil {
		return err
	}
	a, err := p.hand(r, who.person, person.Name, person.Lang, bot.Inbound{Kind: bot.Said, Message: flows.Message{Text: line}})
	if err != nil {
		return err
	}
	if a.Opened != "" {
		err := p.o.Store.View(r.Context(), func(tx storage.Tx) error {
			c, err := tx.Case(a.Opened)
			if err == nil && c.Flow != poll.Name {
				return storage.ErrNone
			}
			return err
		})
		if err == nil {
			http.Redirect(w, r, p.pollPath(a.Opened, who.person, p.o.Now()), http.StatusSeeOther)
			return nil
		}
		if !errors.Is(err, storage.ErrNone) {
			return err
		}
	}
	data.Wrong, data.Said = "ask-unread", a.Toast
	return p.showAsk(w, r, who, data)
}

// maxLine is the most bytes of a line; a question and its options are much shorter.
const maxLine = 2000

// written puts the fields of the form together as a captain writes it: "要不要在楼前装
// 充电桩？要/不要/再商量，12月4日20点截止". ok is false where that would say something else
// than the fields do.
func written(d *askPage, hour string, now time.Time) (line string, ok bool) {
	question := strings.TrimRight(strings.Join(strings.Fields(d.Question), " "), "？?。. ")
	var options []string
	for _, o := range d.Options {
		if o = strings.Join(strings.Fields(o), " "); o != "" {
			options = append(options, o)
		}
	}
	if question == "" || strings.ContainsAny(question, "？?") || len(options) == 1 || slices.ContainsFunc(options, func(o string) bool { return strings.ContainsAny(o, "/／，,、；;。？?\n") }) {
		return "", false
	}
	at, err := time.ParseInLocation("2006-01-02 15", d.Day+" "+hour, now.Location())
	if err != nil {
		return "", false
	}
	d.Hour = at.Hour()
	line = question + "？" + strings.Join(options, "/")
	if len(options) > 0 {
		line += "，"
	}
	if at.Year() != now.Year() {
		line += fmt.Sprintf("%d年", at.Year())
	}
	return line + fmt.Sprintf("%d月%d日%d点截止", at.Month(), at.Day(), at.Hour()), true
}
