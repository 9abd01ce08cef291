package kefu

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/work/kf/sendmsg"
	"github.com/silenceper/wechat/v2/work/kf/sendmsgonevent"

	"linli/bot"
	"linli/bot/weixin"
)

// Send delivers a message to a person, by their external_userid. The reference is the
// platform's msgid of the last part: photos go first, then voice notes, each by itself, then
// the text; above buttons there is room for less text, and what is too long for it goes
// before them. Voice notes that the platform does not take are left out.
//
// That the platform took a message does not mean that it arrives: see bot.Undelivered,
// which names the whole message whatever part of it failed. A message that is sent again
// under the same Key has the same msgids, and the platform delivers each of these once.
//
// To somebody who has just come, and has not written, the first message goes by the code
// that the platform gives for a greeting.
//
// Nothing here can be changed, answered to or signed; what would be, is said anew, and a sign
// is left out. Nothing can be kept off a lock screen either: what WeChat shows there is its
// own affair.
func (k *Kefu) Send(ctx context.Context, address string, m bot.Message) (string, error) {
	if !idForm.MatchString(address) {
		return "", bot.Gone{Why: "no address of wechat"}
	}
	if m.React != "" || m.StopPoll {
		return m.Quote, nil
	}
	m.Voices = weixin.Voices(m.Voices, voiceForms, k.log)
	parts, err := compose(m)
	if err != nil {
		return "", err
	}
	key := ""
	if m.Key != "" {
		key = address + "/" + m.Key
	}
	for i, p := range parts[:len(parts)-1] {
		if out, _ := k.begun.get(key); i < out {
			continue
		}
		if _, err := k.deliver(ctx, address, msgid(key, i+1), p); err != nil {
			return "", err
		}
		k.begun.put(key, i+1)
	}
	last, id := parts[len(parts)-1], msgid(key, 0)
	if len(parts) == 1 && last.photo == nil && last.voice == nil {
		if code := k.welcomes.take(address, id, k.now()); code != "" {
			if ref, err := k.greet(ctx, code, id, last); ref != "" || err != nil {
				return ref, err
			}
		}
	}
	ref, err := k.deliver(ctx, address, id, last)
	if err != nil {
		return "", err
	}
	k.begun.drop(key)
	return ref, nil
}

// voiceForms are the forms of voice notes that the platform takes. MP3, which 公众号 takes as
// well, is none of them.
var voiceForms = []string{".amr"}

// part is what one message of the platform holds: a photo, a voice note, a text, or a text
// with buttons.
type part struct {
	photo   *bot.Photo
	voice   *bot.Photo
	text    string
	buttons []bot.Button
}

// compose cuts a message into parts. It refuses what the platform would: after a first part
// it would be too late.
func compose(m bot.Message) ([]part, error) {
	var buttons []bot.Button
	for _, row := range m.Buttons {
		for _, b := range row {
			switch u, err := url.Parse(b.URL); {
			case b.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(b.URL) > 2048):
				return nil, bot.Refused{Why: "a button opens what is no address of a page"}
			case b.URL == "" && (b.Data == "" || len(b.Data) > dataLimit):
				return nil, bot.Refused{Why: "a button has data of no or too many bytes"}
			case strings.TrimSpace(b.Label) == "":
				return nil, bot.Refused{Why: "a button has no label"}
			}
			buttons = append(buttons, b)
		}
	}
	switch {
	case len(m.Text) > textLimit:
		return nil, bot.Refused{Why: "the text has too many bytes"}
	case !utf8.ValidString(m.Text):
		return nil, bot.Refused{Why: "the text is not UTF-8"}
	case len(buttons) > mostItems:
		return nil, bot.Refused{Why: "there are too many buttons"}
	case m.Text == "" && len(buttons) == 0 && len(m.Photos)+len(m.Voices) == 0:
		return nil, bot.Refused{Why: "there is nothing to say"}
	}
	var parts []part
	for i := range m.Photos {
		parts = append(parts, part{photo: &m.Photos[i]})
	}
	for i := range m.Voices {
		parts = append(parts, part{voice: &m.Voices[i]})
	}
	text := m.Text
	if len(buttons) > 0 && len(text) > headLimit {
		var before string
		before, text = cut(text, headLimit)
		parts = append(parts, part{text: before})
	}
	if text != "" || len(buttons) > 0 {
		parts = append(parts, part{text: text, buttons: buttons})
	}
	return parts, nil
}

// cut takes off the end of a text as much as there is room for, from the beginning of a line or
// a sentence if it can.
func cut(text string, room int) (before, end string) {
	at := len(text) - room
	for !utf8.RuneStart(text[at]) {
		at++
	}
	for _, sep := range []string{"\n", "。", "；", "，", " "} {
		if i := strings.Index(text[at:], sep); i >= 0 && i+len(sep) < len(text)-at {
			return text[:at+i+len(sep)], text[at+i+len(sep):]
		}
	}
	return text[:at], text[at:]
}

// The msgid of a part is made of the key, so that every attempt has the same, and the part's
// number stands behind that of the whole: it must be found when the part fails.
const idLength = 28

var partForm = regexp.MustCompile(`^[0-9A-Za-z_-]{28}-p[0-9]{1,2}$`)

func msgid(key string, part int) string {
	if key == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("kefu msgid\x00" + key))
	id := base64.RawURLEncoding.EncodeToString(sum[:idLength*3/4])
	if part == 0 || part > 99 {
		return id
	}
	return id + "-p" + strconv.Itoa(part)
}

