package pages

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"linli/flows"
)

// The links of cases: one opens the pages of that case and nothing else. It stands on
// buttons in groups and on paper, so that it is short, and is signed for one kind of case,
// so that one of another kind can never be taken for it.

// sealed is a kind of such links. Its version begins the token, see version.
type sealed struct {
	version     byte
	label       string // part of what is signed
	wrong, over error  // what a token is that is none of ours, and one whose time is over
}

// sealSum is how many bytes of the MAC a token has: nobody guesses 128 bits, and
// the square that a telephone reads off the paper stays coarse.
const sealSum = 16

// seal is base64url of: version, end (Unix seconds, 8 bytes; 0: none), MAC (16 bytes),
// case, a zero byte, person. The person is empty in a link that everybody may open.
func (p *Pages) seal(k sealed, id flows.ID, person flows.PersonID, until time.Time) string {
	var end uint64
	if !until.IsZero() {
		end = uint64(until.Unix())
	}
	head := binary.BigEndian.AppendUint64([]byte{k.version}, end)
	body := string(id) + "\x00" + string(person)
	b := append(append(head, p.sealMAC(k, head, body)...), body...)
	return base64.RawURLEncoding.EncodeToString(b)
}

func (p *Pages) sealMAC(k sealed, head []byte, body string) []byte {
	h := hmac.New(sha256.New, p.o.Key)
	h.Write([]byte(k.label))
	h.Write(head)
	h.Write([]byte(body))
	return h.Sum(nil)[:sealSum]
}

// lasting is the path of the pages of a case: a person's own until a time, everybody's for as
// long as there are any.
func (p *Pages) lasting(k sealed, folder string, id flows.ID, person flows.PersonID, until time.Time) string {
	if person == "" {
		until = time.Time{}
	}
	return p.o.Base + folder + p.seal(k, id, person, until)
}

// public is the address of a path; "" where the pages' own is not known, or there is no case.
func (p *Pages) public(id flows.ID, path string) string {
	if p.o.PublicURL == "" || id == "" {
		return ""
	}
	return p.o.PublicURL + path
}

// unseal reads a token.
func (p *Pages) unseal(k sealed, token string) (id flows.ID, person flows.PersonID, err error) {
	if len(token) > 300 {
		return "", "", k.wrong
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) <= headLen+sealSum || b[0] != k.version {
		return "", "", k.wrong
	}
	head, sum, body := b[:headLen], b[headLen:headLen+sealSum], string(b[headLen+sealSum:])
	if !hmac.Equal(sum, p.sealMAC(k, head, body)) {
		return "", "", k.wrong
	}
	if end := binary.BigEndian.Uint64(head[1:]); end != 0 && !p.o.Now().Before(time.Unix(int64(end), 0)) {
		return "", "", k.over
	}
	first, second, ok := strings.Cut(body, "\x00")
	if !ok || first == "" {
		return "", "", k.wrong
	}
	return flows.ID(first), flows.PersonID(second), nil
}
