package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// issued puts a certificate for a name where the manager keeps them, and gives
// what trusts it.
func issued(t *testing.T, c *Config, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(60 * 24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, b := range []*pem.Block{{Type: "EC PRIVATE KEY", Bytes: raw}, {Type: "CERTIFICATE", Bytes: der}} {
		if err := pem.Encode(&text, b); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.certificates().Cache.Put(t.Context(), name, text.Bytes()); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(cert)
	return pool
}

func TestHTTPS(t *testing.T) {
	const name = "linli.example.org"
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	in.config.HTTPS.Domains = []string{name}
	// An authority that must not be asked: the certificate is there already.
	in.config.HTTPS.DirectoryURL = "https://127.0.0.1:1/directory"
	roots := issued(t, in.config, name)
	m := in.config.certificates()
	d := doors{plain: in.plainly(m), tls: tlsConfig(m)}
	var err error
	for _, ln := range []*net.Listener{&d.http, &d.https} {
		if *ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- in.run(ctx, d) }()
	t.Cleanup(func() { cancel(); <-ended })
	until(t, "not ready", in.ready.Load)

	to := func(sni string, newest uint16) *http.Client {
		return &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: sni, MaxVersion: newest, MinVersion: tls.VersionTLS10},
				DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
					where := d.http
					if strings.HasSuffix(address, ":443") {
						where = d.https
					}
					return new(net.Dialer).DialContext(ctx, "tcp", where.Addr().String())
				}},
		}
	}
	get := func(c *http.Client, method, url string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(r)
		if err == nil {
			res.Body.Close()
		}
		return res, err
	}

	res, err := get(to(name, 0), "GET", "https://"+name+"/chat/")
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Strict-Transport-Security"), "max-age=") {
		t.Fatalf("by https: %v %v", res, err)
	}
	if _, err := get(to(name, tls.VersionTLS11), "GET", "https://"+name+"/chat/"); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	if _, err := get(to("other.example.org", 0), "GET", "https://other.example.org/"); err == nil {
		t.Error("a name that is not ours has a certificate")
	}

	res, err = get(to(name, 0), "GET", "http://"+name+"/chat/?code=AB")
	if err != nil || res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "https://"+name+"/chat/?code=AB" {
		t.Errorf("by http: %v %v", res, err)
	}
	if res, err = get(to(name, 0), "POST", "http://"+name+"/chat/post"); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("a post by http: %v %v", res, err)
	}
	if res, err = get(to(name, 0), "GET", "http://evil.example/chat/"); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("by http to another name: %v %v", res, err)
	}
	// The supervisor of this machine needs no certificate.
	if res, err = get(to(name, 0), "GET", "http://127.0.0.1/readyz"); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("readyz: %v %v", res, err)
	}
	if got, err := get(to(name, 0), "GET", "http://"+name+"/.well-known/acme-challenge/none"); err != nil || got.StatusCode != http.StatusNotFound {
		t.Errorf("the authority's question: %v %v", got, err)
	}
}

func TestHostPolicy(t *testing.T) {
	c := &Config{Data: t.TempDir(), HTTPS: HTTPS{Domains: []string{"linli.example.org"}, Email: "a@example.org"}}
	m := c.certificates()
	if m.HostPolicy(t.Context(), "linli.example.org") != nil || m.HostPolicy(t.Context(), "x.example.org") == nil || m.Email != "a@example.org" {
		t.Error("certificates are for other names than those of the configuration")
	}
	if tlsConfig(m).MinVersion != tls.VersionTLS12 {
		t.Error("TLS older than 1.2")
	}
}
