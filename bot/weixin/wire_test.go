package weixin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"linli/bot"
)

// connect points the one client at a server, for one test.
func connect(t *testing.T, official, work http.Handler, change ...func(*Lines)) Lines {
	t.Helper()
	var l Lines
	for h, to := range map[*http.Handler]*string{&official: &l.Official, &work: &l.Work} {
		if *h == nil {
			*h = http.NotFoundHandler()
		}
		srv := httptest.NewServer(*h)
		t.Cleanup(srv.Close)
		*to = srv.URL
	}
	for _, f := range change {
		f(&l)
	}
	if err := Connect(l); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Connect(Lines{Official: "http://127.0.0.1:1", Work: "http://127.0.0.1:1"}); err != nil {
			t.Error(err)
		}
	})
	return l
}

func saying(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s", s, r.Method, r.URL, body)
	})
}

// Each platform has its own line; the library takes them too.
func TestConnect(t *testing.T) {
	connect(t, saying("公众号"), saying("企业微信"))
	for uri, want := range map[string]string{
		"https://api.weixin.qq.com/cgi-bin/token?a=1":           `公众号 POST /cgi-bin/token?a=1 {"t":"<好>&"}`,
		"https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpid=x": `企业微信 POST /cgi-bin/gettoken?corpid=x {"t":"<好>&"}`,
		"https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=x":  `公众号 POST /cgi-bin/showqrcode?ticket=x {"t":"<好>&"}`,
	} {
		got, err := util.PostJSON(uri, map[string]string{"t": "<好>&"})
		if err != nil || strings.TrimSpace(string(got)) != want {
			t.Errorf("%q, %v", got, err)
		}
	}
	resp, err := Client().Get("https://api.weixin.qq.com/x")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); string(b) != "公众号 GET /x " {
		t.Errorf("%q", b)
	}
	// Called again, it leads elsewhere.
	connect(t, saying("second"), nil)
	if got, err := util.HTTPGet("https://api.weixin.qq.com/x"); err != nil || string(got) != "second GET /x " {
		t.Errorf("%q, %v", got, err)
	}
}

func TestConnectChecks(t *testing.T) {
	for _, bad := range []string{"api.weixin.qq.com", "ftp://x", "https://", "https://:443", "https://user:hidden@x", "https://x/path", "https://x?hidden=1", "https://x#hidden", "https://x y", "http://[::1", "//x"} {
		for _, l := range []Lines{{Official: bad}, {Work: bad}} {
			if err := Connect(l); err == nil {
				t.Errorf("%q is accepted", bad)
			} else if strings.Contains(err.Error(), "hidden") {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
	for _, bad := range []string{"127.0.0.1:3128", "ftp://x", "http://", "http://x/path", "http://user:hidden@x/path", "http://user:hidden@x:port", "http://x?hidden"} {
		if err := Connect(Lines{Proxy: bad}); err == nil {
			t.Errorf("proxy %q is accepted", bad)
		} else if strings.Contains(err.Error(), "hidden") {
			t.Errorf("proxy %q: %v", bad, err)
		}
	}
	if Connect(Lines{Timeout: -1}) == nil {
		t.Error("a negative time limit is accepted")
	}
	for _, good := range []Lines{{}, {Official: "https://127.0.0.1:8443/", Work: "http://fake:80", Proxy: "socks5://u:p@127.0.0.1:1080", Timeout: time.Second}} {
		if err := Connect(good); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
}

// No other host is spoken to, and none without TLS, whoever asks.
func TestOtherHosts(t *testing.T) {
	reached := func(w http.ResponseWriter, r *http.Request) { t.Errorf("%s was reached", r.URL) }
	l := connect(t, http.HandlerFunc(reached), http.HandlerFunc(reached))
	for _, uri := range []string{
		l.Official, "http://127.0.0.1/", "http://169.254.169.254/latest/", "https://example.com/", "https://api.weixin.qq.com.evil.example/",
		"https://api.weixin.qq.com:444/", "http://api.weixin.qq.com/", "https://open.weixin.qq.com/", "file:///etc/passwd", "https://API.WEIXIN.QQ.COM@127.0.0.1/",
	} {
		_, err := util.HTTPPost(uri, "words")
		if got := Clean(err); got != errHost {
			t.Errorf("%s: %v", uri, got)
		}
	}
}

// A token is not carried to where an answer points.
func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("sent on with %s, Referer %q", r.URL, r.Referer())
	}))
	defer other.Close()
	steps := 0
	h := http.NewServeMux()
	h.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	})
	h.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://qyapi.weixin.qq.com/x?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	})
	h.HandleFunc("/bare", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://api.weixin.qq.com/x?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	})
	h.HandleFunc("/here", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/end?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	})
	h.HandleFunc("/full", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://api.weixin.qq.com/end", http.StatusTemporaryRedirect)
	})
	h.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) {
		steps++
		http.Redirect(w, r, "/round", http.StatusTemporaryRedirect)
	})
	h.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %q", body, r.Referer())
	})
	connect(t, h, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Errorf("企业微信 got %s", r.URL) }))
	for _, path := range []string{"/away", "/work", "/bare", "/round"} {
		_, err := util.HTTPPost("https://api.weixin.qq.com"+path+"?access_token=hidden", "body")
		if got := Clean(err); got != errRedirect {
			t.Errorf("%s: %v", path, got)
		}
	}
	if steps != hops+1 {
		t.Errorf("%d steps in a circle", steps)
	}
	for _, path := range []string{"/here", "/full"} {
		got, err := util.HTTPPost("https://api.weixin.qq.com"+path+"?access_token=hidden", "body")
		if err != nil || string(got) != `body ""` {
			t.Errorf("%s: %q, %v", path, got, err)
		}
	}
}

