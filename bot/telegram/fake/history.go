package fake

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Message is a message in a chat as it reads now.
type Message struct {
	ID        int64
	Chat      int64
	Bot       bool  // sent by the bot
	From      int64 // of a person
	At        time.Time
	Text      string // or the caption
	Caption   bool   // it has media, and Text is their caption
	Buttons   [][]Button
	Photos    []string // file ids, see Server.File
	File      *File    // a voice note, music or document
	Poll      *Poll
	Album     string
	Topic     int64 // 0 is the General topic, or a group without any
	ReplyTo   int64
	Silent    bool
	Spoiler   bool // all of Text is hidden
	Protected bool
	Preview   bool   // links may have a preview
	Edits     []Edit // what it was before, oldest first
	Deleted   bool
	Pinned    bool
	PinLoud   bool   // members were notified of it
	Sign      string // the bot's on it

	raw    object // as a person's update has it
	theirs map[int64][]string
}

// File is what one message carries beside photos.
type File struct {
	Kind    string // voice, audio or document: how people see it
	ID      string // see Server.File
	Name    string
	Seconds int
}

// Edit is an earlier state of a message.
type Edit struct {
	Text    string
	Buttons [][]Button
}

// Button is a button below a message.
type Button struct{ Label, Data, URL string }

func (m *Message) clone() Message {
	c := *m
	if m.File != nil {
		f := *m.File
		c.File = &f
	}
	c.Poll = m.Poll.clone()
	c.Photos, c.Edits, c.raw, c.theirs = slices.Clone(m.Photos), slices.Clone(m.Edits), nil, nil
	return c
}

// history is what was said in a chat. Numbers begin at 1 without a gap.
type history struct {
	messages []*Message
	sent     int
}

func (h *history) add(at time.Time) *Message {
	m := &Message{}
	h.keep(m, at)
	return m
}

func (h *history) keep(m *Message, at time.Time) {
	m.ID, m.At = int64(len(h.messages)+1), at
	h.messages = append(h.messages, m)
	if m.Bot {
		h.sent++
	}
}

func (h *history) find(id int64) *Message {
	if h == nil || id < 1 || id > int64(len(h.messages)) {
		return nil
	}
	return h.messages[id-1]
}

// message is how the API shows a message.
func (s *Server) message(chat int64, m *Message) object {
	if m.raw != nil {
		o := object{}
		for k, v := range m.raw {
			if k != "reply_to_message" { // it is shown one level deep
				o[k] = v
			}
		}
		return o
	}
	o := object{"message_id": m.ID, "date": m.At.Unix(), "chat": s.chat(chat), "from": s.me()}
	switch {
	case m.Caption && m.Text != "":
		o["caption"] = m.Text
	case m.Poll != nil:
		o["poll"] = m.Poll.object()
	case !m.Caption:
		o["text"] = m.Text
	}
	if len(m.Photos) > 0 {
		size := 0
		if f := s.files[m.Photos[0]]; f != nil {
			size = len(f.data)
		}
		o["photo"] = []object{{"file_id": m.Photos[0], "file_unique_id": m.Photos[0] + "u", "width": 1280, "height": 960, "file_size": size}}
	}
	if f := m.File; f != nil {
		o[f.Kind] = object{"file_id": f.ID, "file_unique_id": f.ID + "u", "file_size": len(s.files[f.ID].data)}
		switch f.Kind {
		case "voice", "audio":
			o[f.Kind].(object)["duration"] = f.Seconds
		case "document":
			o[f.Kind].(object)["file_name"] = f.Name
		}
	}
	if m.Topic != 0 {
		o["message_thread_id"], o["is_topic_message"] = m.Topic, true
	}
	if m.Album != "" {
		o["media_group_id"] = m.Album
	}
	if len(m.Edits) > 0 {
		o["edit_date"] = s.Now().Unix()
	}
	if m.ReplyTo != 0 {
		if old := s.chats[chat].find(m.ReplyTo); old != nil && old.ReplyTo == 0 {
			o["reply_to_message"] = s.message(chat, old)
		}
	}
	if len(m.Buttons) > 0 {
		var rows [][]object
		for _, row := range m.Buttons {
			var r []object
			for _, b := range row {
				k := object{"text": b.Label}
				if b.URL != "" {
					k["url"] = b.URL
				} else {
					k["callback_data"] = b.Data
				}
				r = append(r, k)
			}
			rows = append(rows, r)
		}
		o["reply_markup"] = object{"inline_keyboard": rows}
	}
	return o
}

type file struct {
	path string
	data []byte
}

// keep stores a file and gives its id; the lock is held.
func (s *Server) keep(folder, ending string, data []byte) string {
	s.serial++
	id := "AgACAgUAAx" + strconv.FormatInt(s.serial, 36)
	s.files[id] = &file{path: folder + "/file_" + strconv.Itoa(len(s.files)) + ending, data: slices.Clone(data)}
	return id
}

// File gives the bytes of a file by its id, nil if there is none.
func (s *Server) File(id string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.files[id]; f != nil {
		return slices.Clone(f.data)
	}
	return nil
}

// MoveFile lets getFile name another path for a file, be it one that leaves the server.
func (s *Server) MoveFile(id, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[id].path = path
}

func (s *Server) getFile(p params) (any, *refusal) {
	id := p.text["file_id"]
	f := s.files[id]
	switch {
	case f == nil:
		return nil, bad("invalid file_id")
	case len(f.data) > 20<<20:
		return nil, bad("file is too big")
	}
	return object{"file_id": id, "file_unique_id": id + "u", "file_size": len(f.data), "file_path": f.path}, nil
}

func (s *Server) download(w http.ResponseWriter, r *http.Request, path string) {
	call := Call{Method: "download", At: s.Now(), Params: map[string]string{"path": path}, Code: http.StatusOK}
	fault := s.fault(call)
	s.linger(r, fault)
	switch fault.kind {
	case "before", "after", "garbage":
		panic(http.ErrAbortHandler)
	case "html":
		call.Code = http.StatusBadGateway
	case "refuse":
		call.Code = fault.code
	}
	var data []byte
	if call.Code == http.StatusOK {
		call.Code = http.StatusNotFound
		s.mu.Lock()
		for _, f := range s.files {
			if f.path == path {
				data, call.Code = f.data, http.StatusOK
			}
		}
		s.mu.Unlock()
	}
	s.record(call)
	if call.Code != http.StatusOK {
		http.Error(w, strings.ToLower(http.StatusText(call.Code)), call.Code)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(data)
}

// limits are what Telegram is known to allow; the exact values are nowhere
// written and move.
type limits struct {
	all   *rate.Limiter
	chats map[int64]*rate.Limiter
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// take gives the seconds to wait, 0 if n messages may go now.
func (l *limits) take(now time.Time, chat int64, group bool, n int) int {
	if l.all == nil {
		l.all = rate.NewLimiter(30, 30)
		l.chats = map[int64]*rate.Limiter{}
	}
	one := l.chats[chat]
	if one == nil {
		one = rate.NewLimiter(1, 5) // short bursts pass
		if group {
			one = rate.NewLimiter(rate.Every(3*time.Second), 20)
		}
		l.chats[chat] = one
	}
	a, b := l.all.ReserveN(now, n), one.ReserveN(now, n)
	if !a.OK() || !b.OK() {
		a.CancelAt(now)
		b.CancelAt(now)
		return 60
	}
	wait := max(a.DelayFrom(now), b.DelayFrom(now))
	if wait <= 0 {
		return 0
	}
	a.CancelAt(now)
	b.CancelAt(now)
	return int((wait + time.Second - 1) / time.Second)
}
