package menu

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"linli/flows"
)

// turn is one step: the state with the effects it leads to.
type turn struct {
	State
	e       flows.Event
	effects []flows.Effect
	more    map[string]int // wishes of a dish that this step has added, or taken away
}

func (t *turn) do(e ...flows.Effect) { t.effects = append(t.effects, e...) }

func data[T any](raw json.RawMessage) T {
	var v T
	_ = json.Unmarshal(raw, &v) // written by our own rules; what is missing is zero
	return v
}

func rules(_ string, s State, e flows.Event) (State, []flows.Effect) {
	t := &turn{State: s, e: e, more: map[string]int{}}
	t.Dishes, t.Open = slices.Clone(s.Dishes), slices.Clone(s.Open)
	if w, ok := e.What.(flows.Opened); ok {
		t.opened(w)
		return t.State, t.effects
	}
	if t.Stage != Served {
		t.asking()
		return t.State, t.effects
	}
	switch w := e.What.(type) {
	case flows.Chose:
		if e.By.Person != "" {
			t.chose(w)
		}
	case flows.Said:
		t.said(w)
	case flows.Told:
		t.told(w)
	case flows.Woke:
		if w.Name == "card" && t.Card.Stale {
			t.recount()
		}
	case flows.Answered:
		if dish, ok := strings.CutPrefix(w.Name, "next:"); ok {
			t.paged(dish, data[[]flows.Entry](w.Data))
		}
	case flows.Missed:
		if w.Mark == t.newsSlot() && len(t.news()) > 0 {
			say := t.newsCard()
			say.To, say.Slot = flows.To{Role: flows.Head, Scope: flows.Everywhere}, say.Slot+"-head"
			t.do(say)
		}
	case flows.Erased:
		t.erased(w)
	}
	t.tidy()
	return t.State, t.effects
}

// opened begins the menu, or a question.
func (t *turn) opened(w flows.Opened) {
	t.Stage = Gone
	want := data[Want](w.Data)
	switch {
	case w.Key == flows.MenuKey:
		t.Stage = Served
	case t.e.By.Person != "" && want.What != "":
		t.ask(want)
	}
}

// told is what another case says, or what somebody has said to Linli (see hear).
func (t *turn) told(w flows.Told) {
	if w.From != "" {
		switch w.Name {
		case "listed", "ended":
			t.listed(w.From, data[flows.Listed](w.Data), w.Name == "ended")
			return
		case "learnt":
			t.learn(data[flows.Learnt](w.Data))
			return
		case "came":
			t.fulfilled(data[flows.Fulfilled](w.Data))
			return
		}
	}
	if t.e.By.Person == "" {
		return
	}
	want := data[Want](w.Data)
	agreed := t.e.By.Consent || want.Agreed
	switch w.Name {
	case flows.Joined:
		t.joined(data[flows.Entry](w.Data))
	case "list":
		t.list(0)
	case "stop":
		t.stop(agreed)
	case "menu":
		t.menu(0)
	case "teach":
		t.teach()
	case "wish", "likes", "mine", "start":
		if !agreed {
			want.What = w.Name
			t.do(flows.Open{Flow: Name, Apart: true, Data: flows.Data(want)})
			return
		}
		switch w.Name {
		case "wish":
			if want.Wish != nil {
				t.wish(*want.Wish)
			}
		case "likes":
			t.likes()
		case "mine":
			t.mine()
		case "start":
			t.start()
		}
	}
}

// chose is a button. Those that end in "!" are about the one who presses: the journal keeps
// no value of them.
func (t *turn) chose(w flows.Chose) {
	switch w.Choice {
	case "tick!":
		t.tick(w.Value)
		return
	case "stop!":
		t.stop(t.e.By.Consent)
		return
	case "list":
		t.list(number(w.Value))
		return
	case "want":
		t.reply("want", nil)
		return
	case "un!":
		t.withdraw(w.Value)
		return
	}
	if strings.HasSuffix(w.Choice, "!") {
		t.about(w)
		return
	}
	if !t.staff() {
		t.toast("not-yours", nil)
		return
	}
	t.serve(w)
}

// staff says whether the actor keeps the menu.
func (t *turn) staff() bool { return t.e.Settings.May(t.e.By, flows.Announce, flows.Everywhere) }

