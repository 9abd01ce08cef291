package pages

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/activity"
)

// What can be done on the page of an activity. The rules answer; the page only hands it on,
// and sends the browser back to the page.

// activityPresses are the choices of the page for everybody, and those of who runs it.
var activityPresses = func() []string {
	all := []string{"come", "both", "wait", "no", "take", "ring", "help", "photo=yes", "photo=no", "stop", "liked!=good", "liked!=fair", "liked!=bad", "again!=yes", "again!=no"}
	for n := 1; n <= activity.MostTogether; n++ {
		all = append(all, fmt.Sprintf("come=%d", n))
	}
	for n := 1; n <= activity.MostKids; n++ {
		all = append(all, fmt.Sprintf("kids=%d", n))
	}
	return all
}()

// joinedOnly reads the activity of a link that somebody can do something with.
func (p *Pages) joinedOnly(r *http.Request, who *reader) (v joined, err error) {
	if v, err = p.loadActivity(r.Context(), who); err == nil && who.person == "" {
		err = frame.ErrForm
	}
	return v, err
}

// pressActivity hands a button of the page on.
func (p *Pages) pressActivity(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.joinedOnly(r, who)
	if err != nil {
		return err
	}
	choice := r.PostForm.Get("choice")
	if !slices.Contains(activityPresses, choice) && !(choice == "end" && v.leads) {
		return frame.ErrForm
	}
	return p.hands(w, r, who, &v, bot.Inbound{Kind: bot.Pressed, Press: string(v.row.ID) + "/" + choice})
}

// hands hands something on, and sends the browser back to what came of it.
func (p *Pages) hands(w http.ResponseWriter, r *http.Request, who *reader, v *joined, in bot.Inbound) error {
	a, err := p.hand(r, who.person, v.person.Name, v.person.Lang, in)
	if err != nil {
		return err
	}
	text := a.Toast
	if text == "" {
		now, err := p.loadActivity(r.Context(), who)
		if err != nil {
			return err
		}
		words := "act-noted"
		if v.Stage == now.Stage && v.tag == now.tag && v.Walked == now.Walked && bytes.Equal(flows.Data(v.part), flows.Data(now.part)) {
			words = "act-not-noted"
		}
		if text, err = p.activitySheet(r, who, v).T(words); err != nil {
			return err
		}
	}
	p.told.back(w, r, p.o.Base+"/activity/"+who.token, who.token, text, p.o.Now())
	return nil
}

// enterActivity takes the code that hangs at the door.
func (p *Pages) enterActivity(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.joinedOnly(r, who)
	if err != nil {
		return err
	}
	code, wrong := p.doorTried(w, r, who)
	if wrong != "" {
		return p.showActivity(w, r, who, func(d *activityPage) { d.Wrong, d.Code = wrong, code })
	}
	err = p.hands(w, r, who, &v, bot.Inbound{Kind: bot.Pressed, Press: string(v.row.ID) + "/here!=" + code})
	if now, bad := p.loadActivity(r.Context(), who); err != nil || bad == nil && now.tag == activity.TagHere {
		p.doors.Back(string(who.person)) // only wrong ones count
	}
	return err
}

// mostWalk is the longest text that says how many have come.
const mostWalk = 20

// walkActivity takes how many have come without a telephone, from who runs it.
func (p *Pages) walkActivity(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.joinedOnly(r, who)
	if err != nil {
		return err
	}
	if !v.leads {
		return errActivityRun
	}
	text := strings.TrimSpace(plainDigits(r.PostForm.Get("text")))
	if text == "" || utf8.RuneCountInString(text) > mostWalk || strings.Trim(text, "0123456789") != "" {
		return p.showActivity(w, r, who, func(d *activityPage) { d.Wrong, d.Written = "act-walk-wrong", r.PostForm.Get("text") })
	}
	return p.hands(w, r, who, &v, bot.Inbound{Kind: bot.Said, Message: flows.Message{Text: text}, Answers: string(v.row.ID) + "/walk"})
}
