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

// The link of a poll opens the pages of that poll and nothing else: it stands on
// buttons in groups and on paper, and is good until nobody asks any more.

// pollVersion begins the token of a poll's link; see version.
const pollVersion = 2

// pollSum is how many bytes of the MAC a token has: nobody guesses 128 bits, and
// the square that a telephone reads off the paper stays coarse.
const pollSum = 16

// afterwards is how long the pages of a poll are open when its result may be
// questioned no more.
const afterwards = 30 * 24 * time.Hour

// PollLink gives the address of a poll's pages: those of a person, or, where person
// is empty, those that everybody may open. "" where the pages' own address is not
// known. It opens them from now for as long as a poll that begins now can take; the
// pages close earlier, a while after the poll's own end.
func (p *Pages) PollLink(id flows.ID, person flows.PersonID, now time.Time) string {
	if p.o.PublicURL == "" || id == "" {
		return ""
	}
	return p.o.PublicURL + p.pollPath(id, person, now)
}

func (p *Pages) pollPath(id flows.ID, person flows.PersonID, now time.Time) string {
	x := p.o.Settings().Polls
	return p.o.Base + "/poll/" + p.pollToken(id, person, now.Add(x.Longest+x.Extend+x.Check+afterwards))
}

// pollToken is base64url of: version, end (Unix seconds, 8 bytes), MAC (16 bytes),
// case, a zero byte, person.
func (p *Pages) pollToken(id flows.ID, person flows.PersonID, until time.Time) string {
	head := binary.BigEndian.AppendUint64([]byte{pollVersion}, uint64(until.Unix()))
	body := string(id) + "\x00" + string(person)
	b := append(append(head, p.pollMAC(head, body)...), body...)
	return base64.RawURLEncoding.EncodeToString(b)
}

func (p *Pages) pollMAC(head []byte, body string) []byte {
	h := hmac.New(sha256.New, p.o.Key)
	h.Write([]byte("linli poll pages\x00"))
	h.Write(head)
	h.Write([]byte(body))
	return h.Sum(nil)[:pollSum]
}

// openPoll reads the token of a poll's link: errPollLink if it is none of ours,
// errPollOver if its time is over.
func (p *Pages) openPoll(token string) (id flows.ID, person flows.PersonID, err error) {
	if len(token) > 300 {
		return "", "", errPollLink
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) <= headLen+pollSum || b[0] != pollVersion {
		return "", "", errPollLink
	}
	head, sum, body := b[:headLen], b[headLen:headLen+pollSum], string(b[headLen+pollSum:])
	if !hmac.Equal(sum, p.pollMAC(head, body)) {
		return "", "", errPollLink
	}
	if until := time.Unix(int64(binary.BigEndian.Uint64(head[1:])), 0); !p.o.Now().Before(until) {
		return "", "", errPollOver
	}
	first, second, ok := strings.Cut(body, "\x00")
	if !ok || first == "" {
		return "", "", errPollLink
	}
	return flows.ID(first), flows.PersonID(second), nil
}
