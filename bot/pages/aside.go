package pages

import (
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"linli/bot/pages/frame"
)

// asides are what the rules have said to who pressed something, until the page shows it: the
// press is answered by sending the browser back there, so that loading it again sends
// nothing again. They are held in memory only, and what is lost is no more than a sentence:
// the page itself says what was noted. It is safe for concurrent use.
type asides struct {
	mu  sync.Mutex
	all map[string]aside // by the id in the address
}

type aside struct {
	token, text string
	at          time.Time
}

const (
	asideLife = 10 * time.Minute
	mostAside = 2000
)

// back sends a browser to a page, which shows a text to the same reader.
func (a *asides) back(w http.ResponseWriter, r *http.Request, path, token, text string, now time.Time) {
	if text != "" {
		id := frame.Random()[:32]
		a.mu.Lock()
		if len(a.all) >= mostAside {
			maps.DeleteFunc(a.all, func(_ string, x aside) bool { return now.Sub(x.at) > asideLife })
		}
		if a.all == nil || len(a.all) >= mostAside {
			a.all = map[string]aside{}
		}
		a.all[id] = aside{token, text, now}
		a.mu.Unlock()
		path += "?said=" + url.QueryEscape(id)
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
}

// get gives the text that a page was opened to show; "" where there is none for its reader.
func (a *asides) get(r *http.Request, token string, now time.Time) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.all[r.URL.Query().Get("said")]
	if x.token != token || now.Sub(x.at) > asideLife {
		return ""
	}
	return x.text
}
