package model

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/sashabaranov/go-openai"

	"linli/prompts"
)

// largest is how long an answer may be, in bytes.
const largest = 1 << 20

var (
	errLarge    = errors.New("model: the answer is too large")
	errRedirect = errors.New("model: the server sends elsewhere")
)

// newClient is the one HTTP client: it follows to no other host, and reads no more than largest.
func newClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxResponseHeaderBytes = 64 << 10
	return &http.Client{
		Transport: bounded{t},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if first := via[0].URL; len(via) > 3 || r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
				return errRedirect
			}
			return nil
		},
	}
}

// bounded limits answers, and keeps what their head says of waiting.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if after, ok := r.Context().Value(afterKey{}).(*string); ok {
		*after = res.Header.Get("Retry-After")
	}
	res.Body = &short{ReadCloser: res.Body, left: largest}
	return res, nil
}

type afterKey struct{}

type short struct {
	io.ReadCloser
	left int
}

func (s *short) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, errLarge
	}
	n, err := s.ReadCloser.Read(p[:min(len(p), s.left)])
	s.left -= n
	return n, err
}

// failure is how a try ended that brought no answer. It holds no text of the server's,
// which may repeat what was sent, or the key.
type failure struct {
	end    string
	status int
	after  time.Duration // how long the server asks to wait
}

// again says whether another try may help.
func (f failure) again() bool {
	return f.end == prompts.Down || f.end == prompts.Full || f.end == prompts.Slow
}

// failed sorts an error of the client.
func failed(ctx context.Context, err error, after *time.Duration) failure {
	f := failure{end: prompts.Down}
	if after != nil {
		f.after = *after
	}
	var api *openai.APIError
	var req *openai.RequestError
	switch {
	case errors.As(err, &api):
		f.status = api.HTTPStatusCode
	case errors.As(err, &req):
		f.status = req.HTTPStatusCode
	}
	switch {
	case errors.Is(err, errRedirect), errors.Is(err, errLarge):
		f.end = prompts.Refused
	case ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded), f.status == http.StatusRequestTimeout, f.status == http.StatusGatewayTimeout:
		f.end = prompts.Slow
	case f.status == http.StatusTooManyRequests:
		f.end = prompts.Full
	case f.status >= 400 && f.status < 500:
		f.end = prompts.Refused
	}
	return f
}

// asked reads a Retry-After: seconds or a date.
func asked(head string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(head); err == nil && n > 0 {
		return time.Duration(min(n, 24*3600)) * time.Second
	}
	if t, err := http.ParseTime(head); err == nil && t.After(now) {
		return t.Sub(now)
	}
	return 0
}

// pause is how long to wait before another try: what the server asks for, or longer every
// time; never the same for two that failed together.
func pause(try int, after time.Duration) time.Duration {
	if after > 0 {
		return after + rand.N(250*time.Millisecond)
	}
	d := 500 * time.Millisecond << min(try-1, 5)
	return d/2 + rand.N(d)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
