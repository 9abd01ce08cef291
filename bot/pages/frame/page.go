package frame

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"linli/flows"
)

// What the desk and the residents' pages say in the same way.

// Page is what every page shows and says; Data is its own. Its methods are for
// templates.
type Page struct {
	Words    flows.Words
	Settings *flows.Settings
	At       time.Time // when it is shown, in the community's zone
	Lang     string
	Base     string // path before all of ours
	Title    string // key of its words
	Notice   string // what has just been done, in words
	Data     any
}

// T gives the words of a key, filled with pairs of a name and a value.
func (p *Page) T(key string, pairs ...any) (string, error) {
	vars := flows.Vars{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return "", fmt.Errorf("words %s: a name is no text", key)
		}
		switch v := pairs[i+1].(type) {
		case string:
			vars[name] = flows.Text(v)
		case int:
			vars[name] = flows.Num(v)
		case time.Time:
			vars[name] = flows.At(v)
		default:
			return "", fmt.Errorf("words %s: %s is a %T", key, name, v)
		}
	}
	return p.Words.Render(p.Lang, key, vars, 0, p.At, p.Settings)
}

// Or gives the words of prefix+key if there are any, else key as it is.
func (p *Page) Or(prefix, key string) (string, error) {
	if p.Words.Has(prefix + key) {
		return p.T(prefix + key)
	}
	return key, nil
}

// Community is the community's name.
func (p *Page) Community() string { return p.Settings.Name }

// Note makes the words of a key the notice; "" is no notice.
func (p *Page) Note(key string) (err error) {
	if key != "" {
		p.Notice, err = p.T(key)
	}
	return err
}

// Answers is what errors are over HTTP, the first that fits.
type Answers []struct {
	Err    error
	Status int
	Code   string // "err-" and the code is the key of its words
}

// Of gives the answer to an error; what is not in the table is 500, "later".
func (as Answers) Of(err error) (status int, code string) {
	for _, a := range as {
		if errors.Is(err, a.Err) {
			return a.Status, a.Code
		}
	}
	return http.StatusInternalServerError, "later"
}
