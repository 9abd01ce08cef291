package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"linli/bot"
)

const answerLimit = 16 << 20

// wire carries calls to the Bot API. To the library it is the HttpClient. It
// sends whole bodies with their length, as JSON wherever no file is carried
// (the library streams multipart forms without one, which not every server
// reads), and turns every answer that is not "ok" into an error of ours, so
// that no text of the library or of net/http with the token in it gets out.
type wire struct {
	base, token, secret string
	client              *http.Client
}

func newWire(base, token, secret string) *wire {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = together
	transport.MaxIdleConns = 2 * together
	return &wire{base: base, token: token, secret: secret, client: &http.Client{
		Transport: transport,
		// A redirect would hand the token to whoever asked for it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// refusal is an answer of Telegram that is not "ok".
type refusal struct {
	code  int
	why   string // Telegram's description, or ours where the answer was none of the Bot API
	after time.Duration
	moved int64
	api   bool // the answer came from the Bot API, not from something on the way
}

func (r *refusal) Error() string { return strconv.Itoa(r.code) + " " + r.why }

// Do implements the library's HttpClient.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		req.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("form: %w", w.clean(err))
		}
	}
	kind, body := plain(req.Header.Get("Content-Type"), body)
	result, err := w.post(req.Context(), path.Base(req.URL.Path), kind, body)
	if err != nil {
		return nil, err
	}
	answer, err := json.Marshal(map[string]any{"ok": true, "result": sieve(result)})
	if err != nil {
		return nil, errors.New("answer: result is no JSON")
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"application/json"}},
		Body:    io.NopCloser(bytes.NewReader(answer)),
		Request: req,
	}, nil
}

// call makes a call of our own with parameters as JSON.
func (w *wire) call(ctx context.Context, method string, params any) (json.RawMessage, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("parameters of %s: %w", method, err)
	}
	return w.post(ctx, method, "application/json", body)
}

func (w *wire) post(ctx context.Context, method, kind string, body []byte) (json.RawMessage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/bot"+w.token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return nil, w.clean(err)
	}
	req.Header.Set("Content-Type", kind)
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, w.clean(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit+1))
	if err != nil {
		return nil, fmt.Errorf("answer broke off: %w", w.clean(err))
	}
	if len(answer) > answerLimit {
		return nil, errors.New("answer is too large")
	}
	after := retryAfter(resp.Header)
	var a struct {
		OK          *bool           `json:"ok"`
		Result      json.RawMessage `json:"result"`
		Code        int             `json:"error_code"`
		Description string          `json:"description"`
		Parameters  struct {
			RetryAfter int64 `json:"retry_after"`
			MigrateTo  int64 `json:"migrate_to_chat_id"`
		} `json:"parameters"`
	}
	if err := json.Unmarshal(answer, &a); err != nil || a.OK == nil {
		return nil, &refusal{code: resp.StatusCode, why: "the answer is not of the Bot API", after: after}
	}
	if *a.OK {
		return a.Result, nil
	}
	if a.Code == 0 {
		a.Code = resp.StatusCode
	}
	return nil, &refusal{
		code:  a.Code,
		why:   w.mask(shorten(a.Description, 200)),
		after: max(time.Duration(a.Parameters.RetryAfter)*time.Second, after),
		moved: a.Parameters.MigrateTo,
		api:   true,
	}
}

// retryAfter is the seconds of the header of that name, at most an hour.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, 3600)) * time.Second
}

// clean takes the address of the call, and with it the token, out of an error.
func (w *wire) clean(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	if text := err.Error(); strings.Contains(text, w.token) {
		return errors.New(w.mask(text))
	}
	return err
}

func (w *wire) mask(s string) string { return strings.ReplaceAll(s, w.token, "***") }

