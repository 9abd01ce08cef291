package weixin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"linli/bot"
)

const (
	bodyLimit = 64 << 10
	// drift is how far the clock of a callback may be from ours. A signed address is of no
	// use to anybody after that.
	drift = 10 * time.Minute
	// takeTime is how long a message may take to be kept. The platform hangs up after 5 s and
	// asks twice more; what has begun is finished all the same, so that the last try finds
	// it done.
	takeTime = 15 * time.Second
)

// Envelope is the callback address of one account: it lets through what the platform has
// signed for this account, opened and decoded, and nothing else. It must not be copied.
//
// The same callback that comes again is handed on again, for the first time may have
// failed: whoever takes messages knows which they have. The same signature over another
// body is refused; in plain mode nothing else ties a body to its signature.
type Envelope struct {
	Token    bot.Secret
	AESKey   bot.Secret // EncodingAESKey; empty in plain mode
	Receiver string     // AppID or CorpID
	Plain    bool       // messages come in the clear (公众号 only); there must be no AESKey
	Now      func() time.Time
	Log      *slog.Logger
	// Take keeps a message. It gives the XML of a reply to send back, nil for none; after an
	// error, or a panic, the platform sends the message again. It may be called for the same
	// message several times, and for several at once. The context ends with takeTime, not
	// with the connection.
	Take func(ctx context.Context, m *Message) (reply []byte, err error)

	once  sync.Once
	wrong error // what Check says
	crypt *Crypt
	seen  nonces

	mu     sync.Mutex
	warned map[string]time.Time
}

// Check says what is missing for the callback to work, before the first one comes.
func (e *Envelope) Check() error {
	e.once.Do(func() {
		if e.Now == nil {
			e.Now = time.Now
		}
		if e.Log == nil {
			e.Log = slog.New(slog.DiscardHandler)
		}
		switch {
		case e.Take == nil:
			e.wrong = errors.New("weixin: nobody takes the messages of the callback")
		case e.Token == "":
			e.wrong = errors.New("weixin: the callback has no token")
		case e.Plain && e.AESKey != "":
			e.wrong = errors.New("weixin: a callback in plain mode has no EncodingAESKey")
		case !e.Plain && e.Receiver == "":
			e.wrong = errors.New("weixin: the callback does not know for whom its messages are")
		case !e.Plain:
			e.crypt, e.wrong = NewCrypt(e.Token, e.AESKey, e.Receiver)
		}
	})
	return e.wrong
}

// ServeHTTP answers the platform when it verifies the address (GET) and takes what it
// pushes (POST).
func (e *Envelope) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := e.Check(); err != nil {
		e.warn(err.Error())
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	switch r.Method {
	case http.MethodGet:
		e.verify(w, r)
	case http.MethodPost:
		e.push(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		refuse(w, http.StatusMethodNotAllowed)
	}
}

// address is what stands in a signed URL.
type address struct {
	signature, msgSignature, timestamp, nonce, echo, encryption string
}

// parse reads the URL. Two of one name are refused: who checks and who uses might not
// take the same one.
func parse(r *http.Request) (a address, ok bool) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return a, false
	}
	for name, to := range map[string]*string{
		"signature": &a.signature, "msg_signature": &a.msgSignature, "timestamp": &a.timestamp,
		"nonce": &a.nonce, "echostr": &a.echo, "encrypt_type": &a.encryption,
	} {
		switch all := q[name]; {
		case len(all) > 1, len(all) == 1 && !printable(all[0], 1024):
			return a, false
		case len(all) == 1:
			*to = all[0]
		}
	}
	return a, true
}