// whole is the reference of the message that a part with this msgid belongs to.
func whole(msgid string) string {
	if partForm.MatchString(msgid) {
		return msgid[:idLength]
	}
	return msgid
}

// sent is the answer to a message.
type sent struct {
	answer
	ID string `json:"msgid"`
}

// usedForm finds what the platform says of a msgid that it has already. [U] The documentation
// says that this is an error, and not which. Ours is always well formed and belongs to one
// message only, so that what is wrong with it can only be that the message was taken before.
var usedForm = regexp.MustCompile(`(?i)\bmsg_?id\b`)

// deliver sends one part.
func (k *Kefu) deliver(ctx context.Context, to, id string, p part) (ref string, err error) {
	head := sendmsg.Message{ToUser: to, OpenKFID: k.options.Account, MsgID: id}
	var body any
	switch {
	case p.photo != nil:
		// The photo's own name might hold anything, and nobody sees it.
		media, err := k.upload(ctx, "image", "photo"+ending(p.photo.Data), p.photo.Data)
		if err != nil {
			return "", k.verdict("upload", err)
		}
		m := sendmsg.Image{Message: head, MsgType: "image"}
		m.Image.MediaID = media
		body = m
	case p.voice != nil:
		media, err := k.upload(ctx, "voice", "voice"+bot.Extension(p.voice.Data), p.voice.Data)
		if err != nil {
			return "", k.verdict("upload", err)
		}
		m := sendmsg.Voice{Message: head, MsgType: "voice"}
		m.Voice.MediaID = media
		body = m
	case len(p.buttons) > 0:
		m := sendmsg.Menu{Message: head, MsgType: "msgmenu"}
		m.MsgMenu.HeadContent, m.MsgMenu.List = p.text, menu(p.buttons)
		body = m
	default:
		m := sendmsg.Text{Message: head, MsgType: "text"}
		m.Text.Content = p.text
		body = m
	}
	var out sent
	err = k.call(ctx, "send_msg", body, &out)
	switch {
	case err == nil && out.ID == "" && id == "":
		return "", errors.New("kefu: send_msg: the answer names no message")
	case err == nil && out.ID == "":
		return id, nil
	case err == nil:
		return out.ID, nil
	case id != "" && out.Code != 0 && usedForm.MatchString(out.Text):
		return id, nil
	case weixin.Code(err) == badState:
		return "", k.shut(ctx, to)
	}
	return "", k.verdict("send_msg", err)
}

// greet sends a part with the code for a greeting. Neither a reference nor an error says that
// the platform does not take it so, and that it may go as any other.
func (k *Kefu) greet(ctx context.Context, code, id string, p part) (ref string, err error) {
	head := sendmsgonevent.Message{Code: code, MsgID: id}
	var body any
	if len(p.buttons) > 0 {
		m := sendmsgonevent.Menu{Message: head, MsgType: "msgmenu"}
		m.MsgMenu.HeadContent, m.MsgMenu.List = p.text, menu(p.buttons)
		body = m
	} else {
		m := sendmsgonevent.Text{Message: head, MsgType: "text"}
		m.Text.Content = p.text
		body = m
	}
	var out sent
	err = k.call(ctx, "send_msg_on_event", body, &out)
	switch {
	case err == nil && out.ID != "":
		return out.ID, nil
	case err == nil, id != "" && out.Code != 0 && usedForm.MatchString(out.Text):
		return id, nil
	case weixin.Code(err) == 0: // it may be there
		return "", k.verdict("send_msg_on_event", err)
	}
	if err := k.verdict("send_msg_on_event", err); errors.As(err, new(bot.Busy)) || errors.As(err, new(bot.Halted)) {
		return "", err
	}
	k.log.Info("a greeting did not go by its code", "error", weixin.Clean(err))
	return "", nil
}

// labelLimit is how many bytes the label of an entry may have.
const labelLimit = 128

// menu is the list of a menu's entries.
func menu(buttons []bot.Button) (list []any) {
	for _, b := range buttons {
		label := b.Label
		for len(label) > labelLimit {
			_, n := utf8.DecodeLastRuneInString(label)
			label = label[:len(label)-n]
		}
		if b.URL != "" {
			m := sendmsg.MenuView{Type: "view"}
			m.View.URL, m.View.Content = b.URL, label
			list = append(list, m)
			continue
		}
		m := sendmsg.MenuClick{Type: "click"}
		m.Click.ID, m.Click.Content = b.Data, label
		list = append(list, m)
	}
	return list
}

// welcomes are the codes for greetings, the newest of each person. They are good for
// seconds, and lost with the process.
type welcomes struct {
	few[code]
}

type code struct {
	value string
	until time.Time
	used  string // msgid of the message that it was used for, or ""
}

func (w *welcomes) note(person, value string, until time.Time) {
	if old, ok := w.get(person); ok && old.value == value {
		return // it was read again, and may be used by now
	}
	w.put(person, code{value: value, until: until})
}

// take gives the code for a message: one that is not used, or that was used for the same
// message, of which nobody knows how that ended.
func (w *welcomes) take(person, id string, now time.Time) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.all[person]
	switch {
	case !ok:
		return ""
	case !now.Before(c.until):
		delete(w.all, person)
		return ""
	case c.used != "" && c.used != id:
		return ""
	case id == "":
		delete(w.all, person)
		return c.value
	}
	c.used = id
	w.all[person] = c
	return c.value
}
