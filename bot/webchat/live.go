package webchat

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

const (
	firstLines = 100 // of a chat, when a page opens
	frameLines = 200 // of a frame afterwards
)

// frame is what a page is told: at first its chats, then what changed. The
// page asks from Rev on when it comes back.
type frame struct {
	Reset   bool   `json:"reset,omitempty"` // forget what was shown: the chats are others now
	Rev     uint64 `json:"rev"`
	Chats   []chat `json:"chats,omitempty"`
	Lines   []Line `json:"lines,omitempty"`
	Clock   string `json:"clock,omitempty"`   // of the demo
	Playing string `json:"playing,omitempty"` // the example that is being played
}

type chat struct {
	Address string `json:"address"`
	Name    string `json:"name"`
}

// watch is what a page has been told so far.
type watch struct {
	viewer
	rev     uint64
	chats   map[string]bool
	clock   string
	playing string
}

// next gives what a page does not know yet, and whether there is anything.
func (w *Webchat) next(s *watch) (f frame, news, more bool, err error) {
	err = w.h.view(func(t tx) error {
		now := w.o.Now()
		list, err := t.chats(s.viewer, now)
		if err != nil {
			return err
		}
		chats := map[string]bool{}
		for _, c := range list {
			chats[c] = true
		}
		// A page that comes back says only from where on; its chats are told again.
		first := s.chats == nil
		if !first && !maps.Equal(chats, s.chats) {
			s.rev, first, f.Reset = 0, true, true
		}
		if first {
			for _, c := range list {
				name := ""
				if id, ok := member(c); ok {
					p, err := t.member(id)
					if err != nil {
						return err
					}
					name = p.Name
				} else {
					name, _ = t.groupName(c)
				}
				f.Chats = append(f.Chats, chat{c, name})
			}
			slices.SortFunc(f.Chats, func(a, b chat) int { return strings.Compare(a.Address, b.Address) })
		}
		if s.rev > t.bucket("changes").Sequence() {
			s.rev, f.Reset = 0, true // another history than the page knew
		}
		if s.rev == 0 {
			for _, c := range list {
				lines, err := t.newest(c, 0, firstLines)
				if err != nil {
					return err
				}
				f.Lines = append(f.Lines, lines...)
			}
			f.Rev = t.bucket("changes").Sequence()
		} else if f.Lines, f.Rev, err = t.since(s.rev, chats, frameLines); err != nil {
			return err
		}
		news, more = first || f.Reset || len(f.Lines) > 0, f.Rev < t.bucket("changes").Sequence() && len(f.Lines) == frameLines
		s.rev, s.chats = f.Rev, chats
		return nil
	})
	if err != nil || w.o.Demo == nil {
		return f, news, more, err
	}
	f.Clock, f.Playing = w.clock().Format("2006-01-02T15:04"), w.playing.now()
	if f.Clock != s.clock || f.Playing != s.playing {
		s.clock, s.playing, news = f.Clock, f.Playing, true
	}
	return f, news, more, nil
}

func (w *Webchat) watch(r *http.Request) (*watch, error) {
	v, err := w.who(r, r.URL.Query().Get("as"))
	if err != nil {
		return nil, err
	}
	s := &watch{viewer: v}
	if q := r.URL.Query().Get("since"); q != "" {
		if s.rev, err = strconv.ParseUint(q, 10, 64); err != nil {
			return nil, errForm
		}
	}
	return s, nil
}

// live shows a page what happens, as frames over a websocket.
func (w *Webchat) live(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.watch(r)
	if err != nil {
		return err
	}
	bell := w.bell.wait()
	f, _, more, err := w.next(s)
	if err != nil {
		return err
	}
	c, err := websocket.Accept(rw, r, nil) // checks the Origin against the Host
	if err != nil {
		return nil // it has answered
	}
	defer c.CloseNow()
	ctx, cancel := context.WithCancel(c.CloseRead(r.Context()))
	defer cancel()
	stop := context.AfterFunc(w.closing, cancel)
	defer stop()
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for quiet := 0; ; {
		if err := tell(ctx, c, f); err != nil {
			return nil // gone; it comes back by itself
		}
		for news := false; !news && !more; {
			select {
			case <-ctx.Done():
				_ = c.Close(websocket.StatusGoingAway, "")
				return nil
			case <-bell:
			case <-beat.C:
				// The clock of a demo goes on without a message; the connection of
				// others is kept open, and found dead, by a ping.
				if quiet++; quiet%25 == 0 {
					if err := ping(ctx, c); err != nil {
						return nil
					}
				}
				if w.o.Demo == nil {
					continue
				}
			}
			bell = w.bell.wait()
			if f, news, more, err = w.next(s); err != nil {
				return bye(c, err)
			}
		}
		if more {
			if f, _, more, err = w.next(s); err != nil {
				return bye(c, err)
			}
		}
	}
}

// bye ends a connection whose viewer may look no longer, or that failed.
func bye(c *websocket.Conn, err error) error {
	code := websocket.StatusInternalError
	if errors.Is(err, errSession) || errors.Is(err, errNoMember) {
		code = websocket.StatusPolicyViolation
	}
	_ = c.Close(code, "")
	return nil
}

func tell(ctx context.Context, c *websocket.Conn, f frame) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return wsjson.Write(ctx, c, f)
}

func ping(ctx context.Context, c *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return c.Ping(ctx)
}

// lines gives the same frame once, for a browser that gets no websocket, or
// what stood in a chat before a line.
func (w *Webchat) lines(rw http.ResponseWriter, r *http.Request) error {
	s, err := w.watch(r)
	if err != nil {
		return err
	}
	address := r.URL.Query().Get("chat")
	if address == "" {
		f, _, _, err := w.next(s)
		if err != nil {
			return err
		}
		reply(rw, http.StatusOK, f)
		return nil
	}
	before, err := strconv.ParseUint(r.URL.Query().Get("before"), 10, 64)
	if err != nil || before == 0 {
		return errForm
	}
	f := frame{}
	if err := w.h.view(func(t tx) error {
		if err := t.may(s.viewer, address, w.o.Now()); err != nil {
			return err
		}
		f.Lines, err = t.newest(address, before, firstLines)
		return err
	}); err != nil {
		return err
	}
	reply(rw, http.StatusOK, f)
	return nil
}
