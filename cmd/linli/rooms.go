package main

import (
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"linli/bot/desk"
	"linli/bot/pages"
	"linli/flows"
	"linli/flows/hearing"
)

// The pages of a community besides the web chat: the desk of its staff, and for
// residents what is held of them.

// rooms builds both; it needs the engine.
func (h *house) rooms(ctx context.Context, p plan, hear desk.Receiver) (err error) {
	var list desk.Directory
	if h.list != nil {
		list = h.list
	}
	h.desk, err = desk.New(desk.Options{
		Base: p.base, Settings: h.bot.Settings, Store: h.store, Receive: hear,
		Login: h.bot.Login, Told: h.bot.ToldOf, Photo: h.photo, NewCode: h.bot.NewCode, Deletions: h.bot.Deletions,
		HomeCodes: h.bot.HomeCodes, Forms: func(w http.ResponseWriter, r *http.Request, id flows.ID, codes map[flows.Place]string) error {
			return h.pages.Forms(w, r, id, codes)
		},
		HearingPath: func(id flows.ID, who flows.PersonID) string {
			if h.pages == nil {
				return "" // it is made after the desk
			}
			return strings.TrimPrefix(h.pages.HearingLink(id, who, p.now()), p.public)
		},
		ActivityPath: func(id flows.ID, who flows.PersonID) string {
			if h.pages == nil {
				return ""
			}
			return strings.TrimPrefix(h.pages.ActivityLink(id, who, p.now()), p.public)
		},
		Archive: h.archive, Troubles: h.bot, Poster: h.bot, Directory: list, Model: h.deskModel(p), Secure: p.secure, Proxied: p.proxied, Now: p.now, Log: h.log,
	})
	if err != nil {
		return err
	}
	key, err := pages.Key(ctx, h.store)
	if err != nil {
		return err
	}
	meetings, err := hearing.New()
	if err != nil {
		return err
	}
	o := pages.Options{
		Base: p.base, PublicURL: p.public, Key: key, Settings: h.bot.Settings, Data: h.bot, Copy: h.bot.Copy,
		Erase: func(ctx context.Context, who flows.PersonID) (int, error) {
			e, err := h.bot.Erase(ctx, who, "asked")
			return e.Waiting, err
		},
		Deletions: h.bot.Deletions, Store: h.store, Receive: hear, Photos: h.bot, EnterHome: h.bot.EnterHome, HearingWords: meetings.Words, Private: h.private, Proxied: p.proxied, Now: p.now, Log: h.log,
	}
	h.pagesInWeChat(p, &o)
	h.pages, err = pages.New(o)
	return err
}

// private is where the private conversation with Linli about a case begins; "" where there
// is no channel with such links.
func (h *house) private(id flows.ID) string {
	if h.telegram == nil {
		return ""
	}
	return h.telegram.Link("v" + string(id))
}

// link is where a person finds a page; "" where that is not known. Of a poll, a hearing and
// an activity word is the case, and nobody's page is everybody's.
func (h *house) link(p plan, page string, who flows.PersonID, word string) string {
	switch {
	case p.public == "":
		return ""
	case page == "desk":
		return p.public + desk.EnterPath(p.base, word)
	case page == "mine" && word == "later" && p.wechat.oauth:
		return p.public + p.base + "/wx/mine" // a link of one's own is good for an hour
	case page == "mine":
		return h.pages.Link(who, p.now())
	case page == "poll":
		return h.pages.PollLink(flows.ID(word), who, p.now())
	case page == hearing.Name:
		return h.pages.HearingLink(flows.ID(word), who, p.now())
	case page == flows.ActivityFlow:
		return h.pages.ActivityLink(flows.ID(word), who, p.now())
	}
	return ""
}

// mountRooms puts them under their paths.
func (h *house) mountRooms(mux *http.ServeMux) {
	staff, mine := h.desk.Handler(), h.pages.Handler()
	if h.demo {
		staff, mine = h.web.Demo(staff), h.web.Demo(mine)
		mux.Handle("POST /demo/desk", h.web.Demo(http.NewCrossOriginProtection().Handler(http.HandlerFunc(h.demoDesk))))
	}
	mux.Handle(h.base+"/desk/", staff)
	mux.Handle(h.base+"/my/", mine)
	mux.Handle(h.base+"/poll/", mine)
	mux.Handle("GET "+h.base+"/pages/", mine)
	mux.Handle(h.base+"/r/", mine)
	mux.Handle("GET "+h.base+"/wx/", mine)
	mux.Handle("GET "+h.base+"/deletions", mine)
	mux.Handle(h.base+"/hearing/", mine)
	mux.Handle("GET "+h.base+"/hearings", mine)
	mux.Handle("GET "+h.base+"/hearings.ics", mine)
	mux.Handle(h.base+"/activity/", mine)
	mux.Handle("GET "+h.base+"/activities", mine)
	mux.Handle("GET "+h.base+"/activities.ics", mine)
	mux.Handle("GET "+h.base+"/board", mine)
	mux.Handle("GET "+h.base+"/board/", mine)
}

// demoDesk leads whoever plays the example to the desk, as the first of its
// staff: what a real person is sent in private.
func (h *house) demoDesk(w http.ResponseWriter, r *http.Request) {
	staff := h.settings().With(flows.Staff, flows.Everywhere)
	if len(staff) == 0 {
		http.NotFound(w, r)
		return
	}
	code, err := h.bot.NewCode(r.Context(), "login", string(staff[0]))
	if err != nil {
		h.log.Error("the demo gives no way to the desk", "err", err)
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	http.Redirect(w, r, desk.EnterPath(h.base, code), http.StatusSeeOther)
}

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// photo reads a photo or voice note of the community.
func (h *house) photo(_ context.Context, hash string) ([]byte, error) {
	if !hashForm.MatchString(hash) {
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(filepath.Join(h.dir, "media", hash[:2], hash))
}
