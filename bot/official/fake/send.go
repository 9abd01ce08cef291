package fake

import (
	"crypto/rand"
	"encoding/json"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what the account says.
const (
	textLimit  = 2048 // bytes of a text; [U]: of a menu with its entries
	menuLimit  = 10   // [U]
	entryLimit = 64   // bytes of an entry's id [U]
)

// Message is something that the account has shown somebody.
type Message struct {
	Kind   string // "text", "menu", "image", "voice", "notice"
	Text   string // of a menu what stands above it
	Tail   string // and below
	Items  []Item
	Data   []byte            // of an image or a voice note
	Fields map[string]string // of a notice
	URL    string            // of a notice
	Answer bool              // in the response to a callback
}

// Item is an entry of a menu.
type Item struct{ ID, Content string }

// recipient finds whom the account may write to; the lock is held.
func (s *Server) recipient(q *request, openid string) (*User, *refusal) {
	q.to = openid
	u := s.users[openid]
	switch {
	case u == nil:
		return nil, no(40003, "invalid openid")
	case !u.follows && !s.OldHand:
		return nil, no(43004, "require subscribe")
	}
	return u, nil
}

// custom answers /cgi-bin/message/custom/send.
func (s *Server) custom(q *request) (any, *refusal) {
	var in struct {
		To   string `json:"touser"`
		Type string `json:"msgtype"`
		Text *struct {
			Content string `json:"content"`
		} `json:"text"`
		Image *struct {
			Media string `json:"media_id"`
		} `json:"image"`
		Voice *struct {
			Media string `json:"media_id"`
		} `json:"voice"`
		Menu *struct {
			Head string `json:"head_content"`
			List []struct {
				ID      string `json:"id"`
				Content string `json:"content"`
			} `json:"list"`
			Tail string `json:"tail_content"`
		} `json:"msgmenu"`
	}
	if r := q.into(&in); r != nil {
		return nil, r
	}
	u, r := s.recipient(q, in.To)
	if r != nil {
		return nil, r
	}
	var m Message
	switch in.Type {
	case "text":
		if in.Text == nil || in.Text.Content == "" {
			return nil, no(44004, "empty content")
		}
		m = Message{Kind: "text", Text: in.Text.Content}
	case "image":
		if in.Image == nil || in.Image.Media == "" {
			return nil, no(41006, "media_id missing")
		}
		f, ok := s.media[in.Image.Media]
		if !ok || !strings.HasPrefix(f.kind, "image/") {
			return nil, no(40007, "invalid media_id")
		}
		m = Message{Kind: "image", Data: f.data}
	case "voice":
		if in.Voice == nil || in.Voice.Media == "" {
			return nil, no(41006, "media_id missing")
		}
		f, ok := s.media[in.Voice.Media]
		if !ok || !strings.HasPrefix(f.kind, "audio/") {
			return nil, no(40007, "invalid media_id")
		}
		m = Message{Kind: "voice", Data: f.data}
	case "msgmenu":
		switch {
		case s.Sandbox:
			return nil, no(40200, "invalid account type")
		case in.Menu == nil || in.Menu.Head == "" || len(in.Menu.List) == 0:
			return nil, no(44004, "empty content")
		case len(in.Menu.List) > menuLimit:
			return nil, no(40058, "invalid menu")
		}
		m = Message{Kind: "menu", Text: in.Menu.Head, Tail: in.Menu.Tail}
		for _, x := range in.Menu.List {
			if x.ID == "" || x.Content == "" || len(x.ID) > entryLimit {
				return nil, no(40058, "invalid menu")
			}
			m.Items = append(m.Items, Item{x.ID, x.Content})
		}
	case "":
		return nil, no(41008, "missing msgtype")
	default:
		return nil, no(40008, "invalid message type")
	}
	n := len(m.Text) + len(m.Tail)
	for _, x := range m.Items {
		n += len(x.Content)
	}
	if n > textLimit {
		return nil, no(45002, "content size out of limit")
	}
	if r := u.spend(s); r != nil {
		return nil, r
	}
	u.shown = append(u.shown, m)
	return object{"errcode": 0, "errmsg": "ok"}, nil
}

// window is a time in which so many messages may be sent to somebody.
type window struct {
	kind  string
	until time.Time
	left  int
}

// opens notes that somebody did something that lets the account write to them.
func (u *User) opens(s *Server, kind string) {
	w := window{kind, s.Now().Add(48 * time.Hour), 5}
	if kind == "tapped" {
		w = window{kind, s.Now().Add(time.Minute), 3}
	}
	for i := range u.windows {
		if u.windows[i].kind == kind {
			u.windows[i] = w
			return
		}
	}
	u.windows = append(u.windows, w)
}

// spend takes a message out of a window, the one that ends first.
func (u *User) spend(s *Server) *refusal {
	if s.Endless {
		return nil
	}
	var best *window
	open := false
	for i := range u.windows {
		w := &u.windows[i]
		if !s.Now().Before(w.until) {
			continue
		}
		open = true
		if w.left > 0 && (best == nil || w.until.Before(best.until)) {
			best = w
		}
	}
	switch {
	case best != nil:
		best.left--
		return nil
	case open:
		return no(45047, "out of response count limit")
	}
	return no(45015, "response out of time limit or subscription is canceled")
}

// Left is how many messages the account may send the person now.
func (u *User) Left() (n int) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	for _, w := range u.windows {
		if u.s.Now().Before(w.until) {
			n += w.left
		}
	}
	return n
}

