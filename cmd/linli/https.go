package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// TLS of our own, for an installation without a proxy before it.

// certificates get and renew themselves from the authority, for the domains of
// the configuration and no other name; they are kept in the data folder.
func (c *Config) certificates() *autocert.Manager {
	m := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(filepath.Join(c.Data, certFolder)),
		HostPolicy: autocert.HostWhitelist(c.HTTPS.Domains...),
		Email:      c.HTTPS.Email,
	}
	if c.HTTPS.DirectoryURL != "" {
		m.Client = &acme.Client{DirectoryURL: c.HTTPS.DirectoryURL}
	}
	return m
}

// certFolder cannot be the folder of a community, whose ids have no dot.
const certFolder = "https.cache"

// tlsConfig is that of the manager, and nothing older than TLS 1.2.
func tlsConfig(m *autocert.Manager) *tls.Config {
	t := m.TLSConfig()
	t.MinVersion = tls.VersionTLS12
	return t
}

// hsts tells browsers to come by HTTPS from now on.
func hsts(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		h.ServeHTTP(w, r)
	})
}

// plainly is what is answered without TLS where there is TLS: the authority's
// question, the supervisor of this machine, and for all others the way to HTTPS.
func (in *installation) plainly(m *autocert.Manager) http.Handler {
	mux := http.NewServeMux()
	in.supervise(mux)
	redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "only by https", http.StatusBadRequest)
			return
		}
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if m.HostPolicy(r.Context(), host) != nil {
			http.Error(w, "no such site", http.StatusNotFound)
			return
		}
		if _, port, err := net.SplitHostPort(in.config.HTTPS.Listen); err == nil && port != "443" {
			host = net.JoinHostPort(host, port)
		}
		u := *r.URL
		u.Scheme, u.Host = "https", host
		http.Redirect(w, r, u.String(), http.StatusMovedPermanently)
	})
	others := m.HTTPHandler(redirect)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" && here(r) {
			mux.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// listen opens the doors of a configuration.
func (in *installation) listen(ctx context.Context) (d doors, err error) {
	c := in.config
	var l net.ListenConfig
	if d.http, err = l.Listen(ctx, "tcp", c.Listen); err != nil {
		return d, fmt.Errorf("listen: %w", err)
	}
	if c.HTTPS.On() {
		m := c.certificates()
		d.plain, d.tls = in.plainly(m), tlsConfig(m)
		if d.https, err = l.Listen(ctx, "tcp", c.HTTPS.Listen); err != nil {
			return d, errors.Join(fmt.Errorf("https: %w", err), d.http.Close())
		}
	}
	d.control = in.controlDoor(ctx)
	return d, nil
}
