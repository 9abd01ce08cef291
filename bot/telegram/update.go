package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-telegram/bot/models"

	"linli/bot"
	"linli/flows"
)

// heard is an update on its way to Receive.
type heard struct {
	id    int64
	lane  string // updates of the same lane keep their order
	press string // id of the callback query that waits for an answer
	in    bot.Inbound
}

// The types below hold just what is used of an update. The library's own
// Update fails as a whole when some part, say a quoted message's background,
// is of a kind that is newer than the library; a resident's words must not be
// lost for that.
type (
	update struct {
		ID       *int64           `json:"update_id"`
		Message  *json.RawMessage `json:"message"`
		Edited   *json.RawMessage `json:"edited_message"`
		Callback *json.RawMessage `json:"callback_query"`
		Self     *json.RawMessage `json:"my_chat_member"`
		Member   *json.RawMessage `json:"chat_member"`
		Reaction *json.RawMessage `json:"message_reaction"`
		Answer   *json.RawMessage `json:"poll_answer"`
	}
	message struct {
		ID         int64            `json:"message_id"`
		Thread     int64            `json:"message_thread_id"`
		Topic      bool             `json:"is_topic_message"`
		From       *models.User     `json:"from"`
		SenderChat *chat            `json:"sender_chat"`
		Via        *models.User     `json:"via_bot"`
		Date       int64            `json:"date"`
		EditDate   int64            `json:"edit_date"`
		Chat       *chat            `json:"chat"`
		Album      string           `json:"media_group_id"`
		Forward    *json.RawMessage `json:"forward_origin"`
		Forwarded  int64            `json:"forward_date"` // before Bot API 7.0
		ReplyTo    *reference       `json:"reply_to_message"`
		Text       string           `json:"text"`
		Caption    string           `json:"caption"`
		Photo      []photo          `json:"photo"`
		Document   *document        `json:"document"`
		Voice      *models.Voice    `json:"voice"`
		Location   *models.Location `json:"location"`
		Venue      *struct {
			Location models.Location `json:"location"`
		} `json:"venue"`
		Came    []models.User `json:"new_chat_members"`
		Went    *models.User  `json:"left_chat_member"`
		Created bool          `json:"group_chat_created"`
		MovedTo int64         `json:"migrate_to_chat_id"`
		MovedIn int64         `json:"migrate_from_chat_id"`
	}
	chat struct {
		ID    int64  `json:"id"`
		Type  string `json:"type"`
		Title string `json:"title"`
	}
	reference struct {
		ID     int64 `json:"message_id"`
		Thread int64 `json:"message_thread_id"`
		Topic  bool  `json:"is_topic_message"`
		Chat   *chat `json:"chat"`
	}
	photo struct {
		ID     string `json:"file_id"`
		Width  int64  `json:"width"`
		Height int64  `json:"height"`
		Size   int64  `json:"file_size"`
	}
	document struct {
		ID   string `json:"file_id"`
		Mime string `json:"mime_type"`
		Size int64  `json:"file_size"`
	}
	callback struct {
		ID      string       `json:"id"`
		From    *models.User `json:"from"`
		Message *reference   `json:"message"` // accessible or not, it has these two
		Data    string       `json:"data"`
	}
	reaction struct {
		Chat  *chat        `json:"chat"`
		ID    int64        `json:"message_id"`
		User  *models.User `json:"user"`
		Actor *chat        `json:"actor_chat"`
		Date  int64        `json:"date"`
	}
)

var (
	errNoID  = errors.New("update has no id")
	errShape = errors.New("part of the update is missing")
)

// read understands one update. It fails only if the update has no id: any
// other one that is of no use, or not understood, is Ignored.
func (t *Telegram) read(ctx context.Context, raw []byte) (heard, error) {
	var u update
	if err := json.Unmarshal(raw, &u); err != nil || u.ID == nil {
		return heard{}, errNoID
	}
	key := "u/" + strconv.FormatInt(*u.ID, 10)
	h := heard{id: *u.ID, lane: key, in: bot.Inbound{Channel: name, Keys: []string{key}, At: t.now(), Kind: bot.Ignored}}
	known := h
	var err error
	switch {
	case len(raw) > updateLimit:
		err = errShape
	case u.Message != nil:
		err = t.readMessage(ctx, *u.Message, false, &h)
	case u.Edited != nil:
		err = t.readMessage(ctx, *u.Edited, true, &h)
	case u.Callback != nil:
		err = t.readPress(*u.Callback, &h)
	case u.Self != nil:
		err = t.readMembership(ctx, *u.Self, true, &h)
	case u.Member != nil:
		err = t.readMembership(ctx, *u.Member, false, &h)
	case u.Reaction != nil:
		err = t.readReaction(*u.Reaction, &h)
	case u.Answer != nil:
		err = readAnswer(*u.Answer, &h)
	default:
		t.log.Debug("update of an unknown kind", "update", h.id)
	}
	if err != nil {
		// The error itself may quote the message.
		t.log.Warn("update was not understood and is skipped", "update", h.id)
		return known, nil
	}
	return h, nil
}

