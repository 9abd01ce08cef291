package fake

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// methods are the calls that the server answers. They run under the lock.
var methods = map[string]func(*Server, []byte) (object, *refusal){
	"kf/sync_msg":            (*Server).syncMsg,
	"kf/send_msg":            (*Server).sendMsg,
	"kf/send_msg_on_event":   (*Server).sendOnEvent,
	"kf/service_state/get":   (*Server).stateGet,
	"kf/service_state/trans": (*Server).stateTrans,
	"kf/add_contact_way":     (*Server).contactWay,
	"kf/account/list":        (*Server).accounts,
}

// Cursors are opaque to who uses them. A page that was held back moves the cursor and not
// the place.
func (s *Server) cursor(at int) string { return "4gw7Mep" + strconv.Itoa(at) + "-" + s.next("") }

func place(cursor string) (at int, ok bool) {
	rest, ok := strings.CutPrefix(cursor, "4gw7Mep")
	head, _, _ := strings.Cut(rest, "-")
	at, err := strconv.Atoi(head)
	return at, ok && err == nil && at >= 0
}

func (s *Server) syncMsg(body []byte) (object, *refusal) {
	q, no := read[struct {
		Cursor  string `json:"cursor"`
		Token   string `json:"token"`
		Limit   int    `json:"limit"`
		Voice   int    `json:"voice_format"`
		Account string `json:"open_kfid"`
	}](body)
	now := s.Now()
	switch {
	case no != nil:
		return nil, no
	case q.Account != Account:
		return nil, noAccount
	case len(q.Cursor) > 64:
		return nil, wrong("cursor")
	case len(q.Token) > 128:
		return nil, noPush
	case q.Limit < 0 || q.Limit > 1000:
		return nil, wrong("limit")
	case q.Voice < 0 || q.Voice > 1:
		return nil, wrong("voice_format")
	}
	if q.Token == "" {
		s.bare = slices.DeleteFunc(s.bare, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
		if len(s.bare) >= bareCalls {
			return nil, tooOften
		}
		s.bare = append(s.bare, now)
	} else if made, ok := s.pushes[q.Token]; !ok || now.Sub(made) > pushLife {
		return nil, noPush
	}
	if q.Limit == 0 {
		q.Limit = 1000
	}
	at := 0
	if q.Cursor != "" {
		var ok bool
		if at, ok = place(q.Cursor); !ok || at > len(s.log) {
			return nil, wrong("cursor")
		}
	}
	if s.hold > 0 {
		s.hold--
		return object{"next_cursor": s.cursor(at), "has_more": 1, "msg_list": []object{}}, nil
	}
	for at < len(s.log) && now.Sub(s.log[at].at) > kept {
		at++
	}
	list := []object{}
	for ; at < len(s.log) && len(list) < q.Limit; at++ {
		list = append(list, s.log[at].item)
	}
	more := 0
	if at < len(s.log) {
		more = 1
	}
	return object{"next_cursor": s.cursor(at), "has_more": more, "msg_list": list}, nil
}

// Shown is a message as its reader sees it.
type Shown struct {
	ID     string
	Text   string   // of a menu, what stands above its entries, and below
	Menu   []Button // entries of a menu
	File   []byte   // of a picture or a voice note
	Kind   string   // msgtype
	ByCode bool     // sent with the code of an event
}

// Button is an entry of a menu.
type Button struct{ Label, Data, URL string }

// out is a message to somebody, as it is sent.
type out struct {
	To      string `json:"touser"`
	Account string `json:"open_kfid"`
	Code    string `json:"code"`
	ID      string `json:"msgid"`
	Type    string `json:"msgtype"`
	Text    *struct {
		Content string `json:"content"`
	} `json:"text"`
	Image *struct {
		Media string `json:"media_id"`
	} `json:"image"`
	Voice *struct {
		Media string `json:"media_id"`
	} `json:"voice"`
	Menu *menu `json:"msgmenu"`
}

type menu struct {
	Head string `json:"head_content"`
	Tail string `json:"tail_content"`
	List []struct {
		Type  string `json:"type"`
		Click *struct {
			ID      string `json:"id"`
			Content string `json:"content"`
		} `json:"click"`
		View *struct {
			URL     string `json:"url"`
			Content string `json:"content"`
		} `json:"view"`
		Text *struct {
			Content string `json:"content"`
		} `json:"text"`
	} `json:"list"`
}

var idForm = regexp.MustCompile(`^[0-9a-zA-Z_-]{0,32}$`)

// compose reads what is sent, and refuses what cannot be.
func (s *Server) compose(q out, types ...string) (Shown, *refusal) {
	m := Shown{ID: q.ID, Kind: q.Type}
	switch {
	case !idForm.MatchString(q.ID):
		return m, wrong("msgid")
	case !slices.Contains(types, q.Type):
		return m, &refusal{40008, "invalid message type"}
	}
	switch q.Type {
	case "text":
		if q.Text == nil {
			return m, lacks("text")
		}
		m.Text = q.Text.Content
		if m.Text == "" || len(m.Text) > 2048 || !utf8.ValidString(m.Text) {
			return m, wrong("text.content")
		}
	case "image", "voice":
		of := q.Image
		if q.Type == "voice" {
			of = q.Voice
		}
		if of == nil || of.Media == "" {
			return m, lacks(q.Type + ".media_id")
		}
		f, ok := s.files[of.Media]
		if !ok || !f.ours || f.kind != q.Type || s.Now().Sub(f.at) > kept {
			return m, noMedia
		}
		m.File = f.data
	case "msgmenu":
		if q.Menu == nil {
			return m, lacks("msgmenu")
		}
		var no *refusal
		if m.Menu, no = q.Menu.entries(); no != nil {
			return m, no
		}
		if len(q.Menu.Head) > 1024 || len(q.Menu.Tail) > 1024 {
			return m, wrong("msgmenu")
		}
		m.Text = q.Menu.Head + q.Menu.Tail
	}
	return m, nil
}

func (m *menu) entries() (list []Button, no *refusal) {
	if len(m.List) == 0 || len(m.List) > 10 { // [U] whether one without entries is refused
		return nil, wrong("msgmenu.list")
	}
	within := func(s string, most int) bool { return s != "" && len(s) <= most && utf8.ValidString(s) }
	for _, x := range m.List {
		switch {
		case x.Type == "click" && x.Click != nil && within(x.Click.ID, 64) && within(x.Click.Content, 128):
			list = append(list, Button{Label: x.Click.Content, Data: x.Click.ID})
		case x.Type == "view" && x.View != nil && within(x.View.Content, 1024) && within(x.View.URL, 2048) && web(x.View.URL):
			list = append(list, Button{Label: x.View.Content, URL: x.View.URL})
		case x.Type == "text" && x.Text != nil && within(x.Text.Content, 256):
			list = append(list, Button{Label: x.Text.Content})
		default:
			return nil, wrong("msgmenu.list")
		}
	}
	return list, nil
}

func web(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (s *Server) sendMsg(body []byte) (object, *refusal) {
	q, no := read[out](body)
	switch {
	case no != nil:
		return nil, no
	case q.To == "":
		return nil, lacks("touser")
	case q.Account == "":
		return nil, lacks("open_kfid")
	case q.Account != Account:
		return nil, noAccount
	}
	p := s.people[q.To]
	if p == nil {
		return nil, noPerson
	}
	m, no := s.compose(q, "text", "image", "voice", "msgmenu")
	if no != nil {
		return nil, no
	}
	if s.ids[m.ID] {
		if s.Repeats {
			return object{"msgid": m.ID}, nil
		}
		return nil, used
	}
	if m.ID == "" {
		m.ID = s.next("sys_")
	}
	fail := 0
	switch {
	case p.state > helped:
		no = notNow
	case p.said.IsZero() || s.Now().Sub(p.said) > window:
		no, fail = tooLate, 4
	case p.sent >= inWindow:
		no, fail = tooMany, 6
	case p.blocked:
		fail = 10
	case len(s.later) > 0:
		fail, s.later = s.later[0], s.later[1:]
		if fail == 0 {
			fail = unknownFail
		}
	}
	if no != nil && (!s.Silent || fail == 0) {
		return nil, no
	}
	s.ids[m.ID] = true
	if fail != 0 {
		if fail == unknownFail {
			fail = 0
		}
		s.put(object{"msgtype": "event", "origin": 4, "event": object{"event_type": "msg_send_fail", "open_kfid": Account,
			"external_userid": p.ID, "fail_msgid": m.ID, "fail_type": fail}})
		return object{"msgid": m.ID}, nil
	}
	p.sent++
	p.told = s.Now()
	p.shown = append(p.shown, m)
	return object{"msgid": m.ID}, nil
}

// unknownFail stands for the fail type 0.
const unknownFail = -1

// code is what an event gives to answer it with, once.
type code struct {
	person *Person
	until  time.Time
	state  int // in which it may be used; any: -1
	types  []string
}

func (s *Server) sendOnEvent(body []byte) (object, *refusal) {
	q, no := read[out](body)
	if no != nil {
		return nil, no
	}
	c, ok := s.codes[q.Code]
	switch {
	case q.Code == "":
		return nil, lacks("code")
	case !ok || s.Now().After(c.until):
		return nil, noCode
	case c.state >= 0 && c.person.state != c.state:
		return nil, notNow
	}
	m, no := s.compose(q, c.types...)
	if no != nil {
		return nil, no
	}
	if s.ids[m.ID] { // [U] that both calls share the names
		return nil, used
	}
	if m.ID == "" {
		m.ID = s.next("sys_")
	}
	delete(s.codes, q.Code)
	m.ByCode = true
	s.ids[m.ID] = true
	c.person.told = s.Now()
	c.person.shown = append(c.person.shown, m)
	return object{"msgid": m.ID}, nil
}

// States of a session.
const (
	fresh   = iota // said something, nobody has it
	helped         // 智能助手
	waiting        // in the pool
	talking        // with a person of the committee
	over           // ended, or not begun
)

type session struct {
	Account  string `json:"open_kfid"`
	Person   string `json:"external_userid"`
	State    *int   `json:"service_state"`
	Servicer string `json:"servicer_userid"`
}

func (s *Server) session(body []byte) (*Person, session, *refusal) {
	q, no := read[session](body)
	switch {
	case no != nil:
		return nil, q, no
	case q.Account != Account:
		return nil, q, noAccount
	case s.people[q.Person] == nil:
		return nil, q, noPerson
	}
	return s.people[q.Person], q, nil
}

func (s *Server) stateGet(body []byte) (object, *refusal) {
	p, _, no := s.session(body)
	if no != nil {
		return nil, no
	}
	o := object{"service_state": p.state}
	if p.state == talking {
		o["servicer_userid"] = "zhangsan"
	}
	return o, nil
}

func (s *Server) stateTrans(body []byte) (object, *refusal) {
	p, q, no := s.session(body)
	switch {
	case no != nil:
		return nil, no
	case q.State == nil:
		return nil, lacks("service_state")
	case *q.State == talking && q.Servicer == "":
		return nil, lacks("servicer_userid")
	case !slices.Contains(map[int][]int{fresh: {helped, waiting, talking}, helped: {waiting, talking}, waiting: {talking}, talking: {talking, over}}[p.state], *q.State):
		return nil, noChange
	}
	p.state = *q.State
	c := s.next("msgcode")
	s.codes[c] = code{person: p, until: s.Now().Add(window), state: p.state, types: []string{"text"}}
	if p.state == over {
		s.codes[c] = code{person: p, until: s.Now().Add(welcomeLife), state: over, types: []string{"text", "msgmenu"}}
	}
	return object{"msg_code": c}, nil
}

var sceneForm = regexp.MustCompile(`^[0-9a-zA-Z_-]{0,32}$`)

func (s *Server) contactWay(body []byte) (object, *refusal) {
	q, no := read[struct {
		Account string `json:"open_kfid"`
		Scene   string `json:"scene"`
	}](body)
	switch {
	case no != nil:
		return nil, no
	case q.Account != Account:
		return nil, noAccount
	case !sceneForm.MatchString(q.Scene):
		return nil, wrong("scene")
	}
	u := "https://work.weixin.qq.com/kfid/kfc" + Account[2:12]
	if q.Scene != "" {
		u += "?enc_scene=ENC" + url.QueryEscape(q.Scene)
	}
	return object{"url": u}, nil
}

func (s *Server) accounts([]byte) (object, *refusal) {
	return object{"account_list": []object{
		{"open_kfid": "wkOther000000000", "name": "别的客服", "avatar": "https://wework.qpic.cn/x/0", "manage_privilege": false},
		{"open_kfid": Account, "name": "幸福社区", "avatar": "https://wework.qpic.cn/y/0", "manage_privilege": true},
	}}, nil
}

// put writes something down for sync_msg and lets a callback go; the lock is held.
func (s *Server) put(item object) string {
	id, ok := item["msgid"].(string)
	if !ok {
		id = s.next("from_msgid_")
		item["msgid"] = id
	}
	if _, ok := item["send_time"]; !ok {
		item["send_time"] = s.Now().Unix()
	}
	// It leaves as it is now, whatever happens to it later.
	raw, err := json.Marshal(item)
	if err != nil {
		panic(err)
	}
	var copied object
	if err := json.Unmarshal(raw, &copied); err != nil {
		panic(err)
	}
	s.log = append(s.log, entry{s.Now(), copied})
	s.push()
	s.news.Ring()
	return id
}
