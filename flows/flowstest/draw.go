package flowstest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"linli/flows"
)

// Rare are letters that no text of a flow is written with, so that a check can
// tell a person's words from the house's.
const Rare = "龘靐齉爩鱻麤灪籲虪齾"

// maxText is how many bytes of a message the engine lets through.
const maxText = 16 << 10

// Rooms of the residents of a play: numbers that are nothing else's.
var Rooms = []string{"9371", "8264"}

// people makes the cast: everybody with a post, and residents who have agreed
// or not, and who can be written to or not.
func (p *play) people() {
	some := rapid.SampledFrom([]int{6, 6, 6, 2, 1}).Draw(p.t, "one of so many has no account")
	for _, o := range p.s.People {
		p.mute[o.ID] = rapid.IntRange(1, some).Draw(p.t, "account "+string(o.ID)) == 1
		p.cast = append(p.cast, flows.Actor{Person: o.ID, Name: o.Name, Posts: o.Posts, Consent: true, Home: o.Home})
	}
	for i := range 4 {
		a := flows.Actor{Person: flows.PersonID(fmt.Sprintf("r%d", i+1)), Name: "欧阳" + string([]rune(Rare)[i:i+2]), Consent: i%2 == 0}
		if b := p.s.Buildings; len(b) > 0 && i < 3 {
			a.Home = flows.Place{Building: b[i%len(b)].ID, Room: Rooms[i%len(Rooms)]}
			if u := b[i%len(b)].Units; len(u) > 0 {
				a.Home.Unit = u[len(u)-1]
			}
		}
		p.mute[a.Person] = i >= 2
		if p.o.Cast != nil {
			p.o.Cast(p.t, &a)
		}
		p.cast = append(p.cast, a)
	}
}

// somebody draws an actor. Residents speak as often as all the others.
func (p *play) somebody(label string) flows.Actor {
	n := len(p.cast) - 4
	if n == 0 || rapid.Bool().Draw(p.t, label+" lives here") {
		n += rapid.IntRange(0, 3).Draw(p.t, label)
	} else {
		n = rapid.IntRange(0, n-1).Draw(p.t, label)
	}
	return p.actor(p.cast[n].Person)
}

// actor is a person as of now.
func (p *play) actor(id flows.PersonID) flows.Actor {
	i := slices.IndexFunc(p.cast, func(a flows.Actor) bool { return a.Person == id })
	if i < 0 {
		return flows.Actor{Person: id}
	}
	a := p.cast[i]
	a.Reachable = !p.mute[id]
	return a
}

func (p *play) private(who string) flows.Chat {
	return flows.Chat{ID: flows.ChatID("~play:m/" + who), Address: "play:m/" + who, Lang: p.s.Lang}
}

// where draws a chat, and makes somebody who writes to Linli itself reachable.
func (p *play) where(by *flows.Actor) flows.Chat {
	n := rapid.IntRange(0, len(p.chats)).Draw(p.t, "chat")
	if n < len(p.chats) {
		return p.chats[n]
	}
	if by.Person != "" {
		p.mute[by.Person], by.Reachable = false, true
	}
	return p.private(string(by.Person))
}

// message draws what somebody says. Now and then it is as long as the engine
// lets through.
func (p *play) message(by flows.PersonID) flows.Message {
	t := p.t
	rare := []rune(Rare)
	var w strings.Builder
	for range rapid.IntRange(0, 12).Draw(t, "length") {
		w.WriteRune(rapid.SampledFrom(rare).Draw(t, "rune"))
	}
	m := flows.Message{Ref: fmt.Sprintf("m%d", rapid.IntRange(1, 9).Draw(t, "ref")), Text: w.String()}
	switch rapid.IntRange(0, 24).Draw(t, "kind") {
	case 0:
		much := rapid.SampledFrom([]string{"龘", "<", "\\", "\x01", "𠀀"}).Draw(t, "much")
		m.Text = strings.Repeat(much, maxText/len(much))
	case 1:
		m.Text = "{{.x}} <b> \u2028\n" + m.Text
	case 2:
		m.Text = ""
	case 3:
		m.Forwarded = true
	}
	if rapid.IntRange(0, 5).Draw(t, "media") == 0 {
		m.Media = []flows.Media{{Kind: rapid.SampledFrom([]string{"photo", "photo", "voice"}).Draw(t, "what"), Remote: fmt.Sprintf("f%d", rapid.IntRange(1, 30).Draw(t, "file")), Channel: "play"}}
	}
	if rapid.IntRange(0, 9).Draw(t, "point") == 0 {
		m.Point = &flows.Point{Lat: 40.65, Lon: 109.84}
	}
	if n := len([]rune(m.Text)); n >= 4 && n < 100 {
		p.texts = append(p.texts, m.Text)
		p.words[by] = append(p.words[by], m.Text)
	}
	return m
}