func (t *Telegram) readMessage(ctx context.Context, raw []byte, edited bool, h *heard) error {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	if m.Chat == nil {
		return errShape
	}
	in := &h.in
	at := strconv.FormatInt(m.Chat.ID, 10)
	h.lane = at
	in.At = time.Unix(m.Date, 0)
	in.Chat = m.Chat.peer()
	in.From = m.speaker()
	if !in.Chat.Group {
		in.Chat.Name, in.Chat.Lang = in.From.Name, in.From.Lang
	}
	if m.ID != 0 { // 0 is shared by all messages that only one member sees
		key := "m/" + at + "/" + strconv.FormatInt(m.ID, 10)
		if edited {
			// Two edits may fall into one second.
			key += fmt.Sprintf("/%d.%08x", m.EditDate, crc32.ChecksumIEEE([]byte(m.Text+"\x00"+m.Caption)))
			in.At = time.Unix(m.EditDate, 0)
		}
		in.Keys = append(in.Keys, key)
	}

	switch {
	case m.Chat.Type == "channel":
		return nil
	case m.MovedTo != 0:
		h.migrated(m.Chat.ID, m.MovedTo)
		return nil
	case m.MovedIn != 0:
		h.migrated(m.MovedIn, m.Chat.ID)
		return nil
	case m.Went != nil && m.Went.ID == t.self:
		in.Kind = bot.Removed
		in.Keys = append(in.Keys, moment("x/"+at, m.Date)...)
		return nil
	case m.Went != nil:
		in.Kind, in.From = bot.Left, person(*m.Went)
		in.Keys = append(in.Keys, moment("l/"+at+"/"+in.From.Address, m.Date)...)
		return nil
	case m.Created || t.among(m.Came):
		in.Kind, in.Title = bot.Joined, in.Chat.Name
		in.Reads, in.Admin = t.powers(ctx, at) // which the message does not tell
		in.Keys = append(in.Keys, moment("j/"+at, m.Date)...)
		return nil
	case len(m.Came) > 0:
		// Of several only the first is told: one update is one thing heard.
		in.Kind, in.From = bot.Came, person(m.Came[0])
		in.Keys = append(in.Keys, moment("k/"+at+"/"+in.From.Address, m.Date)...)
		return nil
	}

	topic := m.topic()
	t.topics.note(m.Chat.ID, m.ID, topic)
	in.Message = flows.Message{
		Ref:       refOf(m.ID, topic),
		Text:      t.command(ctx, m.Text+m.Caption), // a message has one of them
		Media:     m.media(),
		Point:     m.point(),
		Forwarded: m.Forward != nil || m.Forwarded != 0,
		Album:     m.Album,
	}
	// In a forum every message answers, formally, the one that opened its topic;
	// what it truly answers is always of the same topic.
	if r := m.ReplyTo; r != nil && r.ID > 0 && r.ID != topic {
		in.Message.ReplyTo = refOf(r.ID, topic)
	}
	said := in.Message.Text != "" || in.Message.Media != nil
	switch {
	case edited && said: // without words it is a live location that moves
		in.Kind = bot.Edited
	case !edited && (said || in.Message.Point != nil):
		in.Kind = bot.Said
	}
	return nil
}

func (t *Telegram) readPress(raw []byte, h *heard) error {
	var c callback
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.ID == "" || c.From == nil {
		return errShape
	}
	in := &h.in
	h.press = c.ID
	in.Keys = append(in.Keys, "c/"+c.ID)
	in.From = person(*c.From)
	h.lane = in.From.Address
	if c.Message == nil || c.Message.Chat == nil || c.Data == "" {
		return nil // of an inline message or a game: never ours
	}
	in.Kind, in.Press = bot.Pressed, c.Data
	in.Chat = c.Message.Chat.peer()
	h.lane = in.Chat.Address
	if in.Chat.Group {
		h.lane = in.From.Address + "@" + h.lane // two people press in no order, and of a thousand who press at once none waits for the others
	}
	if !in.Chat.Group {
		in.Chat.Name, in.Chat.Lang = in.From.Name, in.From.Lang
	}
	topic := c.Message.topic()
	if topic == 0 {
		topic = t.topics.of(c.Message.Chat.ID, c.Message.ID)
	}
	t.topics.note(c.Message.Chat.ID, c.Message.ID, topic)
	in.Message.Ref = refOf(c.Message.ID, topic)
	return nil
}

