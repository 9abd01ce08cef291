package bot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"
)

// What comes from outside is made fit to be kept, and what goes wrong inside is
// caught without its words.

// clean takes what a platform sent and makes it fit to be kept: valid
// UTF-8, a bounded length, no control characters in names.
func clean(in Inbound) Inbound {
	in.Message.Text = bounded(in.Message.Text, maxText)
	in.From.Name = bounded(plain(in.From.Name), 300)
	in.Chat.Name = bounded(plain(in.Chat.Name), 300)
	in.Press = bounded(in.Press, 256)
	in.Poll = bounded(in.Poll, 128)
	in.Keys = pseudonyms(in)
	return in
}

func bounded(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// plain drops what could hide or turn round a name: controls, zero-width and
// directional characters. Names of sixty characters with · stay as they are.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r < 0x20 || r == 0x7f:
			return -1
		case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2069, r == 0xfeff:
			return -1
		}
		return r
	}, s))
}

// errRules says that a flow answered with an error: its state cannot be read.
var errRules = errors.New("rules")

// panicked is a panic that was caught, with where it happened and nothing of
// what it was about: a panic's value may hold a resident's words.
type panicked struct{ where string }

func (p *panicked) Error() string { return "panic at " + p.where }

// caught runs f and turns a panic into *panicked.
func caught(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{where(debug.Stack())}
		}
	}()
	return f()
}

// where finds the line of ours nearest to a panic.
func where(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	after := false
	for _, l := range lines {
		if strings.HasPrefix(l, "panic(") {
			after = true
		}
		if after && strings.HasPrefix(l, "\t") && !strings.Contains(l, "/runtime/") {
			l = strings.TrimSpace(l)
			if i := strings.LastIndex(l, " +0x"); i > 0 {
				l = l[:i]
			}
			if i := strings.LastIndexByte(l, '/'); i > 0 {
				l = l[i+1:]
			}
			return l
		}
	}
	return "unknown"
}

func decode[T any](b json.RawMessage) (T, error) {
	var v T
	err := json.Unmarshal(b, &v)
	return v, err
}

// plainRef is a message's reference without where it stands and what it asks: what a
// channel puts behind "@" (a topic) and "!" (a poll) is not always told again.
func plainRef(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	ref, _, _ = strings.Cut(ref, "!")
	return ref
}

// pollOf is the platform's id of the poll that a message asks, empty for another message.
func pollOf(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	_, id, _ := strings.Cut(ref, "!")
	return id
}

// topicOf is where in its chat a message stands, empty for nowhere in particular.
func topicOf(ref string) string {
	_, topic, _ := strings.Cut(ref, "@")
	return topic
}

// pseudonyms are the names under which something heard is known, without the
// address of who said it: they stay in the file for as long as it may be delivered
// again, and in journals. The same names lead to the same ones.
func pseudonyms(in Inbound) []string {
	who := []string{in.From.Address}
	if !in.Chat.Group {
		who = append(who, in.Chat.Address)
	}
	out := slices.Clone(in.Keys)
	for i, k := range out {
		for _, a := range who {
			_, id, _ := strings.Cut(a, "/") // the web chat's are "m/<member>"
			for _, name := range []string{a, id} {
				if alone(k, name) {
					sum := sha256.Sum256([]byte("linli heard " + name))
					out[i] = strings.ReplaceAll(out[i], name, hex.EncodeToString(sum[:8]))
				}
			}
		}
	}
	return out
}
