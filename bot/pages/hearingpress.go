package pages

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/bot"
	"linli/bot/pages/frame"
	"linli/flows"
	"linli/flows/hearing"
)

// What can be done on the page of a hearing. The rules answer; a page only hands it on,
// and says whether it is kept.

// maxSay is the most runes of what somebody says: the rules would cut off the rest.
const maxSay = 500

// pressed hands on a choice of the reader.
func (p *Pages) pressed(r *http.Request, v *heard, choice, part string) (toast string, err error) {
	a, err := p.handPart(r, v.person.ID, v.person.Name, v.person.Lang, part, bot.Inbound{Kind: bot.Pressed, Press: string(v.row.ID) + "/" + choice})
	return a.Toast, err
}

// mineOnly reads the hearing of a link that somebody can do something with.
func (p *Pages) mineOnly(r *http.Request, who *reader) (v heard, err error) {
	if v, err = p.loadHearing(r.Context(), who); err == nil && who.person == "" {
		err = frame.ErrForm
	}
	return v, err
}

// tick takes the form of the times: one press for each that was changed.
func (p *Pages) tick(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.mineOnly(r, who)
	if err != nil {
		return err
	}
	var want uint32
	for _, x := range r.PostForm["slot"] {
		i, err := strconv.Atoi(x)
		if err != nil || i < 0 || i >= min(len(v.Slots), hearing.SlotCap) {
			return frame.ErrForm
		}
		want |= 1 << i
	}
	var changed []string
	for i := range v.Slots[:min(len(v.Slots), hearing.SlotCap)] {
		if (want^v.part.Ticks)&(1<<i) != 0 {
			changed = append(changed, "tick!="+strconv.Itoa(i))
		}
	}
	if want == 0 {
		changed = []string{"none"}
	}
	var toast string
	for _, c := range changed {
		if toast, err = p.pressed(r, &v, c, "/"+c); err != nil {
			return err
		}
	}
	now, err := p.loadHearing(r.Context(), who)
	if err != nil {
		return err
	}
	words := "hear-ticked"
	if want == 0 {
		words = "hear-ticked-none"
	}
	if now.part.Ticks != want {
		if words = "hear-not-noted"; toast != "" {
			words = ""
		}
	} else {
		toast = "" // of one of several
	}
	return p.answered(w, r, who, &now, toast, words)
}

// answered shows the page with what the rules have said to it, or else these words.
func (p *Pages) answered(w http.ResponseWriter, r *http.Request, who *reader, v *heard, toast, words string) (err error) {
	if toast == "" && words != "" {
		if toast, err = p.hearingSheet(r, who, v).T(words); err != nil {
			return err
		}
	}
	return p.showHearing(w, r, who, toast, nil)
}

// presses are the choices of the page, besides those of one of the reader's items.
var presses = []string{"come", "nocome", "kept", "speak", "named", "unnamed", "propose=yes", "propose=no", "rate!=good", "rate!=fair", "rate!=bad"}

// pressHearing hands a button of the page on.
func (p *Pages) pressHearing(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.mineOnly(r, who)
	if err != nil {
		return err
	}
	choice := r.PostForm.Get("choice")
	if !slices.Contains(presses, choice) && !v.takesBack(choice) {
		return frame.ErrForm
	}
	toast, err := p.pressed(r, &v, choice, "")
	if err != nil {
		return err
	}
	now, err := p.loadHearing(r.Context(), who)
	if choice == "propose=no" && v.Stage == hearing.Offered && (err != nil || now.Stage != hearing.Offered) {
		s := p.hearingSheet(r, who, &v)
		s.Data = "hear-not-proposed"
		return frame.Render(w, http.StatusOK, sheets, "said.html", s)
	}
	if err != nil {
		return err
	}
	words := ""
	if toast == "" {
		words = v.kept(&now)
	}
	return p.answered(w, r, who, &now, toast, words)
}

// takesBack says whether a choice takes back something that is the reader's.
func (v *heard) takesBack(choice string) bool {
	name, num, _ := strings.Cut(choice, "=")
	n, err := strconv.Atoi(num)
	return (name == "unsay" || name == "undissent") && err == nil && strconv.Itoa(n) == num && v.person.ID != "" && v.items[n].By == v.person.ID
}

