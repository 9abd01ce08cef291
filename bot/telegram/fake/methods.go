package fake

import (
	"bytes"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"unicode/utf16"
)

// methods are the calls that the server answers. They run under the lock.
var methods = map[string]func(*Server, params) (any, *refusal){
	"getMe": func(s *Server, _ params) (any, *refusal) {
		me := s.me()
		me["can_join_groups"], me["can_read_all_group_messages"], me["supports_inline_queries"] = true, s.ReadsAll, false
		return me, nil
	},
	"setWebhook":          (*Server).setWebhook,
	"deleteWebhook":       (*Server).deleteWebhook,
	"getWebhookInfo":      (*Server).webhookInfo,
	"sendMessage":         (*Server).sendMessage,
	"sendPhoto":           (*Server).sendPhoto,
	"sendMediaGroup":      (*Server).sendAlbum,
	"sendVoice":           func(s *Server, p params) (any, *refusal) { return s.sendFile(p, "voice") },
	"sendAudio":           func(s *Server, p params) (any, *refusal) { return s.sendFile(p, "audio") },
	"sendDocument":        func(s *Server, p params) (any, *refusal) { return s.sendFile(p, "document") },
	"sendPoll":            (*Server).sendPoll,
	"stopPoll":            (*Server).stopPoll,
	"editMessageText":     (*Server).editText,
	"editMessageCaption":  (*Server).editCaption,
	"deleteMessage":       (*Server).deleteMessage,
	"answerCallbackQuery": (*Server).answerPress,
	"getFile":             (*Server).getFile,
	"getChat": func(s *Server, p params) (any, *refusal) {
		id := p.number("chat_id")
		if s.users[id] == nil && s.groups[id] == nil {
			return nil, bad("chat not found")
		}
		return s.chat(id), nil
	},
	"getChatMember":      (*Server).getChatMember,
	"setMessageReaction": (*Server).setReaction,
	"pinChatMessage":     (*Server).pin,
	"setMyCommands":      (*Server).setCommands,
	"getMyCommands": func(s *Server, p params) (any, *refusal) {
		key, no := menuKey(p)
		if no != nil {
			return nil, no
		}
		return append([]Command{}, s.menus[key]...), nil
	},
	"sendChatAction": func(s *Server, p params) (any, *refusal) {
		if _, no := s.reach(p); no != nil {
			return nil, no
		}
		return true, nil
	},
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// reach checks that the bot may write to the chat of a call.
func (s *Server) reach(p params) (int64, *refusal) {
	id := p.number("chat_id")
	if p.text["chat_id"] == "" {
		return 0, bad("chat_id is empty")
	}
	if u := s.users[id]; u != nil {
		switch {
		case u.blocked:
			return 0, forbidden("bot was blocked by the user")
		case !u.started:
			return 0, forbidden("bot can't initiate conversation with a user")
		}
		return id, nil
	}
	g := s.groups[id]
	switch {
	case g == nil:
		return 0, bad("chat not found")
	case g.movedTo != 0:
		no := bad("group chat was upgraded to a supergroup chat")
		no.extra = object{"migrate_to_chat_id": g.movedTo}
		return 0, no
	case g.kicked:
		return 0, forbidden("bot was kicked from the supergroup chat")
	case !g.in:
		return 0, forbidden("bot is not a member of the supergroup chat")
	}
	return id, nil
}

// compose reads what all sending calls have in common.
func (s *Server) compose(p params, text string, most int) (int64, *Message, *refusal) {
	chat, no := s.reach(p)
	if no != nil {
		return 0, nil, no
	}
	m := &Message{Text: strings.TrimSpace(text), Silent: p.flag("disable_notification"), Protected: p.flag("protect_content"), Preview: true}
	if units(m.Text) > most {
		if most == 1024 {
			return 0, nil, bad("message caption is too long")
		}
		return 0, nil, bad("message is too long")
	}
	if m.Buttons, no = buttons(p); no != nil {
		return 0, nil, no
	}
	var preview struct {
		Off bool `json:"is_disabled"`
	}
	if no := p.nested("link_preview_options", &preview); no != nil {
		return 0, nil, no
	}
	m.Preview = !preview.Off
	for _, field := range []string{"entities", "caption_entities"} {
		var entities []struct {
			Type   string `json:"type"`
			Offset int    `json:"offset"`
			Length int    `json:"length"`
		}
		if no := p.nested(field, &entities); no != nil {
			return 0, nil, no
		}
		for _, e := range entities {
			switch {
			case !slices.Contains(entityTypes, e.Type):
				return 0, nil, bad("can't parse MessageEntity: unsupported type specified")
			case e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > units(text):
				return 0, nil, bad("ENTITY_BOUNDS_INVALID")
			}
			m.Spoiler = m.Spoiler || e.Type == "spoiler" && e.Offset == 0 && e.Length >= units(m.Text)
		}
	}
	var reply struct {
		ID    int64 `json:"message_id"`
		Allow bool  `json:"allow_sending_without_reply"`
	}
	if no := p.nested("reply_parameters", &reply); no != nil {
		return 0, nil, no
	}
	var old *Message
	if reply.ID != 0 {
		old = s.chats[chat].find(reply.ID)
		switch {
		case old != nil && !old.Deleted:
			m.ReplyTo = reply.ID
		case !reply.Allow:
			return 0, nil, bad("message to be replied not found")
		}
	}
	if m.Topic, no = s.place(chat, p, old); no != nil {
		return 0, nil, no
	}
	return chat, m, nil
}

var entityTypes = strings.Fields("mention hashtag cashtag bot_command url email phone_number bold italic underline strikethrough spoiler blockquote expandable_blockquote code pre text_link text_mention custom_emoji")

func buttons(p params) ([][]Button, *refusal) {
	var k struct {
		Rows [][]struct {
			Text string  `json:"text"`
			Data *string `json:"callback_data"`
			URL  string  `json:"url"`
		} `json:"inline_keyboard"`
	}
	if no := p.nested("reply_markup", &k); no != nil {
		return nil, no
	}
	var rows [][]Button
	n := 0
	for _, row := range k.Rows {
		var r []Button
		for _, b := range row {
			n++
			switch {
			case strings.TrimSpace(b.Text) == "":
				return nil, bad("inline keyboard button text is empty")
			case b.URL != "" && b.Data != nil:
				return nil, bad("can't parse inline keyboard button: only one of the fields may be used")
			case b.URL != "" && !goodURL(b.URL):
				return nil, bad("inline keyboard button URL '" + b.URL + "' is invalid: Wrong HTTP URL")
			case b.URL != "":
				r = append(r, Button{Label: b.Text, URL: b.URL})
			case b.Data == nil:
				return nil, bad("text buttons are unallowed in the inline keyboard")
			case len(*b.Data) == 0 || len(*b.Data) > 64:
				return nil, bad("BUTTON_DATA_INVALID")
			default:
				r = append(r, Button{Label: b.Text, Data: *b.Data})
			}
		}
		if len(r) > 0 {
			rows = append(rows, r)
		}
	}
	if n > 100 {
		return nil, bad("reply markup is too long")
	}
	return rows, nil
}

// send keeps composed messages, if the limits allow it.
func (s *Server) send(chat int64, messages ...*Message) *refusal {
	if s.Limits {
		if after := s.limits.take(s.Now(), chat, s.groups[chat] != nil, len(messages)); after > 0 {
			f := TooMany(after)
			s.waits[lane(chat)] = s.Now().Add(seconds(after))
			return &refusal{code: f.code, why: f.why, extra: object{"retry_after": after}}
		}
	}
	h := s.chats[chat]
	for _, m := range messages {
		m.Bot, m.Chat = true, chat
		h.keep(m, s.Now())
	}
	return nil
}

func (s *Server) sendMessage(p params) (any, *refusal) {
	chat, m, no := s.compose(p, p.text["text"], 4096)
	if no != nil {
		return nil, no
	}
	if m.Text == "" {
		return nil, bad("message text is empty")
	}
	if no := s.send(chat, m); no != nil {
		return nil, no
	}
	return s.message(chat, m), nil
}

func (s *Server) sendPhoto(p params) (any, *refusal) {
	chat, m, no := s.compose(p, p.text["caption"], 1024)
	if no != nil {
		return nil, no
	}
	m.Caption = true
	if no := s.attach(m, p, p.text["photo"], "photo"); no != nil {
		return nil, no
	}
	m.Spoiler = m.Spoiler || p.flag("has_spoiler")
	if no := s.send(chat, m); no != nil {
		return nil, no
	}
	return s.message(chat, m), nil
}

// attach finds the picture of a message: uploaded, or known by its id.
func (s *Server) attach(m *Message, p params, named, field string) *refusal {
	if name, ok := strings.CutPrefix(named, "attach://"); ok {
		field = name
	}
	up, ok := p.files[field]
	switch {
	case ok && len(up.data) == 0:
		return bad("file must be non-empty")
	case ok && len(up.data) > 10<<20:
		return &refusal{code: http.StatusRequestEntityTooLarge, why: "Request Entity Too Large"}
	case ok:
		m.Photos = append(m.Photos, s.keep("photos", ".jpg", up.data))
	case s.files[named] != nil:
		m.Photos = append(m.Photos, named)
	case named == "":
		return bad("there is no photo in the request")
	default:
		return bad("wrong file identifier/HTTP URL specified")
	}
	return nil
}

// sendFile sends one file. Like Telegram it shows what its players cannot play
// as a document, whatever it was sent as.
func (s *Server) sendFile(p params, kind string) (any, *refusal) {
	chat, m, no := s.compose(p, p.text["caption"], 1024)
	if no != nil {
		return nil, no
	}
	m.Caption = true
	up, ok := p.files[kind]
	switch {
	case ok && len(up.data) == 0:
		return nil, bad("file must be non-empty")
	case ok && len(up.data) > 50<<20:
		return nil, &refusal{code: http.StatusRequestEntityTooLarge, why: "Request Entity Too Large"}
	case !ok && p.text[kind] == "":
		return nil, bad("there is no " + kind + " in the request")
	case !ok:
		return nil, bad("wrong file identifier/HTTP URL specified")
	case kind == "voice" && s.users[chat] != nil && s.users[chat].NoVoice:
		return nil, bad("VOICE_MESSAGES_FORBIDDEN")
	}
	m.File = &File{Kind: "document", Name: up.name}
	if plays(kind, up.data) {
		m.File.Kind, m.File.Seconds = kind, int(p.number("duration"))
	}
	m.File.ID = s.keep(m.File.Kind, path.Ext(up.name), up.data)
	if no := s.send(chat, m); no != nil {
		return nil, no
	}
	return s.message(chat, m), nil
}

// plays says whether there is a player: for voice notes in Opus, for music in
// MP3 and MP4.
func plays(kind string, data []byte) bool {
	switch kind {
	case "document":
		return false
	case "voice":
		return bytes.HasPrefix(data, []byte("OggS")) && bytes.Contains(data[:min(len(data), 512)], []byte("OpusHead"))
	}
	return http.DetectContentType(data) == "audio/mpeg" || len(data) > 8 && string(data[4:8]) == "ftyp"
}

func (s *Server) sendAlbum(p params) (any, *refusal) {
	var media []struct {
		Type    string `json:"type"`
		Media   string `json:"media"`
		Caption string `json:"caption"`
	}
	if no := p.nested("media", &media); no != nil {
		return nil, no
	}
	if len(media) == 0 || len(media) > 10 {
		return nil, bad("wrong number of media in album")
	}
	if p.text["reply_markup"] != "" {
		return nil, bad("reply_markup is not allowed for albums")
	}
	var messages []*Message
	var chat int64
	for _, item := range media {
		c, m, no := s.compose(p, item.Caption, 1024)
		if no != nil {
			return nil, no
		}
		if item.Type != "photo" {
			return nil, bad("unsupported media type")
		}
		chat, m.Caption = c, true
		if no := s.attach(m, p, item.Media, ""); no != nil {
			return nil, no
		}
		messages = append(messages, m)
	}
	if no := s.send(chat, messages...); no != nil {
		return nil, no
	}
	var sent []object
	for _, m := range messages {
		m.Album = lane(messages[0].ID)
		sent = append(sent, s.message(chat, m))
	}
	return sent, nil
}

func (s *Server) editText(p params) (any, *refusal)    { return s.edit(p, p.text["text"], false) }
func (s *Server) editCaption(p params) (any, *refusal) { return s.edit(p, p.text["caption"], true) }

func (s *Server) edit(p params, text string, caption bool) (any, *refusal) {
	most := 4096
	if caption {
		most = 1024
	}
	chat, m, no := s.compose(p, text, most)
	if no != nil {
		return nil, no
	}
	old := s.chats[chat].find(p.number("message_id"))
	switch {
	case m.Text == "" && !caption:
		return nil, bad("message text is empty")
	case old == nil || old.Deleted:
		return nil, bad("message to edit not found")
	case !old.Bot:
		return nil, bad("message can't be edited")
	case (old.Caption || old.Poll != nil) && !caption:
		return nil, bad("there is no text in the message to edit")
	case !old.Caption && caption:
		return nil, bad("there is no caption in the message to edit")
	case old.Text == m.Text && old.Spoiler == m.Spoiler && reflect.DeepEqual(old.Buttons, m.Buttons):
		return nil, bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	old.Edits = append(old.Edits, Edit{Text: old.Text, Buttons: old.Buttons})
	old.Text, old.Buttons, old.Spoiler = m.Text, m.Buttons, m.Spoiler
	return s.message(chat, old), nil
}

func (s *Server) deleteMessage(p params) (any, *refusal) {
	chat, no := s.reach(p)
	if no != nil {
		return nil, no
	}
	m := s.chats[chat].find(p.number("message_id"))
	switch {
	case m == nil || m.Deleted:
		return nil, bad("message to delete not found")
	case s.Now().Sub(m.At) > 2*day:
		return nil, bad("message can't be deleted for everyone")
	}
	m.Deleted = true
	return true, nil
}

func (s *Server) answerPress(p params) (any, *refusal) {
	c := s.presses[p.text["callback_query_id"]]
	switch {
	case c == nil || s.Now().Sub(c.at) > pressKept:
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	case units(p.text["text"]) > 200:
		return nil, bad("MESSAGE_TOO_LONG")
	}
	c.answered, c.toast, c.alert = true, p.text["text"], p.flag("show_alert")
	return true, nil
}
