package official

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount/material"
	"github.com/silenceper/wechat/v2/officialaccount/message"

	"linli/bot"
	"linli/bot/weixin"
)

const customSend = "/cgi-bin/message/custom/send"

// Send delivers a message to somebody, by their openid. Each photo and then each
// voice note, and a text that is too long for its buttons, is a message of its own in the
// person's window. The platform names no message, so that the reference is one of ours; it
// cannot be changed, quoted, or signed. Photos and voice notes that the platform does not
// take are left out.
//
// Buttons become the entries of a menu in the conversation (msgmenu), those with an
// address a link below the text. Where the platform takes no menus of this account, the
// message is Busy once, and Capabilities have no buttons from then on.
//
// What went out of a message is not repeated by its next attempt in this process. An
// account that may only answer puts the text into the open response, see bot.Answer.Says.
func (o *Official) Send(ctx context.Context, address string, m bot.Message) (string, error) {
	switch {
	case m.React != "":
		return m.Quote, nil
	case m.StopPoll:
		return m.Edit, nil
	case m.Poll != nil:
		return "", bot.Refused{Why: "the platform has no polls"}
	case !openidForm.MatchString(address):
		return "", bot.Gone{Why: "not the openid of anybody"}
	}
	if o.options.Passive {
		m.Photos, m.Voices = nil, nil
	}
	m.Voices = weixin.Voices(m.Voices, voiceForms, o.log)
	texts, err := o.compose(m)
	if err != nil {
		return "", err
	}
	if o.options.Passive {
		var all []string
		for _, t := range texts {
			all = append(all, t.text)
		}
		text := strings.Join(all, "\n")
		if len(text) > textLimit {
			return "", bot.Refused{Why: fmt.Sprintf("an answer of %d bytes with its links, not %d", len(text), textLimit)}
		}
		return o.answer(ctx, address, text)
	}
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("official: %w", err)
	}
	key := ""
	if m.Key != "" {
		key = address + "/" + m.Key
	}
	done := o.begun.Of(key)
	for i := done.photos; i < len(m.Photos); i++ {
		if err := o.sendPhoto(ctx, address, m.Photos[i]); err != nil {
			return "", o.failed(ctx, err)
		}
		done.photos++
		o.begun.Note(key, done)
	}
	for i := done.voices; i < len(m.Voices); i++ {
		if err := o.sendVoice(ctx, address, m.Voices[i]); err != nil {
			return "", o.failed(ctx, err)
		}
		done.voices++
		o.begun.Note(key, done)
	}
	for i := done.texts; i < len(texts); i++ {
		if err := o.post(ctx, customSend, texts[i].to(address), nil); err != nil {
			return "", o.failed(ctx, err)
		}
		done.texts++
		o.begun.Note(key, done)
	}
	o.begun.End(key)
	if m.Key == "" {
		return "c" + rand.Text(), nil
	}
	return "c" + shortened(m.Key), nil
}

// failed is verdict for what goes into the conversation.
func (o *Official) failed(ctx context.Context, err error) error {
	if weixin.Code(err) == codeNoMenus {
		o.log.Warn("the platform takes no menus in conversations of this account; choices are numbers from now on")
		o.menuless.Store(true)
		return bot.Busy{After: time.Second}
	}
	return verdict(ctx, err)
}