// readReaction keeps which message somebody put a sign on, or took it off, and
// not which sign. Telegram tells a bot so in groups only where it is an admin.
func (t *Telegram) readReaction(raw []byte, h *heard) error {
	var r reaction
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	if r.Chat == nil {
		return errShape
	}
	in := &h.in
	in.Chat, in.At = r.Chat.peer(), time.Unix(r.Date, 0)
	h.lane = in.Chat.Address
	if r.Chat.Type == "channel" || r.ID <= 0 {
		return nil
	}
	in.Kind, in.Message.Ref = bot.Reacted, refOf(r.ID, t.topics.of(r.Chat.ID, r.ID))
	switch {
	case r.User != nil:
		in.From = person(*r.User)
	case r.Actor != nil:
		in.From = bot.Peer{Address: strconv.FormatInt(r.Actor.ID, 10), Name: display(r.Actor.Title)}
	}
	if !in.Chat.Group {
		in.Chat.Name, in.Chat.Lang = in.From.Name, in.From.Lang
	}
	return nil
}

// topic is the number of the topic a message is in: replies in groups without
// topics form threads, too, and those are none.
func (m *message) topic() int64   { return topicID(m.Topic, m.Thread) }
func (r *reference) topic() int64 { return topicID(r.Topic, r.Thread) }

func topicID(in bool, thread int64) int64 {
	if !in || thread <= 1 { // 1 is the General topic
		return 0
	}
	return thread
}

func (c *chat) peer() bot.Peer {
	return bot.Peer{Address: strconv.FormatInt(c.ID, 10), Name: display(c.Title), Group: c.Type != "private"}
}

// speaker is who speaks: a channel or an anonymous admin stands in front of
// the account that Telegram names.
func (m *message) speaker() bot.Peer {
	switch {
	case m.SenderChat != nil:
		return bot.Peer{Address: strconv.FormatInt(m.SenderChat.ID, 10), Name: display(m.SenderChat.Title)}
	case m.From == nil:
		return bot.Peer{}
	}
	p := person(*m.From)
	p.Person = p.Person && m.Via == nil
	return p
}

func person(u models.User) bot.Peer {
	p := bot.Peer{
		Address: strconv.FormatInt(u.ID, 10),
		Name:    display(u.FirstName + " " + u.LastName),
		Person:  !u.IsBot,
		Lang:    u.LanguageCode,
	}
	if p.Name == "" {
		p.Name = u.Username
	}
	return p
}

func (m *message) media() []flows.Media {
	var best *photo
	for i := range m.Photo {
		p := &m.Photo[i]
		if p.Size <= fileLimit && (best == nil || p.Width*p.Height > best.Width*best.Height) {
			best = p
		}
	}
	switch {
	case best != nil:
		return []flows.Media{{Kind: "photo", Remote: best.ID, Channel: name}}
	case m.Voice != nil && m.Voice.FileSize <= fileLimit:
		return []flows.Media{{Kind: "voice", Remote: m.Voice.FileID, Channel: name, Seconds: m.Voice.Duration}}
	case m.Document != nil && pictures[m.Document.Mime] && m.Document.Size <= fileLimit:
		// A photo sent "as a file".
		return []flows.Media{{Kind: "photo", Remote: m.Document.ID, Channel: name}}
	}
	return nil
}

// pictures are the files that are photos. Others, a video, an SVG that may run a
// script, are left where they are; the words beside them count.
var pictures = map[string]bool{"image/jpeg": true, "image/png": true, "image/webp": true, "image/gif": true, "image/heic": true, "image/heif": true, "image/bmp": true}

func (m *message) point() *flows.Point {
	switch {
	case m.Venue != nil:
		return &flows.Point{Lat: m.Venue.Location.Latitude, Lon: m.Venue.Location.Longitude}
	case m.Location != nil:
		return &flows.Point{Lat: m.Location.Latitude, Lon: m.Location.Longitude}
	}
	return nil
}

var addressed = regexp.MustCompile(`^(/[A-Za-z0-9_]+)@([A-Za-z0-9_]+)(\s|$)`)

// command takes our own name out of a command, as the menus of groups write
// it; a command for another bot stays as it is.
func (t *Telegram) command(ctx context.Context, text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	m := addressed.FindStringSubmatchIndex(text)
	if m == nil || !strings.EqualFold(text[m[4]:m[5]], t.own(ctx).name) {
		return text
	}
	return text[:m[3]] + text[m[5]:]
}

// own is who the bot is; Telegram is asked if Run has not learnt it yet.
func (t *Telegram) own(ctx context.Context) me {
	if m := t.me.Load(); m != nil {
		return *m
	}
	if _, _, err := t.Check(ctx); err != nil {
		t.log.Warn("the bot's own name is not known", "error", err)
		return me{}
	}
	return *t.me.Load()
}

// display makes a name safe to show beside other text: no controls, no
// marks that turn the direction or hide, one line.
func display(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Co), r == unicode.ReplacementChar,
			r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u2800': // letters that show nothing
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
