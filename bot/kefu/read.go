package kefu

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"linli/bot"
	"linli/bot/weixin"
	"linli/flows"
)

// heard is a message on its way to Receive.
type heard struct {
	in       bot.Inbound
	lane     string // messages of the same lane keep their order
	person   string // whose conversation it belongs to
	customer bool   // a resident has written or pressed it
	welcome  string // the code to greet them with
	taken    bool   // a person of the committee has the conversation now
	over     bool   // and now has not
}

// item is what all messages of sync_msg have. What one has besides is named by its type, and
// is read by itself: a part that is not understood must not cost the rest.
type item struct {
	ID      string `json:"msgid"`
	Account string `json:"open_kfid"`
	Person  string `json:"external_userid"`
	Sent    int64  `json:"send_time"`
	Origin  int    `json:"origin"`
	Type    string `json:"msgtype"`
}

const (
	fromResident = 3 // item.Origin; the others are events, and what people of the committee say
	msgidMost    = 128
)

var (
	typeForm = regexp.MustCompile(`^[0-9a-z_]{1,40}$`)
)

// read understands one message. What nobody could have written, and what is of no use, is
// Ignored.
func (k *Kefu) read(raw json.RawMessage) heard {
	var (
		it    item
		parts map[string]json.RawMessage
	)
	if json.Unmarshal(raw, &parts) != nil || json.Unmarshal(raw, &it) != nil || it.ID == "" || len(it.ID) > msgidMost {
		sum := sha256.Sum256(raw)
		key := name + "/raw/" + hex.EncodeToString(sum[:12])
		k.log.Warn("a message was not understood and is skipped")
		return heard{lane: key, in: bot.Inbound{Channel: name, Keys: []string{key}, At: k.now(), Kind: bot.Ignored}}
	}
	h := heard{in: bot.Inbound{Channel: name, Keys: []string{name + "/" + it.ID}, At: k.now(), Kind: bot.Ignored}}
	h.lane = h.in.Keys[0]
	if it.Sent > 0 && it.Sent < 1<<40 {
		h.in.At = time.Unix(it.Sent, 0)
	}
	ignored := h
	understood := true
	switch {
	case it.Account != "" && it.Account != k.options.Account:
	case it.Type == "event":
		understood = k.readEvent(parts["event"], &h)
	case it.Origin == fromResident:
		if understood = h.by(it.Person); understood {
			readSaid(it, parts[it.Type], &h)
		}
	}
	if !understood {
		k.log.Warn("a message was not understood and is skipped", "type", kind(it.Type))
		return ignored
	}
	return h
}

// by puts a resident into an inbound. The platform gives no name with a message.
func (h *heard) by(person string) bool {
	if !idForm.MatchString(person) {
		return false
	}
	h.lane, h.person = person, person
	h.in.From = bot.Peer{Address: person, Person: true}
	h.in.Chat = bot.Peer{Address: person}
	return true
}

