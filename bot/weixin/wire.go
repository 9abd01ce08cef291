package weixin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

// Lines says how the platforms are reached.
type Lines struct {
	// Official and Work stand for https://api.weixin.qq.com (with it mp.weixin.qq.com) and
	// https://qyapi.weixin.qq.com: scheme, host, port. Empty: these themselves.
	Official, Work string
	Proxy          string        // http, https or socks5; empty: what the environment says
	Timeout        time.Duration // for one call with its answer; 0: 15 s
}

// answerLimit is the most that any answer may have: the largest file that 微信客服 takes
// and that the engine keeps.
const answerLimit = 20 << 20

const callTimeout = 15 * time.Second

// hops is how often a call may be sent on, within one host.
const hops = 3

// The hosts that are spoken to. No other is, whatever a message or an answer says.
const (
	officialHost = "api.weixin.qq.com"
	mpHost       = "mp.weixin.qq.com" // pictures of QR codes
	workHost     = "qyapi.weixin.qq.com"
)

// Connect makes the one client speak to the platforms by these lines, and the library use
// it. It may be called again; calls under way end as they began. Before the first call
// the library would use a client without any time limit.
func Connect(l Lines) error {
	to := &lines{bases: map[string]*url.URL{}, timeout: l.Timeout}
	if to.timeout < 0 {
		return errors.New("weixin: the time limit of a call is negative")
	} else if to.timeout == 0 {
		to.timeout = callTimeout
	}
	for name, base := range map[string]string{officialHost: l.Official, mpHost: l.Official, workHost: l.Work} {
		if base == "" {
			to.bases[name] = &url.URL{Scheme: "https", Host: name}
			continue
		}
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("weixin: the address for %s is not like https://%s", name, name)
		}
		to.bases[name] = &url.URL{Scheme: u.Scheme, Host: u.Host}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	if l.Proxy != "" {
		u, err := url.Parse(l.Proxy)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "socks5" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
			// Nothing of it is repeated: it may hold a password.
			return errors.New("weixin: the egress proxy is not like http://127.0.0.1:3128")
		}
		transport.Proxy = http.ProxyURL(u)
	}
	to.transport = transport
	if before := wire.lines.Swap(to); before != nil {
		before.transport.CloseIdleConnections()
	}
	// The library reads this without a lock, so that it is written once.
	adopt.Do(func() { util.DefaultHTTPClient = client })
	return nil
}

var (
	adopt sync.Once
	wire  carrier
	// Its fields never change: what Connect sets, the carrier looks up for each call.
	client = &http.Client{
		Transport: &wire,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			// The query holds a token, and goes along.
			if first := via[0].URL; req.URL.Host != first.Host || req.URL.Scheme != first.Scheme || len(via) > hops {
				return errRedirect
			}
			return nil
		},
	}
	errRedirect = errors.New("sent on to somewhere else")
	errHost     = errors.New("not a host of the platform")
	errLarge    = errors.New("answer is too large")
	errUnwired  = errors.New("not connected yet")
)

// Client is the one client, for our own calls. Addresses are those of the platform; where
// they lead says Connect. An answer that is not 2xx or 3xx comes as an error, see Status.
// Errors of the client itself hold the address with its token: hand none on without Clean
// or Verdict.
func Client() *http.Client { return client }

// Status is the answer of something that is not the platform's API, which says 200 also to
// what it refuses.
type Status struct {
	Code  int
	After time.Duration // Retry-After, at most an hour
}

func (s Status) Error() string { return "answer with HTTP " + strconv.Itoa(s.Code) }

// lines is what one Connect has set.
type lines struct {
	bases     map[string]*url.URL
	transport *http.Transport
	timeout   time.Duration
}

// carrier is the RoundTripper of the one client.
type carrier struct{ lines atomic.Pointer[lines] }

// RoundTrip implements http.RoundTripper. Errors hold no address.
func (c *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	to := c.lines.Load()
	var base *url.URL
	err := errUnwired
	if to != nil {
		// "https" only: what is meant for the platform itself is never sent in the clear.
		if base = to.bases[r.URL.Host]; base == nil || r.URL.Scheme != "https" {
			err = errHost
		} else {
			err = nil
		}
	}
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), to.timeout)
	out := r.Clone(ctx)
	out.URL.Scheme, out.URL.Host, out.Host = base.Scheme, base.Host, base.Host
	out.Header.Del("Referer") // the address before, with its token
	resp, err := to.transport.RoundTrip(out)
	if err != nil {
		cancel()
		return nil, bare(err)
	}
	resp.Request = r
	fail := func(err error) (*http.Response, error) {
		resp.Body.Close()
		cancel()
		return nil, err
	}
	switch {
	case resp.StatusCode < 200 || resp.StatusCode > 399:
		return fail(Status{resp.StatusCode, retryAfter(resp.Header)})
	case resp.ContentLength > answerLimit:
		return fail(errLarge)
	}
	resp.Body = &answer{body: resp.Body, left: answerLimit, cancel: cancel}
	return resp, nil
}

// retryAfter is the seconds of the header of that name, at most an hour.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, 3600)) * time.Second
}

// answer is a body of at most so much; what is longer breaks off with an error, so that
// nobody takes a part for the whole.
type answer struct {
	body   io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

func (a *answer) Read(p []byte) (int, error) {
	if int64(len(p)) > a.left+1 {
		p = p[:a.left+1]
	}
	n, err := a.body.Read(p)
	if a.left -= int64(n); a.left < 0 {
		return 0, errLarge
	}
	if err != nil && err != io.EOF {
		err = bare(err)
	}
	return n, err
}

func (a *answer) Close() error {
	defer a.cancel()
	return a.body.Close()
}

// bare takes the addresses of calls off an error of net/http.
func bare(err error) error {
	for {
		var u *url.Error
		if !errors.As(err, &u) {
			return err
		}
		err = u.Err
	}
}
