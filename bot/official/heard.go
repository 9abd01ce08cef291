package official

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"linli/bot"
	"linli/bot/weixin"
	"linli/flows"
)

// The platform hangs up after 5 s. Until then every callback has an answer.
const (
	receiveFor = 4500 * time.Millisecond // how long a callback waits for Receive
	answerFor  = 4300 * time.Millisecond // how long it waits for words to answer with
)

var (
	errLate     = errors.New("official: it took too long")
	errReceiver = errors.New("official: the receiver panicked")

	mediaForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,256}$`)
)

// unsupported is what WeChat writes in the place of a sticker and of everything else that it
// does not pass on. [U]: seen in the code of others, not in the documentation.
const unsupported = "【收到不支持的消息类型，暂无法显示】"

// callback is one HTTP request of the platform.
type callback struct {
	came   time.Time // by the clock of the machine: it measures how long the platform has waited
	answer *exchange // that is given in its response
}

type callbackKey struct{}

// ServeHTTP is the callback address of the account.
func (o *Official) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &callback{came: time.Now()}
	o.envelope.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callbackKey{}, c)))
	if c.answer == nil {
		return
	}
	err := http.NewResponseController(w).Flush()
	if errors.Is(err, http.ErrNotSupported) {
		err = nil
	}
	if err == nil {
		err = r.Context().Err() // the platform has hung up
	}
	o.written(c.answer, err)
}

// take hands on what the envelope let through. Receive may go on when the platform waits no
// longer; the next try of the platform then finds it done.
func (o *Official) take(ctx context.Context, m *weixin.Message) ([]byte, error) {
	c, ok := ctx.Value(callbackKey{}).(*callback)
	if !ok {
		c = &callback{came: time.Now()}
	}
	in, ok := o.read(m)
	if !ok {
		o.log.Warn("a callback names no sender and is skipped", "type", bounded(m.Type), "event", bounded(m.Event))
		return nil, nil
	}
	if o.options.Passive {
		return o.exchange(ctx, c, m, in)
	}
	place := o.lanes.place(in.From.Address)
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiveOn)
		defer cancel()
		_, err := o.receive(ctx, place, in)
		done <- err
	}()
	select {
	case err := <-done:
		return nil, err
	case <-time.After(time.Until(c.came.Add(receiveFor))):
		return nil, errLate
	}
}

// receive hands something to the receiver when everything has been that has a place before
// it.
func (o *Official) receive(ctx context.Context, at place, in bot.Inbound) (a bot.Answer, err error) {
	if err := at.wait(ctx); err != nil {
		return a, err
	}
	defer at.leave()
	defer func() {
		if recover() != nil {
			err = errReceiver
		}
	}()
	return o.options.Receive.Receive(ctx, in)
}

// read understands a message; ok is false where nobody said it.
func (o *Official) read(m *weixin.Message) (in bot.Inbound, ok bool) {
	if !openidForm.MatchString(m.From) {
		return in, false
	}
	in = bot.Inbound{
		Channel: Name, At: m.Created, Kind: bot.Ignored, Keys: []string{o.key(m)},
		Chat: bot.Peer{Address: m.From}, From: bot.Peer{Address: m.From, Person: true},
	}
	if m.Created.IsZero() || o.options.Passive {
		// A window that is counted in seconds begins when we hear of it: the platform may be
		// trying for the third time.
		in.At = o.now()
	}
	if m.Type == "event" {
		o.readEvent(m, &in)
	} else {
		o.readMessage(m, &in)
	}
	if o.options.Passive && in.Window.For > 0 {
		in.Window = bot.Window{Kind: "said", For: answerFor, Messages: 3}
	}
	return in, true
}

// key is the name of a message or an event when it is delivered again.
func (o *Official) key(m *weixin.Message) string {
	key := Name + "/" + o.options.AppID + "/"
	if m.Type != "event" && m.MsgID != "" {
		return key + m.MsgID
	}
	key += "e/" + m.From + "/" + strconv.FormatInt(m.Created.Unix(), 10) + "/" + m.Event + "/" + m.EventKey
	switch {
	case m.Type != "event": // which the platform never sends
		sum := sha256.Sum256([]byte(m.Type + "\x00" + m.Content + "\x00" + m.MediaID))
		key += "/" + hex.EncodeToString(sum[:8])
	case m.MsgID != "": // two notices may be through in the same second
		key += "/" + m.MsgID
	case m.Raw[sentID] != "":
		key += "/" + m.Raw[sentID]
	}
	return key
}

// Of the end of a 订阅通知, which names itself in a list.
const (
	sentID   = "SubscribeMsgSentEvent.List.MsgID"
	sentCode = "SubscribeMsgSentEvent.List.ErrorCode"
)

func (o *Official) readMessage(m *weixin.Message, in *bot.Inbound) {
	in.Kind = bot.Said
	in.Window = bot.Window{Kind: "said", For: said, Messages: 5}
	in.Message.Ref = m.MsgID
	media := func(kind string) {
		x := flows.Media{Kind: kind, Channel: Name}
		if mediaForm.MatchString(m.MediaID) {
			x.Remote = m.MediaID
		}
		in.Message.Media = []flows.Media{x}
	}
	switch m.Type {
	case "text":
		switch {
		case m.MenuID != "":
			in.Kind, in.Press = bot.Pressed, m.MenuID
		case strings.TrimSpace(m.Content) == unsupported:
			media("other")
		default:
			in.Message.Text = strings.ReplaceAll(m.Content, "\x00", "")
		}
	case "image":
		media("photo")
	case "voice":
		media("voice") // what the platform may have understood of it (Recognition) is nobody's word
	case "video", "shortvideo":
		media("video")
	case "location":
		if m.Lat != 0 || m.Lon != 0 {
			in.Message.Point = &flows.Point{Lat: m.Lat, Lon: m.Lon} // [U]: in which system it was measured
		}
	case "link":
		// Somebody else's page, passed on. It is read, never opened.
		in.Message.Forwarded = true
		var lines []string
		for _, x := range []string{m.Raw["Title"], m.Raw["Description"], m.Raw["Url"]} {
			if x = strings.TrimSpace(x); x != "" {
				lines = append(lines, x)
			}
		}
		in.Message.Text = strings.Join(lines, "\n")
	default:
		media("other")
		o.log.Warn("a message is of an unknown type", "type", bounded(m.Type))
	}
}

func (o *Official) readEvent(m *weixin.Message, in *bot.Inbound) {
	tap := bot.Window{Kind: "tapped", For: tapped, Messages: 3}
	switch strings.ToLower(m.Event) {
	case "subscribe":
		in.Kind, in.Window = bot.Entered, tap
		in.Scene, _ = strings.CutPrefix(m.EventKey, "qrscene_")
		if in.Scene == m.EventKey {
			in.Scene = "" // what stands there without the prefix is no code
		}
	case "scan":
		in.Kind, in.Scene, in.Window = bot.Entered, m.EventKey, tap
	case "unsubscribe":
		in.Kind = bot.Removed
	case "click":
		// The key of an entry is the word that somebody could have written.
		in.Kind, in.Window = bot.Said, tap
		in.Message = flows.Message{Ref: "e" + strconv.FormatInt(m.Created.Unix(), 10), Text: m.EventKey}
	case "templatesendjobfinish":
		if m.Status != "success" && m.MsgID != "" {
			in.Kind, in.Ref, in.Loss = bot.Undelivered, knockRef(m.MsgID), notArrived(m.Status)
		}
	case "subscribe_msg_sent_event":
		if m.Raw[sentCode] != "0" && m.Raw[sentID] != "" {
			in.Kind, in.Ref, in.Loss = bot.Undelivered, knockRef(m.Raw[sentID]), bot.Loss{Closed: true, Why: "the notice did not arrive, code " + bounded(m.Raw[sentCode])}
		}
	default: // VIEW, LOCATION and what there may be: nobody speaks by it
	}
}

// notArrived says why a notice did not arrive. Another way may be open in any case.
func notArrived(status string) bot.Loss {
	if strings.Contains(status, "user block") {
		return bot.Loss{Closed: true, Why: "the person takes no notices of this account"}
	}
	return bot.Loss{Closed: true, Why: "the platform could not deliver the notice"}
}

// bounded is a word of the platform as it may stand in a log.
func bounded(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' {
			return r
		}
		return -1
	}, s)
	return s[:min(len(s), 32)]
}

// lanes lets those who have a place in the same one through one by one, in the order of
// their places.
type lanes struct {
	mu   sync.Mutex
	last map[string]chan struct{} // closed when the last one in the lane has left
}

// place is a place in a lane. Who has one must wait, and leave if that gave no error.
type place struct {
	lanes        *lanes
	lane         string
	before, mine chan struct{}
}

func (l *lanes) place(lane string) place {
	p := place{lanes: l, lane: lane, mine: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[string]chan struct{}{}
	}
	p.before = l.last[lane]
	l.last[lane] = p.mine
	return p
}

func (p place) wait(ctx context.Context) error {
	if p.before == nil {
		return nil
	}
	select {
	case <-p.before:
		return nil
	case <-ctx.Done():
		// The one behind must still wait for the one in front.
		go func() {
			<-p.before
			p.leave()
		}()
		return ctx.Err()
	}
}

func (p place) leave() {
	p.lanes.mu.Lock()
	if p.lanes.last[p.lane] == p.mine {
		delete(p.lanes.last, p.lane)
	}
	p.lanes.mu.Unlock()
	close(p.mine)
}