// An answer is whole or an error, never a part of it.
func TestLargeAnswer(t *testing.T) {
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := answerLimit
		if r.URL.Path == "/more" || r.URL.Path == "/chunks" {
			n++
		}
		if r.URL.Path != "/chunks" {
			w.Header().Set("Content-Length", fmt.Sprint(n))
		}
		_, _ = w.Write(bytes.Repeat([]byte("x"), n))
	}), nil)
	if b, err := util.HTTPGet("https://api.weixin.qq.com/whole"); err != nil || len(b) != answerLimit {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	for _, path := range []string{"/more", "/chunks"} {
		if _, err := util.HTTPGet("https://api.weixin.qq.com" + path); Clean(err) != errLarge {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// No call lasts for ever, neither before the answer nor in it.
func TestSlowAnswer(t *testing.T) {
	stop := make(chan struct{})
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/torn" {
			_, _ = io.WriteString(w, "{")
			w.(http.Flusher).Flush()
		}
		<-stop
	}), nil, func(l *Lines) { l.Timeout = 50 * time.Millisecond })
	defer close(stop)
	for _, path := range []string{"/silent", "/torn"} {
		_, err := util.HTTPGet("https://api.weixin.qq.com" + path + "?secret=hidden")
		if got := Clean(err); !errors.Is(got, context.DeadlineExceeded) || strings.Contains(got.Error(), "hidden") {
			t.Errorf("%s: %v", path, got)
		}
	}
	// Who asked may give up before.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := util.HTTPGetContext(ctx, "https://api.weixin.qq.com/silent"); !errors.Is(Clean(err), context.Canceled) {
		t.Error(err)
	}
}

