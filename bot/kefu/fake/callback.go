package fake

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// hook is where callbacks go.
type hook struct {
	url     string
	queue   chan []byte
	running sync.WaitGroup
	answers []Answer
}

// Answer is how a callback was answered.
type Answer struct {
	Status int // 0: the connection broke
	Body   string
}

// Hook lets callbacks go to an address from now on.
func (s *Server) Hook(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook.url = address
	if s.hook.queue == nil {
		queue := make(chan []byte, 10_000)
		s.hook.queue = queue
		s.hook.running.Go(func() { s.deliver(queue) })
	}
}

// Answers are those to the callbacks so far.
func (s *Server) Answers() []Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.hook.answers)
}

// push queues a callback, which names no message; the lock is held.
func (s *Server) push() {
	token := s.word()
	if s.hook.queue == nil || s.Quiet {
		return
	}
	s.hook.queue <- []byte(fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><CreateTime>%d</CreateTime><MsgType><![CDATA[event]]></MsgType>"+
		"<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[%s]]></Token><OpenKfId><![CDATA[%s]]></OpenKfId></xml>",
		CorpID, s.Now().Unix(), token, Account))
}

// word makes the token of a callback; the lock is held.
func (s *Server) word() string {
	token := s.next("ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra")
	s.pushes[token] = s.Now()
	return token
}

// Word is the token of a callback that was not brought.
func (s *Server) Word() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.word()
}

// deliver brings callbacks one after the other, each up to three times.
func (s *Server) deliver(queue <-chan []byte) {
	for {
		var msg []byte
		select {
		case <-s.closed:
			return
		case msg = <-queue:
		}
		query, body := s.Callback(msg)
		s.mu.Lock()
		times := max(1, s.Times)
		s.mu.Unlock()
		for range times {
			for attempt := range 3 {
				if s.bring(query, body) {
					break
				}
				select {
				case <-s.closed:
					return
				case <-time.After(s.Resend(attempt)):
				}
			}
		}
	}
}

// bring makes one delivery and says whether it was answered as it should be.
func (s *Server) bring(query url.Values, body []byte) bool {
	// What is brought when the account ends must not be waited for.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	go func() {
		select {
		case <-s.closed:
			cancel()
		case <-ctx.Done():
		}
	}()
	s.mu.Lock()
	address := s.hook.url
	s.mu.Unlock()
	a, err := Bring(ctx, http.MethodPost, address, query, body)
	s.mu.Lock()
	defer s.mu.Unlock()
	lost := false
	if q := s.faults["callback"]; len(q) > 0 {
		s.faults["callback"], lost = q[1:], true
	}
	s.hook.answers = append(s.hook.answers, a)
	s.news.Ring()
	return err == nil && !lost && a.Status == http.StatusOK
}

// Bring makes a request to a callback's address.
func Bring(ctx context.Context, method, address string, query url.Values, body []byte) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, address+"?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Content-Type", "text/xml")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return Answer{resp.StatusCode, string(text)}, err
}

// Callback seals and signs something as the platform does: the query and the body of a
// callback with it.
func (s *Server) Callback(msg []byte) (url.Values, []byte) {
	query, sealed := s.sealed(msg)
	return query, []byte(fmt.Sprintf("<xml><ToUserName><![CDATA[%s]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt><AgentID></AgentID></xml>", CorpID, sealed))
}

// Verify asks a callback's address, as the platform does when it is entered in the settings,
// and says what is wrong with the answer.
func (s *Server) Verify(ctx context.Context, address string) error {
	query, sealed := s.sealed([]byte("1616140317555161061"))
	query.Set("echostr", sealed)
	a, err := Bring(ctx, http.MethodGet, address, query, nil)
	if err == nil && (a.Status != http.StatusOK || a.Body != "1616140317555161061") {
		err = errors.New("fake: the address does not give the echo back: " + strconv.Itoa(a.Status))
	}
	return err
}

func (s *Server) sealed(msg []byte) (url.Values, string) {
	s.mu.Lock()
	nonce := s.next("nonce")
	s.mu.Unlock()
	stamp := strconv.FormatInt(s.Now().Unix(), 10)
	text := Seal(msg, CorpID)
	return url.Values{"timestamp": {stamp}, "nonce": {nonce}, "msg_signature": {Sign(Token, stamp, nonce, text)}}, text
}

// Seal encrypts something for a receiver, apart from the code that is tested.
func Seal(msg []byte, receiver string) string {
	key, err := base64.StdEncoding.DecodeString(AESKey + "=")
	if err != nil {
		panic(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	text := make([]byte, 16, 20+len(msg)+len(receiver)+32)
	rand.Read(text)
	text = binary.BigEndian.AppendUint32(text, uint32(len(msg)))
	text = append(append(text, msg...), receiver...)
	pad := 32 - len(text)%32
	text = append(text, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text)
}

// Sign makes the signature of a callback.
func Sign(token, stamp, nonce, sealed string) string {
	parts := []string{token, stamp, nonce, sealed}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func unescape(s string) (string, error) { return url.QueryUnescape(s) }