// template answers /cgi-bin/message/template/send.
func (s *Server) template(q *request) (any, *refusal) {
	u, in, r := s.form(q, s.Templates)
	if r != nil {
		return nil, r
	}
	if in.Once != "" {
		if id := s.knocks[u.OpenID+" "+in.Once]; id != 0 {
			return object{"errcode": 0, "errmsg": "ok", "msgid": id}, nil // [U]: what is answered then
		}
	}
	id := s.serialNumber()
	if in.Once != "" {
		s.knocks[u.OpenID+" "+in.Once] = id
	}
	status := "success"
	switch {
	case s.Astray:
		status = "failed: system failed"
	case u.Refuses:
		status = "failed:user block"
	default:
		u.shown = append(u.shown, in.message())
	}
	s.event(u, "TEMPLATESENDJOBFINISH", "", element("MsgID", number(id))+element("Status", cdata(status)))
	return object{"errcode": 0, "errmsg": "ok", "msgid": id}, nil
}

// bizsend answers /cgi-bin/message/subscribe/bizsend.
func (s *Server) bizsend(q *request) (any, *refusal) {
	u, in, r := s.form(q, s.Notices)
	if r != nil {
		return nil, r
	}
	if u.allows[in.Template] == 0 || u.Refuses {
		return nil, no(43101, "user refuse to accept the msg")
	}
	u.allows[in.Template]--
	id := s.serialNumber()
	code, status := "0", "success"
	if s.Astray {
		code, status = "1001", "failed"
	} else {
		u.shown = append(u.shown, in.message())
	}
	s.event(u, "subscribe_msg_sent_event", "", element("SubscribeMsgSentEvent", element("List",
		element("TemplateId", cdata(in.Template))+element("MsgID", number(id))+element("ErrorCode", code)+element("ErrorStatus", cdata(status)))))
	answer := object{"errcode": 0, "errmsg": "ok"}
	if !s.Nameless {
		answer["msgid"] = id // [U]
	}
	return answer, nil
}

// form is what a notice says.
type form struct {
	To       string                            `json:"touser"`
	Template string                            `json:"template_id"`
	URL      string                            `json:"url"`
	Page     string                            `json:"page"`
	Once     string                            `json:"client_msg_id"`
	Data     map[string]struct{ Value string } `json:"data"`
}

func (f form) message() Message {
	m := Message{Kind: "notice", Fields: map[string]string{}, URL: f.URL + f.Page}
	for k, v := range f.Data {
		m.Fields[k] = v.Value
	}
	return m
}

// form reads a notice and holds it against the approved form; the lock is held.
func (s *Server) form(q *request, known map[string][]string) (*User, form, *refusal) {
	var in form
	if r := q.into(&in); r != nil {
		return nil, in, r
	}
	fields, ok := known[in.Template]
	if !ok {
		return nil, in, no(40037, "invalid template_id")
	}
	u, r := s.recipient(q, in.To)
	if r != nil {
		return nil, in, r
	}
	for _, f := range fields {
		v := in.Data[f].Value
		switch {
		case v == "":
			return nil, in, no(47003, "argument invalid! data."+f+".value is empty")
		case !fits(f, v):
			return nil, in, no(47003, "argument invalid! data."+f+".value invalid")
		}
	}
	if link := in.URL + in.Page; link != "" {
		if l, err := url.Parse(link); err != nil || l.Host == "" {
			return nil, in, no(40066, "invalid url")
		}
	}
	return u, in, nil
}

