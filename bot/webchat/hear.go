package webchat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"linli/bot"
	"linli/bot/photo"
	"linli/flows"
)

// PostOptions say what a post is besides its text.
type PostOptions struct {
	ID      string // made by the client, the same for every attempt; empty: a new one
	Reply   string // the line of the chat that this answers
	Edit    string // the member's own line that gets a new text
	Photo   []byte // JPEG, PNG or WebP
	Voice   []byte // WebM, Ogg or MP4
	Seconds int    // length of the voice note
	Point   *flows.Point
	Scene   string // where the code was put up at which it was written
}

// PressOptions say which button was pressed, as far as it is known.
type PressOptions struct {
	ID      string // as of PostOptions
	Message string // the line that carries the button
}

var (
	errID      = errors.New("webchat: the id of a post must be 8 to 64 letters, digits, - or _")
	errEmpty   = errors.New("webchat: nothing to post")
	errLong    = errors.New("webchat: the text is too long")
	errLarge   = errors.New("webchat: the file is too large")
	errType    = errors.New("webchat: no such type of file is taken")
	errNotOwn  = errors.New("webchat: only the own message can be changed")
	errPoint   = errors.New("webchat: no such place on earth")
	errButton  = errors.New("webchat: no such button")
	errReceive = errors.New("webchat: stored, not yet taken by the receiver")
)

var goodID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)

// Post says something as a member in a chat of theirs: it stores the line,
// shows it, and hands it to the receiver. A nil error means that the receiver has
// taken it; after any other, Post may be called again with the same ID.
func (w *Webchat) Post(ctx context.Context, as, chat, text string, o PostOptions) (ref string, err error) {
	text = strings.TrimSpace(clean(text))
	if o.ID == "" {
		o.ID = random()
	}
	kind, files, err := w.check(text, o)
	if err != nil {
		return "", err
	}
	defer func() {
		if ref == "" {
			w.dropFiles([]string{files.Photo, files.Voice})
		}
	}()
	turn := w.turn(chat)
	turn.Lock()
	defer turn.Unlock()
	name, now := "w/"+as+"/"+o.ID, w.o.Now()
	waits := false
	err = w.h.update(func(t tx) error {
		ref, waits = "", false // bolt may run it again
		p, err := t.member(as)
		if err != nil {
			return err
		}
		if !slices.Contains(p.chats(as), chat) {
			return errNoChat
		}
		if v := t.seen(name); v != nil {
			ref = string(v)
			*t.drop = append(*t.drop, files.names()...)
			waits = t.bucket("unheard").Get([]byte(name)) != nil
			return nil
		}
		l := Line{Chat: chat, From: as, Name: p.Name, Role: p.Role, At: now, Text: text, Point: o.Point}
		if files.Photo != "" {
			l.Photos = []string{files.Photo}
		}
		if files.Voice != "" {
			l.Voices = []Voice{{File: files.Voice, Seconds: o.Seconds}}
		}
		if o.Reply != "" {
			if _, err := t.line(chat, o.Reply); err != nil {
				return err
			}
			l.Reply = o.Reply
		}
		if kind == bot.Edited {
			if l, err = t.line(chat, o.Edit); err != nil {
				return err
			}
			if l.From != as {
				return errNotOwn
			}
			l.Text, l.Edited = text, true
		}
		for f, typ := range files.types() {
			if err := write(t.bucket("files"), []byte(f), file{Chat: chat, Type: typ}); err != nil {
				return err
			}
		}
		if err := w.h.add(t, &l, now); err != nil {
			return err
		}
		ref, waits = l.ID, true
		in := w.heard(t, p, l, kind, "w/"+o.ID, now)
		in.Message, in.Scene = message(l), o.Scene
		if err := t.see(name, ref, now); err != nil {
			return err
		}
		return t.waits(name, in)
	})
	if err != nil {
		ref = ""
		return "", err
	}
	w.bell.ring()
	if !waits {
		return ref, nil // taken before
	}
	return ref, w.hand(ctx, chat)
}