func number(s string) (n int) {
	for _, r := range s {
		if r < '0' || r > '9' || n > 1000 {
			return 0
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// toast shows the actor a brief notice.
func (t *turn) toast(words string, vars flows.Vars) {
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: vars, Toast: true})
}

// reply answers the actor in private.
func (t *turn) reply(words string, vars flows.Vars, buttons ...flows.Button) {
	t.do(flows.Say{To: flows.To{Person: t.e.By.Person}, Class: flows.Personal, Words: words, Vars: vars, Reply: true, Buttons: buttons})
}

// asked are the words by which people ask for something of the menu. They must be all that
// was written.
var asked = map[string]string{
	"有什么活动": "list", "有哪些活动": "list", "有啥活动": "list", "最近有什么活动": "list", "最近有啥活动": "list", "社区有什么活动": "list", "活动": "list", "活动列表": "list", "看看活动": "list",
	"activities": "list", "what's on": "list", "whats on": "list", "/activities": "list", "/likes": "likes", "/stop": "stop",
	"我的喜好": "likes", "活动设置": "likes", "喜好": "likes", "改喜好": "likes", "my preferences": "likes", "preferences": "likes",
	"我的愿望": "mine", "my wishes": "mine",
	"以后别发": "stop", "别再发": "stop", "别再发活动": "stop", "不要再发活动": "stop", "不要再发": "stop", "别给我发活动": "stop", "别再给我发活动": "stop", "不要给我发活动": "stop",
	"以后别给我发活动": "stop", "以后不要发活动": "stop", "以后别发活动": "stop", "别发活动": "stop", "不想收活动": "stop", "不想再收活动": "stop", "活动别发": "stop", "停发活动": "stop", "退订": "stop", "退订活动": "stop", "td": "stop",
	"stop": "stop", "unsubscribe": "stop", "no more invitations": "stop", "stop invitations": "stop",
	"活动可以发": "start", "可以发活动": "start", "恢复活动": "start", "恢复邀请": "start", "start invitations": "start", "invite me again": "start",
	"菜单": "menu", "活动菜单": "menu", "大家想要什么": "menu", "menu": "menu",
}

// askedFor gives what a message asks for by one of those words.
func askedFor(text string) string {
	if strings.HasPrefix(text, "/") {
		text, _, _ = strings.Cut(text, "@") // the name of the account that is meant
	}
	text = strings.ToLower(strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) && r != '/' }))
	text = strings.TrimPrefix(strings.ReplaceAll(text, "’", "'"), "请")
	for {
		if what := asked[text]; what != "" {
			return what
		}
		cut := text
		for _, end := range []string{"了", "吧", "啊", "呀", "吗", "呢", "嘛", "邀请", "谢谢", "，", "。"} {
			cut = strings.TrimSuffix(cut, end)
		}
		if cut == text || cut == "" {
			return ""
		}
		text = cut
	}
}

// hear takes what is written to Linli itself: wishes, and the words of [asked]. A danger or
// a demand is neither.
func hear(e flows.Event) []flows.Effect {
	w, ok := e.What.(flows.Said)
	if !ok || !w.Direct || w.Edited || w.Message.Forwarded || e.Reading.Danger != "" {
		return nil
	}
	tell := func(name string) []flows.Effect {
		return []flows.Effect{flows.Tell{Flow: Name, Key: flows.MenuKey, Name: name}}
	}
	// Who has not agreed is asked first; the question is a case of its own.
	keep := func(want Want) []flows.Effect {
		if !e.By.Consent {
			return []flows.Effect{flows.Open{Flow: Name, Data: flows.Data(want)}}
		}
		return []flows.Effect{flows.Tell{Flow: Name, Key: flows.MenuKey, Name: want.What, Data: flows.Data(want)}}
	}
	switch what := askedFor(w.Message.Text); what {
	case "":
	case "menu":
		if e.Settings.May(e.By, flows.Announce, flows.Everywhere) {
			return tell("menu")
		}
		return tell("list")
	case "list", "stop":
		return tell(what)
	default:
		return keep(Want{What: what})
	}
	r := e.Reading
	switch {
	case r.Offer != nil && r.Offer.Teach:
		return tell("teach")
	case r.Offer != nil || r.Wish == nil || r.Demand >= e.Settings.Limits.Sure:
		return nil
	}
	wish := *r.Wish
	if wish.Text = clean(wish.Text); wish.Text == "" {
		return nil
	}
	return keep(Want{What: "wish", Wish: &wish})
}
