package webchat

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// counted counts what is read of a body.
type counted struct{ n int }

func (c *counted) Read(p []byte) (int, error) { c.n += len(p); return len(p), nil }

// Of what nobody sends who is a member nothing is read.
func TestNobodysMegabytes(t *testing.T) {
	w, _, _, _ := serve(t, nil)
	for _, kind := range []string{"multipart/form-data; boundary=x", "application/x-www-form-urlencoded"} {
		body := &counted{}
		r := httptest.NewRequest("POST", "/chat/post", body)
		r.Header.Set("Content-Type", kind)
		rw := httptest.NewRecorder()
		w.Handler().ServeHTTP(rw, r)
		if rw.Code != http.StatusUnauthorized || body.n != 0 {
			t.Errorf("%s: answered with %d after %d bytes", kind, rw.Code, body.n)
		}
	}
}