// fits says whether a value may stand in a field.
func fits(field, v string) bool {
	n := utf8.RuneCountInString(v)
	all := func(ok func(rune) bool) bool {
		for _, r := range v {
			if !ok(r) {
				return false
			}
		}
		return true
	}
	if strings.ContainsAny(v, "\r\n\t") {
		return false
	}
	switch strings.TrimRight(field, "0123456789") {
	case "thing", "const":
		return n <= 20
	case "character_string":
		return n <= 32 && all(func(r rune) bool { return r > ' ' && r <= '~' })
	case "number":
		return n <= 32 && all(func(r rune) bool { return r >= '0' && r <= '9' || r == '.' })
	case "letter":
		return n <= 32 && all(func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	case "phrase":
		return n <= 5 && all(func(r rune) bool { return unicode.Is(unicode.Han, r) })
	case "time", "date":
		for _, layout := range []string{"2006年1月2日 15:04", "2006年1月2日", "2006-01-02 15:04", "2006-01-02", "15:04"} {
			if _, err := time.Parse(layout, v); err == nil {
				return true
			}
		}
		return false
	}
	return n <= 200
}

func (s *Server) templates(*request) (any, *refusal) {
	list := []object{}
	for id, fields := range s.Templates {
		list = append(list, object{"template_id": id, "title": "通知", "content": content(fields)})
	}
	return object{"template_list": list}, nil
}

func (s *Server) notices(*request) (any, *refusal) {
	list := []object{}
	for id, fields := range s.Notices {
		list = append(list, object{"priTmplId": id, "title": "通知", "content": content(fields), "type": 3})
	}
	return object{"errcode": 0, "errmsg": "ok", "data": list}, nil
}

func content(fields []string) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString("某栏:{{" + f + ".DATA}}\n")
	}
	return b.String()
}

// createMenu answers /cgi-bin/menu/create.
func (s *Server) createMenu(q *request) (any, *refusal) {
	type button struct {
		Type, Name, Key, URL string
		Sub                  []json.RawMessage `json:"sub_button"`
	}
	var in struct {
		Button []json.RawMessage `json:"button"`
	}
	if r := q.into(&in); r != nil {
		return nil, r
	}
	if len(in.Button) == 0 || len(in.Button) > 3 {
		return nil, no(40016, "invalid button size")
	}
	var check func(list []json.RawMessage, name int) *refusal
	check = func(list []json.RawMessage, name int) *refusal {
		for _, raw := range list {
			var b button
			if json.Unmarshal(raw, &b) != nil {
				return no(47001, "data format error")
			}
			switch {
			case b.Name == "" || len(b.Name) > name:
				return no(40018, "invalid button name size")
			case len(b.Sub) > 0 && (name > 16 || len(b.Sub) > 5):
				return no(40023, "invalid sub button size")
			case len(b.Sub) > 0:
				if r := check(b.Sub, 60); r != nil {
					return r
				}
			case b.Type == "click" && (b.Key == "" || len(b.Key) > 128):
				return no(40019, "invalid button key size")
			case b.Type == "view" && (!hasPrefix(b.URL, "https://", "http://") || len(b.URL) > 1024):
				return no(40020, "invalid button url size")
			case b.Type != "click" && b.Type != "view":
				return no(40017, "invalid button type")
			}
		}
		return nil
	}
	if r := check(in.Button, 16); r != nil {
		return nil, r
	}
	s.menu, s.menus = json.RawMessage(q.body), s.menus+1
	return object{"errcode": 0, "errmsg": "ok"}, nil
}

func (s *Server) getMenu(*request) (any, *refusal) {
	if s.menu == nil {
		return nil, no(46003, "menu no exist")
	}
	return object{"menu": s.menu}, nil
}

// createQR answers /cgi-bin/qrcode/create.
func (s *Server) createQR(q *request) (any, *refusal) {
	var in struct {
		Seconds int64  `json:"expire_seconds"`
		Action  string `json:"action_name"`
		Info    struct {
			Scene struct {
				Str string `json:"scene_str"`
			} `json:"scene"`
		} `json:"action_info"`
	}
	if r := q.into(&in); r != nil {
		return nil, r
	}
	forever := in.Action == "QR_LIMIT_STR_SCENE"
	scene := in.Info.Scene.Str
	switch {
	case !forever && in.Action != "QR_STR_SCENE", scene == "" || len(scene) > 64:
		return nil, no(40053, "invalid action info")
	case !forever && (in.Seconds < 60 || in.Seconds > 2592000):
		return nil, no(40052, "invalid expire seconds")
	}
	link := "http://weixin.qq.com/q/02" + rand.Text()
	s.qrs[link] = scene
	o := object{"ticket": "gQ/" + rand.Text() + "==", "url": link}
	if !forever {
		o["expire_seconds"] = in.Seconds
	}
	return o, nil
}