// reading draws what the reader made of the words.
func (p *play) reading() flows.Reading {
	if p.o.Reading != nil {
		return p.o.Reading(p.t)
	}
	return AnyReading(p.t, p.s)
}

// AnyReading draws a reading out of a community: any item, any place, any
// danger.
func AnyReading(t *rapid.T, s *flows.Settings) flows.Reading {
	items := []string{"", "no-such"}
	for _, it := range s.Items {
		items = append(items, it.ID)
	}
	rare := func(label string) bool { return rapid.IntRange(0, 9).Draw(t, label) == 0 }
	r := flows.Reading{
		Demand: rapid.SampledFrom([]float64{1, 0.9, 0.5, 0.1, 0}).Draw(t, "demand"),
		Item:   rapid.SampledFrom(items).Draw(t, "item"),
		Place:  AnyPlace(t, s),
		Urgent: rare("urgent"), Status: rare("status"), Also: rare("also"), Behalf: rare("behalf"), Notice: rare("notice"), More: rare("more"),
	}
	if rapid.IntRange(0, 4).Draw(t, "dangerous") == 0 {
		r.Danger = rapid.SampledFrom([]flows.Danger{flows.Gas, flows.Fire, flows.Lift, flows.Suicide, flows.Violence, flows.Medical, flows.Collapse, flows.Lost, flows.Unknown}).Draw(t, "danger")
	}
	if rapid.IntRange(0, 3).Draw(t, "complaint") == 0 {
		r.About = rapid.SampledFrom([]flows.Role{flows.Leader, flows.Property, flows.Captain, flows.Staff, flows.Head, flows.Secretary, flows.Station}).Draw(t, "about")
	}
	if rare("number") {
		r.Number = rapid.IntRange(1, 5).Draw(t, "no")
	}
	if rapid.IntRange(0, 19).Draw(t, "of a poll") == 0 {
		switch rapid.IntRange(0, 2).Draw(t, "what of it") {
		case 0:
			r.Poll = &flows.PollLine{Question: "要不要？", Options: []string{"要", "不要"}}
		case 1:
			r.Chain = AnyChain(t, s)
		case 2:
			r.Slip = &flows.Slip{Place: AnyPlace(t, s), Choice: "要", Paper: true}
		}
	}
	if rapid.IntRange(0, 14).Draw(t, "of an activity") == 0 {
		anyLeisure(t, s, &r)
	}
	if r.Notice {
		r.Until = time.Date(2026, 3, 9, 12, 0, 0, 0, s.Zone).AddDate(0, 0, rapid.IntRange(0, 30).Draw(t, "until"))
	}
	return r
}

// AnyChain draws a list as a reader may give it: what it is called, who stands in it for how
// many, with lines that are missing and lines that stand there twice.
func AnyChain(t *rapid.T, s *flows.Settings) *flows.Chain {
	c := flows.Chain{Title: rapid.SampledFrom([]string{"", "学吉他", "要不要在楼前装充电桩", "楼道杂物怎么清", "土鸡蛋"}).Draw(t, "called"), Marked: rapid.Bool().Draw(t, "marked"),
		Others: rapid.IntRange(0, 9).Draw(t, "others") / 9, Cut: rapid.IntRange(0, 9).Draw(t, "cut") == 0}
	n := rapid.SampledFrom([]int{1, 1, 1, 1, 2, 3, 7}).Draw(t, "first")
	for range rapid.IntRange(1, 6).Draw(t, "lines") {
		l := flows.ChainLine{N: n, People: rapid.SampledFrom([]int{0, 1, 1, 2, 3, 30}).Draw(t, "people"), Who: rapid.SampledFrom([]string{"老李", "王姐", "小马", "🌹", ""}).Draw(t, "who")}
		l.Rest = rapid.SampledFrom([]string{"要", "不要", "1 2", "3", "都行", ""}).Draw(t, "rest")
		if rapid.Bool().Draw(t, "home") {
			l.Place = AnyPlace(t, s)
		}
		l.Text = l.Who + " " + l.Rest
		c.Lines = append(c.Lines, l)
		n += rapid.IntRange(0, 2).Draw(t, "next")
	}
	return &c
}

