package fake

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	day       = 24 * time.Hour
	pressKept = 150 * time.Second
	farAway   = 200_000 // an offset further off than this is none of this queue
)

// queued is an update that was not confirmed yet.
type queued struct {
	id   int64
	lane string // webhook: one in flight per lane
	at   time.Time
	keep time.Duration
	body json.RawMessage
	done bool
}

type poller struct{ gone chan struct{} }

// hook is the webhook, if one is set.
type hook struct {
	url, secret string
	generation  int // raised by every change, so that old deliveries stop
	lanes       map[string][]*queued
	active      map[string]bool
	slots       chan struct{}
	running     sync.WaitGroup
	deliveries  int
	last        string // what went wrong last
}

// put queues an update; the lock is held. It gives 0 if the bot has not asked
// for this kind.
func (s *Server) put(lane, kind string, content any, keep time.Duration) int64 {
	allowed := s.allowed
	if allowed == nil {
		allowed = []string{"message", "edited_message", "callback_query", "my_chat_member", "channel_post", "edited_channel_post", "poll", "poll_answer"}
	}
	if !slices.Contains(allowed, kind) {
		return 0
	}
	return s.queue(lane, kind, content, keep)
}

func (s *Server) queue(lane, kind string, content any, keep time.Duration) int64 {
	inner, err := json.Marshal(content)
	if err != nil {
		panic("fake: " + err.Error())
	}
	id := s.nextUpdate
	s.nextUpdate++
	body := append([]byte(`{"update_id":`+strconv.FormatInt(id, 10)+`,"`+kind+`":`), inner...)
	s.add(&queued{id: id, lane: lane, at: s.Now(), keep: keep, body: append(body, '}')})
	return id
}

func (s *Server) add(q *queued) {
	s.pending = append(s.pending, q)
	if s.hook.url != "" {
		s.toHook(q)
	}
	s.news.Ring()
}

// Inject queues an update of any kind and content, also one that the bot has
// not asked for, and gives its id. Content is marshalled; updates of one
// lane keep their order.
func (s *Server) Inject(lane, kind string, content any) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue(lane, kind, content, day)
}

// Again queues the content of an update once more under a new update id, as
// Telegram does now and then. It reports false for one it does not remember:
// it knows those that are not confirmed and the last 1000 that are.
func (s *Server) Again(update int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.pending {
		if q.id != update {
			continue
		}
		old := []byte(`{"update_id":` + strconv.FormatInt(q.id, 10))
		id := s.nextUpdate
		s.nextUpdate++
		body := append([]byte(`{"update_id":`+strconv.FormatInt(id, 10)), bytes.TrimPrefix(q.body, old)...)
		s.add(&queued{id: id, lane: q.lane, at: s.Now(), keep: q.keep, body: body})
		return true
	}
	return false
}

// SetNextUpdate lets the numbers of updates go on from another one, as they
// do after a week without any.
func (s *Server) SetNextUpdate(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextUpdate = id
}

// Pending is how many updates the bot has not confirmed.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, q := range s.pending {
		if !q.done {
			n++
		}
	}
	return n
}

// tidy forgets what was confirmed long ago and what is too old; the lock is held.
func (s *Server) tidy() {
	now := s.Now()
	done := 0
	for _, q := range s.pending {
		if !q.done && now.Sub(q.at) > q.keep {
			q.done = true
		}
		if q.done {
			done++
		}
	}
	if done > 2000 {
		drop := done - 1000
		s.pending = slices.DeleteFunc(s.pending, func(q *queued) bool {
			if q.done && drop > 0 {
				drop--
				return true
			}
			return false
		})
	}
}

func (s *Server) getUpdates(ctx context.Context, p params) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hook.url != "" {
		return nil, &refusal{code: http.StatusConflict, why: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}
	}
	if no := s.allow(p); no != nil {
		return nil, no
	}
	limit := int(p.number("limit"))
	if limit <= 0 || limit > 100 {
		limit = 100
	}
	offset := p.number("offset")
	if s.poller != nil {
		close(s.poller.gone)
	}
	me := &poller{gone: make(chan struct{})}
	s.poller = me
	s.news.Ring()
	defer func() {
		if s.poller == me {
			s.poller = nil
		}
	}()
	// Asking for the same again at once gives a single update.
	now := s.Now()
	if offset != 0 && offset == s.lastOffset && now.Sub(s.lastAsked) < 500*time.Millisecond {
		limit = 1
	}
	s.lastOffset, s.lastAsked = offset, now
	s.confirm(offset)

	timeout := time.NewTimer(min(time.Duration(p.number("timeout"))*time.Second, 50*time.Second))
	defer timeout.Stop()
	over := p.number("timeout") <= 0
	for {
		batch := s.waiting(limit)
		if len(batch) > 0 || over {
			return batch, nil
		}
		changed := s.news.Next()
		s.mu.Unlock()
		select {
		case <-changed:
		case <-timeout.C:
			over = true
		case <-me.gone:
			s.mu.Lock()
			return nil, &refusal{code: http.StatusConflict, why: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}
		case <-s.closed:
			over = true
		case <-ctx.Done():
			over = true
		}
		s.mu.Lock()
		if ctx.Err() != nil {
			return []json.RawMessage{}, nil
		}
	}
}

