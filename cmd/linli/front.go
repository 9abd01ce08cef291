package main

import (
	"bytes"
	"crypto/subtle"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// What the installation itself answers over HTTP, and to whom.

// frontPage names the communities of an installation, and nothing else of them.
var frontPage = template.Must(template.New("front").Parse(`<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>邻里 Linli</title></head>
<body>
<h1>邻里 Linli</h1>
<ul>{{range .}}
<li>{{if .Link}}<a href="{{.Link}}">{{.Name}}</a>{{else}}{{.Name}}{{end}}</li>{{end}}
</ul>
</body>
</html>
`))

func (in *installation) front(w http.ResponseWriter, _ *http.Request) {
	type row struct{ Name, Link string }
	var rows []row
	for _, h := range in.houses {
		r := row{Name: h.settings().Name}
		if h.web != nil {
			r.Link = h.base + "/"
		}
		rows = append(rows, r)
	}
	var b bytes.Buffer
	if err := frontPage.Execute(&b, rows); err != nil {
		http.Error(w, "not now", http.StatusInternalServerError)
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	_, _ = b.WriteTo(w) // the reader has gone
}

// guarded lets through who asks from this machine, and who has the token of
// the configuration. Behind a proxy everybody seems to ask from this machine, so
// that there only the token counts.
func (in *installation) guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, proxied := "", false
		if in.config != nil {
			token, proxied = in.config.Metrics.Token.Reveal(), in.config.TrustedProxy
		}
		switch {
		case ok && token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1:
		case !ok && !proxied && here(r):
		default:
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "not for you", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// here says whether a request comes from this machine itself.
func here(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}