// anyLeisure draws a wish or an offer, of which a reader gives one at most. What is no
// interest any more and numbers that make no sense are among them.
func anyLeisure(t *rapid.T, s *flows.Settings, r *flows.Reading) {
	interests := []string{"", "no-such"}
	for _, x := range s.Activities.Interests {
		interests = append(interests, x.ID)
	}
	title := rapid.SampledFrom([]string{"学吉他", "大扫除", "徒步", "", strings.Repeat("很", 300)}).Draw(t, "title")
	some := func(label string, n int) int { return rapid.SampledFrom([]int{0, 0, 1, n, 99_999}).Draw(t, label) }
	r.Demand = min(r.Demand, 0.1)
	if rapid.Bool().Draw(t, "wish") {
		if title == "" {
			title = "学"
		}
		r.Wish = &flows.WishLine{
			Text: title, Interest: rapid.SampledFrom(interests).Draw(t, "interest"), Children: rapid.Bool().Draw(t, "children"),
			Free: rapid.SampledFrom([]flows.Free{"", flows.Evenings, flows.Weekends, flows.Daytime}).Draw(t, "free"),
		}
		return
	}
	r.Offer = &flows.OfferLine{
		Title: title, Most: some("most", 12), Least: some("least", 5), Minutes: some("minutes", 90), Number: rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "tied to"),
		Cost: rapid.SampledFrom([]string{"", "免费", "20元"}).Draw(t, "cost"), Civic: rapid.Bool().Draw(t, "civic"), Teach: rapid.IntRange(0, 4).Draw(t, "teach") == 0,
	}
	if r.Offer.Number > 0 {
		r.Number = r.Offer.Number
	}
	if rapid.Bool().Draw(t, "planned") {
		r.Plan = &flows.Appointment{Rest: title}
		for _, h := range rapid.SliceOfN(rapid.IntRange(-48, 24*30), 0, 3).Draw(t, "times") {
			at := time.Date(2026, 3, 9, 19, 0, 0, 0, s.Zone).Add(time.Duration(h) * time.Hour)
			day := h%5 == 0
			if day {
				at = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, s.Zone)
			}
			r.Plan.Times = append(r.Plan.Times, flows.When{At: at, Day: day, Words: "那天"})
		}
		for _, x := range s.Rooms {
			if rapid.Bool().Draw(t, "room "+x.ID) {
				r.Plan.Rooms = append(r.Plan.Rooms, x.ID)
			}
		}
		if len(s.People) > 0 && rapid.Bool().Draw(t, "who") {
			r.Plan.People = append(r.Plan.People, rapid.SampledFrom(s.People).Draw(t, "person").ID)
		}
	}
}

// AnyPlace draws a place: known to the room, to the building, or not at all.
func AnyPlace(t *rapid.T, s *flows.Settings) flows.Place {
	var p flows.Place
	switch n := rapid.IntRange(0, 9).Draw(t, "place"); {
	case n == 0:
		return p
	case n == 1 && len(s.Spots) > 0:
		return flows.Place{Spot: rapid.SampledFrom(s.Spots).Draw(t, "spot").ID}
	case n == 2:
		return flows.Place{Building: "no-such"} // taken out of the directory since
	case len(s.Buildings) == 0:
		return p
	}
	b := rapid.SampledFrom(s.Buildings).Draw(t, "building")
	p.Building = b.ID
	exact := rapid.IntRange(0, 3).Draw(t, "exact")
	if exact > 0 && len(b.Units) > 0 {
		p.Unit = rapid.SampledFrom(b.Units).Draw(t, "unit")
	}
	if exact == 2 && b.Floors > 0 {
		p.Floor = rapid.IntRange(1, b.Floors).Draw(t, "floor")
	}
	if exact == 3 {
		p.Room = rapid.SampledFrom(Rooms).Draw(t, "room")
	}
	return p
}

// press presses a button that the case has given, by anybody.
func (p *play) press(x *piece) {
	if len(x.buttons) == 0 {
		return
	}
	if len(choices(x.last)) > 0 && rapid.IntRange(0, 3).Draw(p.t, "last") > 0 {
		p.chose(x, rapid.SampledFrom(choices(x.last)).Draw(p.t, "button"))
		return
	}
	p.chose(x, rapid.SampledFrom(x.buttons).Draw(p.t, "button"))
}