// check looks at a post before anything is stored, and stores its file.
func (w *Webchat) check(text string, o PostOptions) (kind bot.Kind, f upload, err error) {
	var ok bool
	switch {
	case !goodID.MatchString(o.ID):
		return "", f, errID
	case utf8.RuneCountInString(text) > maxText:
		return "", f, errLong
	case o.Edit != "" && text == "", text == "" && o.Photo == nil && o.Voice == nil && o.Point == nil:
		return "", f, errEmpty
	case len(o.Photo) > maxPhoto, len(o.Voice) > maxVoice:
		return "", f, errLarge
	case o.Point != nil && !(o.Point.Lat >= -90 && o.Point.Lat <= 90 && o.Point.Lon >= -180 && o.Point.Lon <= 180):
		return "", f, errPoint
	}
	if o.Edit != "" {
		return bot.Edited, f, nil
	}
	if o.Photo != nil {
		if f.photoType, ok = photo.Type(o.Photo); !ok {
			return "", f, errType
		}
		if bare, err := photo.Bare(o.Photo); err == nil {
			o.Photo = bare // a broken one stays as it is: the words with it may be of a danger
		}
	}
	if o.Voice != nil {
		if f.voiceType, ok = voiceType(o.Voice); !ok {
			return "", f, errType
		}
	}
	if o.Photo != nil {
		if f.Photo, err = w.keepFile(o.Photo); err != nil {
			return "", f, err
		}
	}
	if o.Voice != nil {
		if f.Voice, err = w.keepFile(o.Voice); err != nil {
			w.dropFiles(f.names())
			return "", f, err
		}
	}
	return bot.Said, f, nil
}

// upload is the files of a post.
type upload struct{ Photo, photoType, Voice, voiceType string }

func (u upload) types() map[string]string {
	m := map[string]string{u.Photo: u.photoType, u.Voice: u.voiceType}
	delete(m, "")
	return m
}

func (u upload) names() (names []string) {
	for n := range u.types() {
		names = append(names, n)
	}
	return names
}

func message(l Line) flows.Message {
	m := flows.Message{Ref: l.ID, Text: l.Text, Point: l.Point, ReplyTo: l.Reply}
	for _, p := range l.Photos {
		m.Media = append(m.Media, flows.Media{Kind: "photo", Remote: p, Channel: Name})
	}
	for _, v := range l.Voices {
		m.Media = append(m.Media, flows.Media{Kind: "voice", Remote: v.File, Channel: Name, Seconds: v.Seconds})
	}
	return m
}

// heard is what the receiver is told, but for the content.
func (w *Webchat) heard(t tx, p person, l Line, kind bot.Kind, key string, now time.Time) *bot.Inbound {
	in := &bot.Inbound{
		Channel: Name, Keys: []string{key}, At: now, Kind: kind,
		Chat: bot.Peer{Address: l.Chat, Name: p.Name, Lang: p.Lang},
		From: bot.Peer{Address: "m/" + l.From, Name: p.Name, Person: true, Lang: p.Lang},
	}
	if _, ok := group(l.Chat); ok {
		in.Chat = bot.Peer{Address: l.Chat, Group: true}
		in.Chat.Name, _ = t.groupName(l.Chat)
	} else {
		in.Chat.Person = true
	}
	return in
}

// unheard is a post as it waits for the receiver.
type unheard struct {
	bot.Inbound
	Seq uint64 `json:"seq"` // grows in the order in which it was said
	// Name is its key in the bucket.
	Name string `json:"-"`
}

// waits puts a post among those that the receiver has not taken.
func (t tx) waits(name string, in *bot.Inbound) error {
	b := t.bucket("unheard")
	n, err := b.NextSequence()
	if err != nil {
		return err
	}
	return write(b, []byte(name), unheard{Inbound: *in, Seq: n})
}

// waiting gives what the receiver has not taken, of one chat or ("") of all, in
// the order in which it was said.
func (t tx) waiting(chat string) (all []unheard, err error) {
	err = t.bucket("unheard").ForEach(func(k, v []byte) error {
		x := unheard{Name: string(k)}
		if err := json.Unmarshal(v, &x); err != nil {
			return wrap("history record", err)
		}
		if chat == "" || x.Chat.Address == chat {
			all = append(all, x)
		}
		return nil
	})
	slices.SortFunc(all, func(a, b unheard) int { return cmp.Compare(a.Seq, b.Seq) })
	return all, err
}

// hand gives the stored posts of a chat to the receiver, the oldest first, and
// notes what was taken. Where one is not taken those behind it wait, so that
// nothing overtakes. Who calls it holds the chat's turn.
func (w *Webchat) hand(ctx context.Context, chat string) error {
	var all []unheard
	if err := w.h.view(func(t tx) (err error) { all, err = t.waiting(chat); return err }); err != nil || len(all) == 0 {
		return err
	}
	r := w.receive.Load()
	if r == nil {
		return errReceive
	}
	for _, x := range all {
		if _, err := (*r).Receive(ctx, x.Inbound); err != nil {
			return errors.Join(errReceive, err)
		}
		if err := w.h.update(func(t tx) error { return t.bucket("unheard").Delete([]byte(x.Name)) }); err != nil {
			// It is handed over again, and the receiver knows its key.
			w.log.WarnContext(ctx, "post taken, not noted", "err", err)
		}
	}
	return nil
}

