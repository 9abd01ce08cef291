package fake

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// How callbacks are brought: those of one person in order, one after another. The
// platform does not promise that, it posts each when it happens.

// push brings a callback about a person; the lock is held. Inner is what the message has
// besides its envelope.
func (s *Server) push(u *User, inner string) {
	if s.closed || s.Hook == nil && s.HookURL == "" {
		return
	}
	body := "<xml>" + element("ToUserName", cdata(Self)) + element("FromUserName", cdata(u.OpenID)) +
		element("CreateTime", strconv.FormatInt(s.Now().Unix(), 10)) + inner + "</xml>"
	line := s.lines[u.OpenID]
	if line == nil {
		line = make(chan func(), 10_000)
		s.lines[u.OpenID] = line
		s.running.Add(1)
		go func() {
			defer s.running.Done()
			for bring := range line {
				bring()
			}
		}()
	}
	s.pending++
	line <- func() {
		s.bring(u, body, s.Tries)
		s.mu.Lock()
		s.pending--
		s.news.Ring()
		s.mu.Unlock()
	}
}

// bring tries to deliver a callback.
func (s *Server) bring(u *User, body string, tries int) {
	var q url.Values
	var sealed string
	for try := range tries {
		if q == nil || s.Anew {
			q, sealed = s.Sign(u.OpenID, body)
		}
		status, answer, err := s.post(q, sealed)
		lost := s.Drop != nil && s.Drop(try)
		s.mu.Lock()
		s.pushes++
		s.news.Ring()
		s.mu.Unlock()
		if err != nil || lost || status != http.StatusOK {
			continue
		}
		text, err := s.unseal(u, answer)
		s.mu.Lock()
		switch {
		case err != nil:
			s.broken++ // the person reads that the account is out of order
		case text != "":
			u.shown = append(u.shown, Message{Kind: "text", Text: text, Answer: true})
		}
		s.news.Ring()
		s.mu.Unlock()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken++
	s.lost = append(s.lost, func(tries int) { s.bring(u, body, tries) })
}

// Again brings once more what nobody has taken. The platform does not: after its tries a
// message is lost.
func (s *Server) Again() {
	s.mu.Lock()
	lost := s.lost
	s.lost = nil
	s.mu.Unlock()
	for _, bring := range lost {
		bring(1)
	}
}

// Sign makes the query and the body of a callback as the platform does.
func (s *Server) Sign(openid, body string) (url.Values, string) {
	s.mu.Lock()
	nonce, timestamp := number(s.serialNumber()%1_000_000_000), strconv.FormatInt(s.Now().Unix(), 10)
	s.mu.Unlock()
	q := url.Values{"timestamp": {timestamp}, "nonce": {nonce}, "openid": {openid}, "signature": {sign(s.Token, timestamp, nonce)}}
	if s.Plain {
		return q, body
	}
	encrypted := encrypt(s.AESKey, s.AppID, body)
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", sign(s.Token, timestamp, nonce, encrypted))
	return q, "<xml>" + element("ToUserName", cdata(Self)) + element("Encrypt", cdata(encrypted)) + "</xml>"
}

// post makes one try.
func (s *Server) post(q url.Values, body string) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.Patience)
	defer cancel()
	if s.Hook == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.HookURL+"?"+q.Encode(), strings.NewReader(body))
		if err != nil {
			return 0, nil, err
		}
		r.Header.Set("Content-Type", "text/xml")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, nil, err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		return resp.StatusCode, answer, err
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/?"+q.Encode(), strings.NewReader(body))
	r.Header.Set("Content-Type", "text/xml")
	type answered struct {
		status int
		body   []byte
	}
	done := make(chan answered, 1)
	go func() {
		w := httptest.NewRecorder()
		s.Hook.ServeHTTP(w, r)
		done <- answered{w.Code, w.Body.Bytes()}
	}()
	select {
	case a := <-done:
		return a.status, a.body, nil
	case <-ctx.Done():
		return 0, nil, ctx.Err() // it goes on, to nobody
	}
}

// unseal reads the answer to a callback: the text for the person, "" for none.
func (s *Server) unseal(u *User, answer []byte) (string, error) {
	if len(answer) == 0 || string(answer) == "success" {
		return "", nil
	}
	if !s.Plain {
		var outer struct {
			Encrypt, MsgSignature, TimeStamp, Nonce string
		}
		if err := xml.Unmarshal(answer, &outer); err != nil || outer.Encrypt == "" {
			return "", errors.New("fake: an answer that is not sealed")
		}
		if sign(s.Token, outer.TimeStamp, outer.Nonce, outer.Encrypt) != outer.MsgSignature {
			return "", errors.New("fake: an answer that is not signed")
		}
		var err error
		if answer, err = decrypt(s.AESKey, s.AppID, outer.Encrypt); err != nil {
			return "", err
		}
	}
	var m struct {
		ToUserName, FromUserName, MsgType, Content string
		CreateTime                                 int64
	}
	d := xml.NewDecoder(bytes.NewReader(answer))
	if err := d.Decode(&m); err != nil {
		return "", err
	}
	at := time.Unix(m.CreateTime, 0)
	switch {
	case m.ToUserName != u.OpenID || m.FromUserName != Self || m.MsgType != "text":
		return "", fmt.Errorf("fake: an answer of the type %q for somebody else", m.MsgType)
	case m.Content == "" || len(m.Content) > textLimit:
		return "", fmt.Errorf("fake: an answer of %d bytes", len(m.Content))
	case at.Sub(s.Now()).Abs() > time.Hour:
		return "", errors.New("fake: an answer of another time")
	}
	return m.Content, nil
}