// invent presses a button the case has not given: of another case, with another
// value, or of nobody's.
func (p *play) invent(x *piece) {
	all := []string{"", "nothing", "=", "nothing=1"}
	for _, y := range slices.Concat(p.cases, p.closed) {
		all = append(all, y.buttons...)
	}
	data := rapid.SampledFrom(all).Draw(p.t, "button")
	if choice, _, ok := strings.Cut(data, "="); ok && rapid.Bool().Draw(p.t, "other value") {
		values := []string{"", "?", "0", "-1", "999999999999999999999", "no-such", Rare}
		for _, y := range all {
			_, v, _ := strings.Cut(y, "=")
			values = append(values, v)
		}
		for _, a := range p.cast {
			values = append(values, string(a.Person))
		}
		data = choice + "=" + rapid.SampledFrom(values).Draw(p.t, "value")
	}
	p.chose(x, data)
}

func (p *play) chose(x *piece, data string) {
	by := p.turn(x)
	if rapid.IntRange(0, 5).Draw(p.t, "other person") == 0 {
		by = p.somebody("by")
	}
	if rapid.IntRange(0, 40).Draw(p.t, "nobody") == 0 {
		by = flows.Actor{}
	}
	chat := p.where(&by)
	choice, value, _ := strings.Cut(data, "=")
	p.happens(x, flows.Event{By: by, Chat: chat, What: flows.Chose{Choice: choice, Value: value}})
}

// turn is somebody the case is likely to be waiting for: whose turn it is, who
// has an entry, or the staff.
func (p *play) turn(x *piece) flows.Actor {
	var likely []flows.PersonID
	if x.Holder != "" && x.Parent != "" || x.Holder != "" && len(x.entries) == 0 {
		likely = append(likely, x.Holder)
	}
	for _, a := range p.cast {
		if _, ok := x.entries[string(a.Person)]; ok {
			likely = append(likely, a.Person, a.Person)
		}
	}
	if r := Readers(p.s, x.last.To); len(r) > 0 {
		likely = append(likely, r[0], r[0], r[0], r[0], r[len(r)-1])
	}
	likely = append(likely, p.s.With(flows.Staff, flows.Everywhere)...)
	if len(likely) == 0 {
		return p.somebody("by")
	}
	return p.actor(rapid.SampledFrom(likely).Draw(p.t, "likely"))
}

// reply answers what somebody was asked, perhaps long after.
func (p *play) reply(x *piece) {
	if len(x.tags) == 0 {
		return
	}
	a := rapid.SampledFrom(x.tags).Draw(p.t, "tag")
	by := p.actor(a.by)
	by.Reachable = true
	p.happens(x, flows.Event{By: by, Chat: p.private(string(by.Person)), Reading: p.reading(),
		What: flows.Said{Message: p.message(by.Person), Tag: a.tag, Direct: true}})
}

// talk brings a message to a case for another reason than a question: an edit,
// mostly.
func (p *play) talk(x *piece) {
	by := p.somebody("by")
	chat := p.where(&by)
	w := flows.Said{Message: p.message(by.Person), Edited: rapid.Bool().Draw(p.t, "edited"), Direct: !chat.Group}
	p.happens(x, flows.Event{By: by, Chat: chat, Reading: p.reading(), What: w})
}

// speak is something said that belongs to no case yet.
func (p *play) speak() {
	if n := len(p.cases); n > 5 {
		p.press(p.cases[n-1]) // there is enough to talk about
		return
	}
	by := p.somebody("by")
	chat := p.where(&by)
	w := flows.Said{Message: p.message(by.Person), Edited: rapid.IntRange(0, 9).Draw(p.t, "edited") == 0, Direct: !chat.Group}
	if n := len(p.cases); n > 0 {
		pick := func(label string) flows.ID {
			if rapid.Bool().Draw(p.t, label) {
				return p.cases[rapid.IntRange(0, n-1).Draw(p.t, label)].ID
			}
			return ""
		}
		w.Recent, w.Here = pick("recent"), pick("here")
		w.Older = w.Recent != "" && rapid.Bool().Draw(p.t, "older")
	}
	p.hear(flows.Event{By: by, Chat: chat, Reading: p.reading()}, w)
}