// shortened is a name of a fixed length for one of any.
func shortened(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// piece is one message of the platform: a text, or a menu with a text above and below.
type piece struct {
	text, tail string
	menu       []message.MsgmenuItem
}

func (p piece) size() int {
	n := len(p.text) + len(p.tail)
	for _, x := range p.menu {
		n += len(x.Content) + 1
	}
	return n
}

func (p piece) to(openid string) *message.CustomerMessage {
	if len(p.menu) == 0 {
		return message.NewCustomerTextMessage(openid, p.text)
	}
	return &message.CustomerMessage{ToUser: openid, Msgtype: "msgmenu",
		Msgmenu: &message.MediaMsgmenu{HeadContent: p.text, List: p.menu, TailContent: p.tail}}
}

// above stands above a menu whose text was a message of its own.
const above = "▼"

// compose makes the pieces of a message, or says why the platform can never take it.
func (o *Official) compose(m bot.Message) ([]piece, error) {
	if n := len(m.Text); n > textLimit {
		return nil, bot.Refused{Why: fmt.Sprintf("text of %d bytes, not %d", n, textLimit)}
	}
	text := plain(unlinked(m.Text))
	caps := o.Capabilities()
	var menu []message.MsgmenuItem
	var links []bot.Button
	for _, row := range m.Buttons {
		for _, b := range row {
			label := strings.Join(strings.Fields(strings.NewReplacer("<", "", ">", "").Replace(plain(b.Label))), " ")
			switch {
			case label == "":
				return nil, bot.Refused{Why: "a button without a label"}
			case b.URL != "":
				address, ok := webAddress(b.URL)
				if !ok {
					return nil, bot.Refused{Why: "the address of a button is none of the web"}
				}
				links = append(links, bot.Button{Label: label, URL: address})
			case len(b.Data) == 0 || len(b.Data) > pressLimit:
				return nil, bot.Refused{Why: fmt.Sprintf("a button with %d bytes of data", len(b.Data))}
			default:
				menu = append(menu, message.MsgmenuItem{ID: b.Data, Content: label})
			}
		}
	}
	switch {
	case len(menu) > caps.Buttons, caps.Buttons > 0 && len(menu)+len(links) > caps.Buttons:
		return nil, bot.Refused{Why: fmt.Sprintf("%d buttons, not %d", len(menu)+len(links), caps.Buttons)}
	case text == "" && len(menu)+len(links)+len(m.Photos)+len(m.Voices) == 0:
		return nil, bot.Refused{Why: "nothing that this platform can show"}
	}
	pieces := withLinks(text, links, len(menu) > 0)
	if len(menu) > 0 {
		// A menu needs something above it.
		last := piece{text: above, menu: menu}
		if n := len(pieces); n > 0 {
			if with := (piece{text: pieces[n-1].text, tail: pieces[n-1].tail, menu: menu}); with.size() <= platformText {
				last, pieces = with, pieces[:n-1]
			}
		}
		if last.size() > platformText {
			return nil, bot.Refused{Why: "the labels of the buttons are too long"}
		}
		pieces = append(pieces, last)
	}
	for _, p := range pieces {
		if p.size() > platformText {
			return nil, bot.Refused{Why: "the address of a button is too long"}
		}
	}
	return pieces, nil
}

// withLinks puts links below a text, or into a message of their own where there is no room.
// In a plain text they are words to tap. Whether the head of a menu can hold such is not
// documented [U]: there the address itself stands below the menu.
func withLinks(text string, links []bot.Button, menu bool) []piece {
	var lines []string
	for _, b := range links {
		if menu {
			lines = append(lines, b.Label+"："+b.URL)
		} else {
			lines = append(lines, `<a href="`+b.URL+`">`+b.Label+`</a>`)
		}
	}
	all := strings.Join(lines, "\n")
	switch {
	case text == "" && all == "":
		return nil
	case all == "":
		return []piece{{text: text}}
	case text == "":
		return []piece{{text: all}}
	case menu && len(text)+len(all) <= platformText:
		return []piece{{text: text, tail: all}}
	case !menu && len(text)+1+len(all) <= platformText:
		return []piece{{text: text + "\n" + all}}
	}
	return []piece{{text: text}, {text: all}}
}

// anchor is what WeChat shows as a link, or as a button that presses itself.
var anchor = regexp.MustCompile(`(?i)<(/?\s*a[\s/>])`)

// unlinked takes from a text the power to show a link under other words, or a menu entry:
// it may hold the words of anybody.
func unlinked(s string) string { return anchor.ReplaceAllString(s, "($1") }

// plain leaves out what no XML can hold.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r >= 0x20 && r != 0xfffe && r != 0xffff {
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// webAddress is an address as it may stand in a link.
func webAddress(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return "", false
	}
	s = u.String()
	return s, !strings.ContainsAny(s, "\"'<> \n\r\t")
}

// pictures are the forms of photos that the platform takes, and how their files end.
var pictures = map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/bmp": ".bmp"}

// sendPhoto brings a photo to the platform and sends it.
func (o *Official) sendPhoto(ctx context.Context, openid string, p bot.Photo) error {
	ending, ok := pictures[http.DetectContentType(p.Data)]
	if !ok || len(p.Data) > photoLimit {
		o.log.Warn("a photo in a form that the platform does not take is left out", "bytes", len(p.Data))
		return nil
	}
	media, err := o.upload(ctx, material.MediaTypeImage, "photo"+ending, p.Data)
	if err != nil {
		return err
	}
	return o.post(ctx, customSend, message.NewCustomerImgMessage(openid, media), nil)
}

// voiceForms are the forms of voice notes that the platform takes.
var voiceForms = []string{".amr", ".mp3"}

// sendVoice brings a voice note to the platform and sends it.
func (o *Official) sendVoice(ctx context.Context, openid string, v bot.Photo) error {
	media, err := o.upload(ctx, material.MediaTypeVoice, "voice"+bot.Extension(v.Data), v.Data)
	if err != nil {
		return err
	}
	return o.post(ctx, customSend, message.NewCustomerVoiceMessage(openid, media), nil)
}

func (o *Official) upload(ctx context.Context, kind material.MediaType, name string, data []byte) (media string, err error) {
	err = o.call(ctx, func(string) error {
		m, err := o.api.material.MediaUploadFromReader(kind, name, bytes.NewReader(data))
		media = m.MediaID
		return err
	})
	return media, err
}

// progress is what of a message has gone out.
type progress struct{ photos, voices, texts int }
