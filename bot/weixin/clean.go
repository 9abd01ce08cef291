package weixin

import (
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"

	"linli/bot"
)

var (
	addressForm = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s"'<>]*`)
	secretForm  = regexp.MustCompile(`(?i)((?:secret|token|ticket|code|key|password|signature|nonce|openid|unionid|userid|touser)[a-z_]*"?\s*[=:]\s*"?)[^&\s"',;}]+`)
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
	)
	switch {
	case errors.As(err, &refusal):
		return refusal
	case ours(err):
		return err
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &status):
		return status
	}
	if code, msg := told(err); code != 0 {
		return refused(code, msg, err)
	}
	for _, known := range []error{errRedirect, errHost, errLarge, errUnwired, io.ErrUnexpectedEOF, io.EOF, ErrMessage, ErrSealed, ErrUnsigned} {
		if errors.Is(err, known) {
			return known
		}
	}
	err = bare(err)
	var op *net.OpError
	if errors.As(err, &op) {
		return op // hosts and ports, and what the system says
	}
	text := err.Error()
	if mask(text) == text {
		return err
	}
	return errors.New(mask(text))
}

// ours says that an error is already in the engine's words.
func ours(err error) bool {
	var (
		busy    bot.Busy
		closed  bot.Closed
		gone    bot.Gone
		refused bot.Refused
		halted  bot.Halted
		moved   bot.Moved
	)
	return errors.As(err, &busy) || errors.As(err, &closed) || errors.As(err, &gone) || errors.As(err, &refused) || errors.As(err, &halted) || errors.As(err, &moved)
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

// Refusal is what the platform answered instead of doing what was asked. Of the platform's
// own text only the address is kept from which it was asked: the rest may quote what was
// sent.
type Refusal struct {
	Code int
	From string // IP address from which the platform saw us come, where it says
	// Token says that it was a token that was asked for: the account itself was refused.
	Token bool
}

func (r *Refusal) Error() string {
	s := "errcode " + strconv.Itoa(r.Code)
	if r.Token {
		s += " when asking for a token"
	}
	if r.From != "" {
		s += ", from " + r.From
	}
	return s
}
