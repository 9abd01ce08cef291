package weixin

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"strings"

	"linli/bot"
)

var (
	addressForm = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'<>]*`)
	secretForm  = regexp.MustCompile(`(?i)((?:secret|token|ticket|password|signature|openid|unionid|userid|touser|(?:^|[^a-z])(?:code|key|nonce))[a-z_]*"?\s*[=:]\s*"?)[^&\s"',;}]+`)
	bracketForm = regexp.MustCompile(`(?s)[{\[<].*`)
)

// Clean gives an error of the library, of net/http or of ours without what must not be
// read: no address of a call with its token, no secret, nothing of a body. What code the
// platform gave, which address it saw, whether a time was over, stays, also to Code,
// Verdict and errors.Is.
func Clean(err error) error {
	if err == nil {
		return nil
	}
	var (
		refusal *Refusal
		status  Status
		op      *net.OpError
	)
	switch {
	case errors.As(err, &refusal):
		return refusal
	case ours(err) != nil:
		return ours(err)
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &status):
		return status
	}
	if r := told(err); r != nil {
		return r
	}
	for _, known := range []error{errRedirect, errHost, errLarge, errUnwired, io.ErrUnexpectedEOF, io.EOF, ErrMessage, ErrSealed, ErrUnsigned} {
		if errors.Is(err, known) {
			return known
		}
	}
	err = bare(err)
	if errors.As(err, &op) {
		return op // hosts and ports, and what the system says
	}
	text := err.Error()
	if mask(text) == text {
		return err
	}
	return errors.New(mask(text))
}

// ours is what of an error is already in the engine's words, if any.
func ours(err error) error {
	return cmp.Or(as[bot.Busy](err), as[bot.Closed](err), as[bot.Gone](err), as[bot.Refused](err), as[bot.Halted](err), as[bot.Moved](err))
}

func as[E error](err error) error {
	var e E
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// mask leaves of a text what cannot be a secret, nor somebody's words.
func mask(s string) string {
	s = addressForm.ReplaceAllString(s, "***")
	s = bracketForm.ReplaceAllString(s, "…")
	s = secretForm.ReplaceAllString(s, "${1}***")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return strings.ToValidUTF8(s, "")
}