func TestStatus(t *testing.T) {
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/429":
			w.Header().Set("Retry-After", "77")
			w.WriteHeader(429)
		case "/502":
			http.Error(w, "words", http.StatusBadGateway)
		case "/203":
			w.WriteHeader(203)
		}
	}), nil)
	for path, want := range map[string]string{"/429": "busy, try after 1m17s", "/502": "answer with HTTP 502", "/203": "http get error : uri=*** , statusCode=203"} {
		_, err := util.HTTPGet("https://api.weixin.qq.com" + path + "?secret=hidden")
		if got := Verdict(err); got == nil || got.Error() != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// The proxy is used, for the platform's own names too.
func TestProxy(t *testing.T) {
	var got []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
		if r.Method == "CONNECT" {
			http.Error(w, "no", http.StatusProxyAuthRequired)
		}
	}))
	defer proxy.Close()
	u := must(url.Parse(proxy.URL))
	u.User = url.UserPassword("u", "hidden")
	if err := Connect(Lines{Official: "http://official.test", Proxy: u.String()}); err != nil {
		t.Fatal(err)
	}
	if _, err := util.HTTPGet("https://api.weixin.qq.com/x"); err != nil {
		t.Error(err)
	}
	_, err := util.HTTPGet("https://qyapi.weixin.qq.com/x?corpsecret=hidden")
	if err == nil || strings.Contains(Clean(err).Error(), "hidden") {
		t.Errorf("%v", Clean(err))
	}
	want := "GET http://official.test/x Basic dTpoaWRkZW4=\nCONNECT qyapi.weixin.qq.com:443 Basic dTpoaWRkZW4="
	if strings.Join(got, "\n") != want {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// Whatever goes wrong on the way, and whatever the library makes of it, no secret gets out.
func TestClean(t *testing.T) {
	connect(t, nil, nil, func(l *Lines) { l.Official = "http://127.0.0.1:1" })
	_, refused := util.HTTPGet("https://api.weixin.qq.com/cgi-bin/token?appid=wx1&secret=hidden")
	_, parse := url.Parse(strings.Replace("https://x/?secret=hidden~", "~", "\x7f", 1))
	for name, x := range map[string]struct {
		err  error
		want string
	}{
		"nothing listens":      {refused, "dial tcp 127.0.0.1:1: connect: connection refused"},
		"wrapped":              {fmt.Errorf("kefu: %w", refused), "dial tcp 127.0.0.1:1: connect: connection refused"},
		"wrapped as text":      {fmt.Errorf("get qr ticket failed, %s", refused), `get qr ticket failed, Get "***": dial tcp 127.0.0.1:1: connect: connection refused`},
		"status of library":    {errors.New("http get error : uri=https://api.weixin.qq.com/cgi-bin/token?appid=a&secret=hidden , statusCode=502"), "http get error : uri=*** , statusCode=502"},
		"bad address":          {parse, "net/url: invalid control character in URL"},
		"query alone":          {errors.New("failed with access_token=hidden&x=1"), "failed with access_token=***&x=1"},
		"corpsecret":           {errors.New("corpsecret: hidden, go on"), "corpsecret: ***, go on"},
		"body of an answer":    {errors.New(`decode {"access_token":"hidden"}`), "decode …"},
		"body as XML":          {errors.New("decode <xml>hidden</xml>"), "decode …"},
		"openid":               {errors.New("touser=hidden"), "touser=***"},
		"the platform's words": {errors.New("customer msg send error : errcode=45015 , errmsg=hidden words"), "errcode 45015"},
		"its typed words":      {util.NewCommonError("bizsend", 43101, "hidden words"), "errcode 43101"},
		"its words, wrapped":   {fmt.Errorf("official: %w", util.NewCommonError("bizsend", 43101, "hidden words")), "errcode 43101"},
		"ours":                 {fmt.Errorf("hidden %w", bot.Refused{Why: "too long"}), "refused: too long"},
		"over":                 {fmt.Errorf("hidden %w", context.DeadlineExceeded), "context deadline exceeded"},
		"harmless":             {errors.New("disk is full"), "disk is full"},
		"long":                 {errors.New(strings.Repeat("长", 300)), strings.Repeat("长", 200) + "…"},
	} {
		got := Clean(x.err)
		if got.Error() != x.want || strings.Contains(got.Error(), "hidden") {
			t.Errorf("%s: %v", name, got)
		}
		if again := Clean(got); again.Error() != x.want {
			t.Errorf("%s, cleaned twice: %v", name, again)
		}
		if Code(got) != Code(x.err) {
			t.Errorf("%s: the code is gone", name)
		}
		if v := Verdict(x.err); strings.Contains(v.Error(), "hidden") {
			t.Errorf("%s: verdict %v", name, v)
		}
	}
	if Clean(nil) != nil {
		t.Error("Clean(nil)")
	}
}