// again hands over what the receiver has not taken, chat by chat.
func (w *Webchat) again(ctx context.Context) {
	var all []unheard
	if err := w.h.view(func(t tx) (err error) { all, err = t.waiting(""); return err }); err != nil {
		w.log.ErrorContext(ctx, "waiting posts not read", "err", err)
		return
	}
	now, done := w.o.Now(), map[string]bool{}
	for _, x := range all {
		chat := x.Chat.Address
		if ctx.Err() != nil || done[chat] {
			continue
		}
		done[chat] = true
		turn := w.turn(chat)
		turn.Lock()
		err := w.hand(ctx, chat)
		turn.Unlock()
		if err != nil {
			w.log.WarnContext(ctx, "post not taken yet", "waiting", now.Sub(x.At))
		}
	}
}

// turn keeps what happens in a chat in one order, from the history to the
// receiver. Two chats may share a turn.
func (w *Webchat) turn(chat string) *sync.Mutex {
	return &w.turns[maphash.String(w.seed, chat)%uint64(len(w.turns))]
}

// Press presses the newest button with a label that stands in a chat.
func (w *Webchat) Press(ctx context.Context, as, chat, label string) (bot.Answer, error) {
	var found bot.Button
	var o PressOptions
	lines, err := w.History(chat)
	if err != nil {
		return bot.Answer{}, err
	}
	for _, l := range lines {
		for _, row := range l.Buttons {
			for _, b := range row {
				if b.Label == label {
					found, o.Message = b, l.ID
				}
			}
		}
	}
	if found.Data == "" {
		return bot.Answer{}, errButton
	}
	return w.PressData(ctx, as, chat, found.Data, o)
}

// PressData presses a button by its data. The data may be of a button that is no
// longer there, or that never was: what a press may do is for the rules to say.
func (w *Webchat) PressData(ctx context.Context, as, chat, data string, o PressOptions) (bot.Answer, error) {
	if o.ID == "" {
		o.ID = random()
	}
	switch {
	case !goodID.MatchString(o.ID):
		return bot.Answer{}, errID
	case data == "" || len(data) > maxData || !utf8.ValidString(data):
		return bot.Answer{}, errButton
	}
	turn := w.turn(chat)
	turn.Lock()
	defer turn.Unlock()
	var in *bot.Inbound
	err := w.h.view(func(t tx) error {
		p, err := t.member(as)
		if err != nil {
			return err
		}
		if !slices.Contains(p.chats(as), chat) {
			return errNoChat
		}
		if o.Message != "" {
			if _, err := t.line(chat, o.Message); err != nil {
				return err
			}
		}
		in = w.heard(t, p, Line{Chat: chat, From: as}, bot.Pressed, "p/"+o.ID, w.o.Now())
		in.Press, in.Message.Ref = data, o.Message
		return nil
	})
	if err != nil {
		return bot.Answer{}, err
	}
	// What was said before the press comes first.
	if err := w.hand(ctx, chat); err != nil {
		return bot.Answer{}, err
	}
	r := w.receive.Load()
	if r == nil {
		return bot.Answer{}, errReceive
	}
	a, err := (*r).Receive(ctx, *in)
	if err != nil {
		return bot.Answer{}, errors.Join(errReceive, err)
	}
	return a, nil
}

// Join tells the receiver, once, that Linli is in a group.
func (w *Webchat) Join(ctx context.Context, id string) error {
	r := w.receive.Load()
	if r == nil {
		return errReceive
	}
	in := bot.Inbound{
		Channel: Name, Keys: []string{"j/" + id}, At: w.o.Now(), Kind: bot.Joined,
		Chat: bot.Peer{Address: "g/" + id, Group: true},
	}
	var ok bool
	if err := w.h.view(func(t tx) error { in.Chat.Name, ok = t.groupName(in.Chat.Address); return nil }); err != nil {
		return wrap("join", err)
	}
	if !ok {
		return errNoChat
	}
	in.Title = in.Chat.Name
	if _, err := (*r).Receive(ctx, in); err != nil {
		return wrap("join", err)
	}
	return nil
}

// clean keeps what people write and drops what only disturbs a page: broken
// encoding, control characters, and marks that turn the order of the text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r == utf8.RuneError, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
