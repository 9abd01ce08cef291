package webchat

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"linli/flows"
)

// stage plays one example at a time.
type stage struct {
	mu   sync.Mutex
	name string
	n    int
	stop context.CancelFunc
}

func (s *stage) now() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// begin ends what is being played.
func (s *stage) begin(name string, stop context.CancelFunc) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		s.stop()
	}
	s.n++
	s.name, s.stop = name, stop
	return s.n
}

// end forgets the n-th play. Its context stays: it may have left something
// running that another play, or Close, is to end.
func (s *stage) end(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n == n {
		s.name = ""
	}
}

func (w *Webchat) clock() time.Time {
	if w.o.Demo.Clock != nil {
		return w.o.Demo.Clock()
	}
	return w.o.Now()
}

// demo is the page on which the demo is played.
func (w *Webchat) demo(rw http.ResponseWriter, _ *http.Request) error {
	d := w.o.Demo
	page := struct {
		*Demo
		Title            string
		Residents, Staff []Member
		Leaders, Office  []Member
		Chips            []string
	}{Demo: d, Title: d.Community, Chips: chips}
	if page.Title == "" {
		page.Title = "示例社区"
	}
	if !strings.Contains(page.Title, "虚构") {
		page.Title += "（虚构）"
	}
	for _, m := range d.Members {
		switch {
		case m.Phone && office(m.Role):
			page.Office = append(page.Office, m)
		case m.Phone:
			page.Leaders = append(page.Leaders, m)
		}
		switch {
		case !m.Phone: // also who is in no group: they can speak in private
			page.Residents = append(page.Residents, m)
		case len(m.Groups) > 0:
			page.Staff = append(page.Staff, m)
		}
	}
	return w.render(rw, http.StatusOK, "demo.html", page)
}

// chips are what the page offers to say: something urgent, a danger, something
// ordinary, and something that is nothing to Linli.
var chips = []string{"3号楼2单元电梯又停了，老人下不了楼", "闻到煤气味", "楼道灯坏了三天了", "今晚吃火锅有人一起吗"}

// office says whether somebody looks after the whole and sits in the
// committee's office; the others are those who do the work.
func office(role string) bool {
	return slices.ContainsFunc([]flows.Role{flows.OnDuty, flows.Staff, flows.Head, flows.Secretary, flows.Supervisor, flows.Reviewer, flows.Council}, func(r flows.Role) bool {
		return role == r.In("zh-CN") || role == r.In("en")
	})
}

// play starts an example, in place of one that is being played; an empty name
// only ends it.
func (w *Webchat) play(rw http.ResponseWriter, r *http.Request) error {
	d, name := w.o.Demo, r.PostFormValue("name")
	if name != "" && (d.Play == nil || !slices.ContainsFunc(d.Plays, func(p Play) bool { return p.Name == name })) {
		return errPlay
	}
	ctx, stop := context.WithCancel(w.closing)
	n := w.playing.begin(name, stop)
	if name != "" {
		go func() {
			err := d.Play(ctx, name)
			if err != nil && ctx.Err() == nil {
				w.log.Error("example not played", "play", name, "err", err)
			}
			w.playing.end(n)
			w.bell.ring()
		}()
	}
	w.bell.ring()
	reply(rw, http.StatusOK, map[string]string{"playing": name})
	return nil
}

// skip moves the example's clock on, by minutes or to the next morning.
func (w *Webchat) skip(rw http.ResponseWriter, r *http.Request) error {
	if w.o.Demo.Skip == nil {
		return errPlay
	}
	var by time.Duration
	if to := r.PostFormValue("to"); to == "morning" {
		by = untilMorning(w.clock())
	} else {
		n, err := strconv.Atoi(r.PostFormValue("minutes"))
		if err != nil || n < 1 || n > 7*24*60 {
			return errForm
		}
		by = time.Duration(n) * time.Minute
	}
	w.o.Demo.Skip(by)
	w.bell.ring()
	reply(rw, http.StatusOK, map[string]string{"clock": w.clock().Format("2006-01-02T15:04")})
	return nil
}

// untilMorning is the time to half past eight of the next day, when ordinary
// work begins.
func untilMorning(now time.Time) time.Duration {
	y, m, d := now.Date()
	return time.Date(y, m, d+1, 8, 30, 0, 0, now.Location()).Sub(now)
}