// readSaid reads what a resident has written, pressed or sent. What the engine has no form
// for, and what cannot be read, comes as media that nobody can fetch: the resident is told, and
// staff see that something came.
func readSaid(it item, part json.RawMessage, h *heard) {
	in := &h.in
	h.customer = true
	in.Kind, in.Window = bot.Said, bot.Window{Kind: "said", For: push, Messages: pushes}
	m := &in.Message
	m.Ref = it.ID
	var p struct {
		Content string  `json:"content"`
		Menu    string  `json:"menu_id"`
		Media   string  `json:"media_id"`
		Lat     float64 `json:"latitude"`
		Lon     float64 `json:"longitude"`
		Name    string  `json:"name"`
		Address string  `json:"address"`
		Title   string  `json:"title"`
		Desc    string  `json:"desc"`
		URL     string  `json:"url"`
	}
	if json.Unmarshal(part, &p) != nil {
		it.Type = "other"
	}
	media := func(kind string) {
		x := flows.Media{Kind: kind, Channel: name}
		if kind == "photo" || kind == "voice" {
			if x.Remote = it.Type + "/" + p.Media; !remoteForm.MatchString(x.Remote) {
				x.Kind, x.Remote = "other", ""
			}
		}
		m.Media = []flows.Media{x}
	}
	switch it.Type {
	case "text":
		switch {
		case p.Menu != "": // which message it stood in, the platform does not say
			in.Kind, in.Press, in.Message = bot.Pressed, p.Menu, flows.Message{}
		case strings.TrimSpace(p.Content) == unsupported:
			media("other")
		default:
			m.Text = strings.ReplaceAll(p.Content, "\x00", "")
		}
	case "image":
		media("photo")
	case "voice", "video":
		media(it.Type)
	case "location":
		// [U] whether these degrees are WGS 84 or those of Chinese maps, some hundred metres off.
		if p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180 && (p.Lat != 0 || p.Lon != 0) {
			m.Point = &flows.Point{Lat: p.Lat, Lon: p.Lon}
		}
		if where := line(p.Name + " " + p.Address); where != "" {
			m.Text = "位置：" + where
		}
	case "link", "miniprogram", "merged_msg", "channels":
		// Somebody else's words, passed on. They are read, never opened.
		m.Forwarded = true
		for _, x := range []string{p.Title, p.Desc, p.URL} {
			if x = line(x); x != "" {
				m.Text = strings.TrimPrefix(m.Text+"\n"+x, "\n")
			}
		}
	}
	if in.Kind == bot.Said && m.Text == "" && m.Media == nil && m.Point == nil {
		media("other")
	}
}

// unsupported is what WeChat writes in the place of what it does not pass on. [U]: seen in
// the code of others, not in the documentation.
const unsupported = "【收到不支持的消息类型，暂无法显示】"

// kind is the type of a message as it may be shown.
func kind(s string) string {
	if !typeForm.MatchString(s) {
		return "?"
	}
	return s
}

// line is a text of somebody else's in one line, cut where it is long.
func line(s string) string {
	s = strings.Join(strings.Fields(strings.ReplaceAll(s, "\x00", "")), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

// readEvent reads what the platform tells of a conversation.
func (k *Kefu) readEvent(part json.RawMessage, h *heard) (understood bool) {
	var e struct {
		Type    string `json:"event_type"`
		Account string `json:"open_kfid"`
		Person  string `json:"external_userid"`
		Scene   string `json:"scene"`
		Param   string `json:"scene_param"`
		Welcome string `json:"welcome_code"`
		Failed  string `json:"fail_msgid"`
		Why     int    `json:"fail_type"`
		Change  int    `json:"change_type"`
	}
	if json.Unmarshal(part, &e) != nil {
		return false
	}
	if e.Account != "" && e.Account != k.options.Account {
		return true
	}
	in := &h.in
	switch e.Type {
	case "enter_session":
		if !h.by(e.Person) {
			return false
		}
		in.Kind, in.Scene = bot.Entered, e.Scene
		if e.Param != "" {
			in.Scene = e.Param // it is put behind a link whose scene only says that something follows
		}
		if e.Welcome != "" && len(e.Welcome) <= 512 {
			h.welcome, in.Window = e.Welcome, bot.Window{Kind: "entered", For: welcome, Messages: 1}
		}
	case "msg_send_fail":
		if !h.by(e.Person) || e.Failed == "" {
			return false
		}
		in.Kind, in.Ref, in.Loss = bot.Undelivered, whole(e.Failed), weixin.Undelivered(e.Why)
		k.log.Info("a message did not arrive", "why", in.Loss.Why)
	case "session_status_change":
		if !h.by(e.Person) {
			return false
		}
		switch e.Change {
		case 1, 2, 4: // taken out of the pool, passed on, taken up again
			h.taken = true
		case 3:
			h.over = true
		}
		in.From, in.Chat = bot.Peer{}, bot.Peer{} // nothing of it is kept
	default:
		// Of who is on duty, of what was taken back, and what may come to be.
		k.log.Debug("an event of no use", "event", kind(e.Type))
	}
	return true
}