// confirm forgets the updates below the offset; a negative one keeps only the
// last -offset.
func (s *Server) confirm(offset int64) {
	s.tidy()
	live := 0
	var head int64
	for _, q := range s.pending {
		if !q.done {
			if live == 0 {
				head = q.id
			}
			live++
		}
	}
	if offset > 0 && live > 0 && (offset > s.nextUpdate+farAway || offset < head-farAway) {
		return
	}
	for _, q := range s.pending {
		switch {
		case q.done:
		case offset < 0:
			if live > int(-offset) {
				q.done = true
				live--
			}
		case q.id < offset:
			q.done = true
		}
	}
}

func (s *Server) waiting(limit int) []json.RawMessage {
	batch := []json.RawMessage{}
	size := 0
	for _, q := range s.pending {
		if q.done {
			continue
		}
		size += len(q.body)
		if len(batch) == limit || size > 4<<20 {
			break
		}
		batch = append(batch, q.body)
	}
	return batch
}

func (s *Server) allow(p params) *refusal {
	if p.text["allowed_updates"] == "" {
		return nil // as before
	}
	var kinds []string
	if no := p.nested("allowed_updates", &kinds); no != nil {
		return no
	}
	s.allowed = kinds
	if len(kinds) == 0 {
		s.allowed = nil
	}
	return nil
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9_-]{0,256}$`)

func (s *Server) setWebhook(p params) (any, *refusal) {
	u, err := url.Parse(p.text["url"])
	if p.text["url"] == "" {
		return s.deleteWebhook(p)
	}
	if err != nil || u.Host == "" {
		return nil, bad("bad webhook: invalid URL")
	}
	if u.Scheme != "https" && u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" {
		return nil, bad("bad webhook: An HTTPS URL must be provided for webhook")
	}
	if !secretForm.MatchString(p.text["secret_token"]) {
		return nil, bad("secret token contains unallowed characters")
	}
	if no := s.allow(p); no != nil {
		return nil, no
	}
	if s.poller != nil {
		close(s.poller.gone)
		s.poller = nil
	}
	s.stopHook(p)
	n := int(p.number("max_connections"))
	if n < 1 || n > 100 {
		n = 40
	}
	h := &s.hook
	h.url, h.secret = p.text["url"], p.text["secret_token"]
	h.lanes, h.active, h.slots = map[string][]*queued{}, map[string]bool{}, make(chan struct{}, n)
	for _, q := range s.pending {
		if !q.done {
			s.toHook(q)
		}
	}
	return true, nil
}

func (s *Server) deleteWebhook(p params) (any, *refusal) {
	s.stopHook(p)
	return true, nil
}

func (s *Server) stopHook(p params) {
	s.hook.generation++
	s.hook.url = ""
	if p.flag("drop_pending_updates") {
		for _, q := range s.pending {
			q.done = true
		}
	}
}

func (s *Server) webhookInfo(params) (any, *refusal) {
	n := 0
	for _, q := range s.pending {
		if !q.done {
			n++
		}
	}
	o := object{"url": s.hook.url, "has_custom_certificate": false, "pending_update_count": n, "allowed_updates": s.allowed}
	if s.hook.last != "" {
		o["last_error_message"] = s.hook.last
	}
	return o, nil
}

// Deliveries counts the posts to the webhook, repetitions among them.
func (s *Server) Deliveries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hook.deliveries
}

func (s *Server) toHook(q *queued) {
	h := &s.hook
	h.lanes[q.lane] = append(h.lanes[q.lane], q)
	if !h.active[q.lane] {
		h.active[q.lane] = true
		generation := h.generation
		slots := h.slots
		h.running.Go(func() { s.deliver(q.lane, generation, slots) })
	}
}

var deliverer = &http.Client{
	Timeout:   60 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 100},
}

// deliver posts the updates of a lane, each until it was taken.
func (s *Server) deliver(lane string, generation int, slots chan struct{}) {
	for attempt := 0; ; {
		s.mu.Lock()
		h := &s.hook
		if h.generation != generation {
			s.mu.Unlock()
			return
		}
		if len(h.lanes[lane]) == 0 {
			delete(h.lanes, lane)
			delete(h.active, lane)
			s.mu.Unlock()
			return
		}
		q := h.lanes[lane][0]
		if q.done || s.Now().Sub(q.at) > q.keep {
			q.done = true
			h.lanes[lane] = h.lanes[lane][1:]
			s.news.Ring()
			s.mu.Unlock()
			continue
		}
		to, secret := h.url, h.secret
		h.deliveries++
		s.mu.Unlock()

		slots <- struct{}{}
		status, after, err := post(to, secret, q.body)
		<-slots

		s.mu.Lock()
		if lost := s.faults["webhook"]; len(lost) > 0 { // the answer, not the delivery
			s.faults["webhook"] = lost[1:]
			status = 0
		}
		if status/100 == 2 {
			attempt = 0
			if h.generation == generation {
				q.done = true
				h.lanes[lane] = h.lanes[lane][1:]
				if h.deliveries%100 == 0 {
					s.tidy()
				}
			}
			s.news.Ring()
			s.mu.Unlock()
			continue
		}
		h.last = "Wrong response from the webhook: " + strconv.Itoa(status)
		if err != nil {
			h.last = "Connection refused or broken"
		}
		wait := max(s.Resend(attempt), after)
		attempt++
		s.news.Ring()
		s.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-s.closed:
			timer.Stop()
			return
		}
	}
}

func post(to, secret string, body []byte) (status int, after time.Duration, err error) {
	req, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	resp, err := deliverer.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	var rest bytes.Buffer
	rest.ReadFrom(resp.Body) // or the connection is not used again
	n, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	return resp.StatusCode, time.Duration(n) * time.Second, nil
}