// kept gives the words for whether something has changed for the reader.
func (v *heard) kept(now *heard) string {
	if v.Stage == now.Stage && v.tag == now.tag && bytes.Equal(flows.Data(v.part), flows.Data(now.part)) && bytes.Equal(flows.Data(v.Dissents), flows.Data(now.Dissents)) && bytes.Equal(flows.Data(v.items), flows.Data(now.items)) {
		return "hear-not-noted"
	}
	return "hear-noted"
}

// sayings are the tags under which a form of the page brings words.
var sayings = []string{"say", "proxy", "dissent"}

// sayHearing takes words: an opinion, who speaks for somebody, why somebody does not
// agree.
func (p *Pages) sayHearing(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.mineOnly(r, who)
	if err != nil {
		return err
	}
	tag, text := r.PostForm.Get("tag"), strings.TrimSpace(r.PostForm.Get("text"))
	if !slices.Contains(sayings, tag) {
		return frame.ErrForm
	}
	if text == "" || utf8.RuneCountInString(text) > maxSay {
		wrong := "hear-say-none"
		if text != "" {
			wrong = "hear-say-long"
		}
		return p.showHearing(w, r, who, "", func(d *hearingPage) { d.Wrong, d.Written = wrong, map[string]string{tag: text} })
	}
	a, err := p.handPart(r, who.person, v.person.Name, v.person.Lang, "", bot.Inbound{Kind: bot.Said, Message: flows.Message{Text: text}, Answers: string(v.row.ID) + "/" + tag})
	if err != nil {
		return err
	}
	now, err := p.loadHearing(r.Context(), who)
	if err != nil {
		return err
	}
	words := v.kept(&now)
	if named := r.PostForm.Get("named") != ""; tag == "say" && words == "hear-noted" && named != now.part.Named && v.person.Name != "" {
		choice := "unnamed"
		if named {
			choice = "named"
		}
		if _, err := p.pressed(r, &v, choice, "/"+choice); err != nil {
			return err
		}
	}
	if words == "hear-not-noted" && a.Toast == "" { // what was written is not lost
		return p.showHearing(w, r, who, "", func(d *hearingPage) { d.Wrong, d.Written = words, map[string]string{tag: text} })
	}
	return p.answered(w, r, who, &now, a.Toast, words)
}

// plainDigits writes digits of full width as plain ones.
func plainDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, strings.TrimSpace(s))
}

// doorCode says whether a text can be the code of a door.
func doorCode(s string) bool {
	return len(s) == 4 && strings.Trim(s, "0123456789") == ""
}

// doorTried reads the code of a door from a form and counts the attempt; wrong is the key of
// the words for why it is not looked at.
func (p *Pages) doorTried(w http.ResponseWriter, r *http.Request, who *reader) (code, wrong string) {
	if code = plainDigits(r.PostForm.Get("code")); !doorCode(code) {
		return "", "hear-code-form"
	}
	now := p.o.Now()
	again, ok := p.doors.Try(string(who.person), now)
	if !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(again.Sub(now)/time.Second)+1))
		return code, "hear-code-many"
	}
	return code, ""
}

// checkIn takes the code that hangs at the door.
func (p *Pages) checkIn(w http.ResponseWriter, r *http.Request, who *reader) error {
	v, err := p.mineOnly(r, who)
	if err != nil {
		return err
	}
	code, words := p.doorTried(w, r, who)
	wrong := func(words string) error {
		return p.showHearing(w, r, who, "", func(d *hearingPage) { d.Wrong, d.Code = words, code })
	}
	if words != "" {
		return wrong(words)
	}
	toast, err := p.pressed(r, &v, "here!="+code, "")
	if err != nil {
		p.doors.Back(string(who.person))
		return err
	}
	after, err := p.loadHearing(r.Context(), who)
	if err != nil {
		return err
	}
	if after.tag != hearing.TagHere {
		if toast != "" {
			return p.answered(w, r, who, &after, toast, "")
		}
		return wrong("hear-code-wrong")
	}
	p.doors.Back(string(who.person))
	return p.answered(w, r, who, &after, toast, "hear-mine-here")
}