// nested are the fields of a form that are not texts: in JSON they stand
// unquoted. A text that looks like a number must stay one.
var nested = map[string]bool{
	"chat_id": true, "message_id": true, "max_connections": true, "cache_time": true,
	"disable_notification": true, "protect_content": true, "has_spoiler": true, "show_alert": true, "drop_pending_updates": true,
	"reply_markup": true, "reply_parameters": true, "link_preview_options": true,
	"message_thread_id": true, "reaction": true, "commands": true, "scope": true,
	"entities": true, "caption_entities": true, "allowed_updates": true, "media": true,
}

// plain turns a multipart form without files into JSON; one with files stays
// as it is.
func plain(kind string, body []byte) (string, []byte) {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil || media != "multipart/form-data" {
		return kind, body
	}
	fields := map[string]any{}
	// The library writes no form at all, not even an empty one, for a call
	// without parameters.
	if len(body) > 0 {
		form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		for {
			part, err := form.NextPart()
			if err == io.EOF {
				break
			}
			if err != nil || part.FileName() != "" {
				return kind, body
			}
			value, err := io.ReadAll(part)
			if err != nil {
				return kind, body
			}
			if nested[part.FormName()] && json.Valid(value) {
				fields[part.FormName()] = json.RawMessage(value)
			} else {
				fields[part.FormName()] = string(value)
			}
		}
	}
	out, err := json.Marshal(fields)
	if err != nil {
		return kind, body
	}
	return "application/json", out
}

// sieve leaves of a sent message only its id and topic. The message that Telegram
// returns may quote one with a part that the library does not know; failing
// on that would send the message a second time.
func sieve(result json.RawMessage) any {
	type sent struct {
		ID     *int64 `json:"message_id"`
		Thread int64  `json:"message_thread_id,omitempty"`
		Topic  bool   `json:"is_topic_message,omitempty"`
	}
	var one sent
	if json.Unmarshal(result, &one) == nil && one.ID != nil {
		return one
	}
	var many []sent
	if json.Unmarshal(result, &many) == nil && len(many) > 0 && many[0].ID != nil {
		return many
	}
	return result
}

// verdict says in the engine's words how a call ended.
func (t *Telegram) verdict(method string, err error) error {
	if err == nil {
		return nil
	}
	var r *refusal
	if !errors.As(err, &r) {
		return fmt.Errorf("telegram: %s: %w", method, t.wire.clean(err))
	}
	if r.api {
		switch {
		case r.moved != 0:
			return bot.Moved{Address: strconv.FormatInt(r.moved, 10)}
		case r.code == http.StatusTooManyRequests:
			return bot.Busy{After: max(r.after, time.Second)}
		case r.code == http.StatusForbidden, r.code == http.StatusBadRequest && nobody(r.why):
			return bot.Gone{Why: r.why}
		case r.code == http.StatusBadRequest, r.code == http.StatusRequestEntityTooLarge:
			return refused(r)
		}
	}
	if r.code == http.StatusTooManyRequests {
		return bot.Busy{After: max(r.after, 5*time.Second)}
	}
	if tokenRefused(r) {
		return fmt.Errorf("telegram: %s: the token is not accepted: %w", method, r)
	}
	return fmt.Errorf("telegram: %s: %w", method, r)
}

// tokenRefused says that the Bot API does not know the token: 401, or 404 for
// one that cannot be a token.
func tokenRefused(err error) bool {
	return refusedWith(err, http.StatusUnauthorized) || refusedWith(err, http.StatusNotFound)
}

// refusedWith says that the Bot API itself, not something on the way, answered
// with this code.
func refusedWith(err error, code int) bool {
	var r *refusal
	return errors.As(err, &r) && r.api && r.code == code
}

// nobody says that a 400 is about the address, not about the message.
func nobody(why string) bool {
	return says(why, "chat not found", "user not found", "peer_id_invalid", "user is deactivated",
		"group chat was deactivated", "group chat was deleted", "bot is not a member", "bot was kicked", "user_is_blocked")
}

func says(why string, words ...string) bool {
	why = strings.ToLower(why)
	for _, w := range words {
		if strings.Contains(why, w) {
			return true
		}
	}
	return false
}

// shorten cuts a text to n runes.
func shorten(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