// printable says that s has only visible ASCII, at most n of it.
func printable(s string, n int) bool {
	return len(s) <= n && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// fresh says that the timestamp is about now.
func (e *Envelope) fresh(a address) bool {
	if len(a.timestamp) > 12 || strings.Trim(a.timestamp, "0123456789") != "" {
		return false
	}
	n, err := strconv.ParseInt(a.timestamp, 10, 64)
	if err != nil || a.nonce == "" {
		return false
	}
	d := e.Now().Sub(time.Unix(n, 0))
	return d <= drift && d >= -drift
}

// verify answers when the address is entered in the platform's console. 公众号 does so in
// the clear even where messages are encrypted; what is echoed then is no message.
func (e *Envelope) verify(w http.ResponseWriter, r *http.Request) {
	a, ok := parse(r)
	if !ok {
		refuse(w, http.StatusBadRequest)
		return
	}
	if !e.fresh(a) {
		e.stale(a)
		refuse(w, http.StatusForbidden)
		return
	}
	echo := a.echo
	switch {
	case a.msgSignature != "" && e.crypt != nil:
		text, err := e.crypt.Open(a.msgSignature, a.timestamp, a.nonce, a.echo)
		if err != nil {
			e.warn("an address was to be verified: " + err.Error())
			refuse(w, http.StatusForbidden)
			return
		}
		echo = string(text)
	case a.msgSignature != "" || !Signed(e.Token, a.signature, a.timestamp, a.nonce):
		e.warn("an address was to be verified, and was not signed with the token of this account")
		refuse(w, http.StatusForbidden)
		return
	}
	if echo == "" || !printable(echo, 64) {
		refuse(w, http.StatusBadRequest)
		return
	}
	say(w, "text/plain; charset=utf-8", echo)
}

// push takes one message.
func (e *Envelope) push(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > bodyLimit {
		refuse(w, http.StatusRequestEntityTooLarge)
		return
	}
	a, ok := parse(r)
	if !ok {
		refuse(w, http.StatusBadRequest)
		return
	}
	if !e.fresh(a) {
		e.stale(a)
		refuse(w, http.StatusForbidden)
		return
	}
	if why := e.unsigned(a); why != "" {
		e.warn(why)
		refuse(w, http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			refuse(w, http.StatusRequestEntityTooLarge)
			return
		}
		refuse(w, http.StatusBadRequest)
		return
	}
	if e.crypt != nil {
		outer, err := readXML(body)
		if err != nil {
			refuse(w, http.StatusBadRequest)
			return
		}
		if outer["Encrypt"] == "" {
			e.warn("a message came in the clear, and this account encrypts")
			refuse(w, http.StatusForbidden)
			return
		}
		if body, err = e.crypt.Open(a.msgSignature, a.timestamp, a.nonce, outer["Encrypt"]); err != nil {
			e.warn("a message came: " + err.Error())
			refuse(w, http.StatusForbidden)
			return
		}
	}
	// The signature of timestamp and nonce names the pair, however they are cut apart. What it
	// stands for is the message as it reads: a second try may be encrypted anew.
	if !e.seen.same(sign(e.Token, a.timestamp, a.nonce), sha256.Sum256(body), e.Now()) {
		e.warn("a signature was used again for another message")
		refuse(w, http.StatusForbidden)
		return
	}
	m, err := ReadMessage(body)
	if err != nil {
		e.Log.Warn("a signed callback is no message", "bytes", len(body))
		refuse(w, http.StatusBadRequest)
		return
	}
	reply, err := e.take(r.Context(), m)
	if err != nil {
		e.Log.Error("a message was not taken", "type", m.Type, "event", m.Event, "error", Clean(err))
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	if len(reply) == 0 {
		say(w, "text/plain; charset=utf-8", "success")
		return
	}
	if e.crypt != nil {
		if reply, err = e.seal(reply); err != nil {
			e.Log.Error("a reply could not be sealed")
			refuse(w, http.StatusServiceUnavailable)
			return
		}
	}
	say(w, "application/xml; charset=utf-8", string(reply))
}

// unsigned says why the URL alone shows that the message cannot be for this account. The
// signature of an encrypted message is over its text, so that not every URL can show it.
func (e *Envelope) unsigned(a address) string {
	const not = "a message came that was not signed with the token of this account"
	if e.crypt == nil {
		switch {
		case a.msgSignature != "" || a.encryption != "" && a.encryption != "raw":
			return "a message came encrypted, and this account is in plain mode"
		case !Signed(e.Token, a.signature, a.timestamp, a.nonce):
			return not
		}
		return ""
	}
	switch {
	case a.msgSignature == "" && Signed(e.Token, a.signature, a.timestamp, a.nonce):
		return "a message came in the clear, and this account encrypts"
	case a.msgSignature == "", a.signature != "" && !Signed(e.Token, a.signature, a.timestamp, a.nonce):
		return not
	}
	return ""
}

// take hands a message on. Whoever takes it may fall over it; the value of a panic
// may hold its words, so that only the place is told.
func (e *Envelope) take(ctx context.Context, m *Message) (reply []byte, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeTime)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			reply, err = nil, fmt.Errorf("panic at %s", where())
		}
	}()
	return e.Take(ctx, m)
}

// where is the line that panicked, for a deferred function.
func where() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for after, more := false, true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			after = true
		case after && !strings.HasPrefix(f.Function, "runtime."):
			return f.File[strings.LastIndexByte(f.File, '/')+1:] + ":" + strconv.Itoa(f.Line)
		}
	}
	return "unknown"
}

// seal puts a reply into an envelope of its own.
func (e *Envelope) seal(reply []byte) ([]byte, error) {
	timestamp, nonce := strconv.FormatInt(e.Now().Unix(), 10), rand.Text()
	encrypted, signature, err := e.crypt.Seal(reply, timestamp, nonce)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "<xml><Encrypt><![CDATA[%s]]></Encrypt><MsgSignature><![CDATA[%s]]></MsgSignature><TimeStamp>%s</TimeStamp><Nonce><![CDATA[%s]]></Nonce></xml>",
		encrypted, signature, timestamp, nonce), nil
}

// stale tells of a timestamp that is far off. It need not be the platform's, but where the
// clock here is wrong there is nothing else to see.
func (e *Envelope) stale(a address) {
	if a.timestamp != "" && a.nonce != "" {
		e.warn("a callback bears a time more than 10 minutes from ours; if the platform sent it, the clock of this machine is wrong")
	}
}

// warn tells of something at most once a minute: anybody can knock here as often as they like.
func (e *Envelope) warn(what string) {
	now := time.Now
	if e.Now != nil {
		now = e.Now
	}
	e.mu.Lock()
	last, told := e.warned[what]
	if told = told && now().Sub(last) < time.Minute; !told {
		if e.warned == nil {
			e.warned = map[string]time.Time{}
		}
		e.warned[what] = now()
	}
	e.mu.Unlock()
	if !told && e.Log != nil {
		e.Log.Warn("callback: " + what)
	}
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Connection", "close") // or the server would still read the body
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, strings.ToLower(http.StatusText(status)), status)
}

func say(w http.ResponseWriter, kind, text string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, text)
}
