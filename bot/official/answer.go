package official

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"strings"
	"sync"
	"time"

	"linli/bot"
	"linli/bot/weixin"
)

// An account that may only answer. The callback of what somebody said stays open until
// the messages that it led to have come to Send, from another goroutine, and takes them along
// as one text. All but the last of them are taken as sent when they have a place: their lane
// would bring the next one to nobody otherwise. The last one is sent when the response has
// been written. Where the platform had hung up by then, its next try gets the same
// answer; where none comes, the messages did not arrive, and the engine hears so.

const (
	between = "\n\n"
	// lostFor is how long after an answer that was lost the platform may still try again.
	lostFor = 12 * time.Second
	// keptFor is how long the answer to a message is kept for a try that is late.
	keptFor = time.Minute
	// receiveOn is how long Receive may go on after the platform has hung up: until the last
	// of its tries.
	receiveOn = 15 * time.Second
)

// exchange is something somebody said and the answer to it. All of it is guarded by answers.
type exchange struct {
	openid   string
	begun    time.Time
	handlers int // callbacks that wait for it
	timer    *time.Timer

	heard bool // Receive has returned
	err   error
	says  int // messages that it led to

	parts   []part
	turned  int  // messages that had no room
	shut    bool // takes no more
	settled bool
	outcome error // once settled; nil: the platform has it
	changed chan struct{}
}

type part struct {
	ref, text string
	early     bool // was taken as sent when it had a place
}

// answers are the exchanges under way and those that may be asked for again.
type answers struct {
	mu   sync.Mutex
	kept map[string]*exchange // by key of the message
	open map[string][]*exchange
}

func (x *exchange) change() {
	close(x.changed)
	x.changed = make(chan struct{})
}

// text is the answer as it stands.
func (x *exchange) text() string {
	var all []string
	for _, p := range x.parts {
		all = append(all, p.text)
	}
	return strings.Join(all, between)
}

// full says that nothing more is to come.
func (x *exchange) full() bool { return x.heard && len(x.parts)+x.turned >= x.says }

// close takes no more messages; the lock is held.
func (a *answers) close(x *exchange) {
	if x.shut {
		return
	}
	x.shut = true
	list := a.open[x.openid]
	for i, other := range list {
		if other == x {
			list = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	if a.open[x.openid] = list; len(list) == 0 {
		delete(a.open, x.openid)
	}
}

// settle ends an exchange; the lock is held.
func (a *answers) settle(x *exchange, outcome error) {
	if x.settled {
		return
	}
	a.close(x)
	x.settled, x.outcome = true, outcome
	x.change()
}

// attach gives the exchange of a message, a new one if it is not known.
func (a *answers) attach(key, openid string) (x *exchange, fresh bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.kept == nil {
		a.kept, a.open = map[string]*exchange{}, map[string][]*exchange{}
	}
	x = a.kept[key]
	if fresh = x == nil; fresh {
		for k, old := range a.kept {
			if old.settled && time.Since(old.begun) > keptFor {
				delete(a.kept, k)
			}
		}
		x = &exchange{openid: openid, begun: time.Now(), changed: make(chan struct{})}
		a.kept[key] = x
		a.open[openid] = append(a.open[openid], x)
	}
	x.handlers++
	if x.timer != nil {
		x.timer.Stop()
	}
	return x, fresh
}

// exchange answers a callback of an account that may only answer.
func (o *Official) exchange(ctx context.Context, c *callback, m *weixin.Message, in bot.Inbound) ([]byte, error) {
	a, key := &o.answers, in.Keys[0]
	x, fresh := a.attach(key, in.From.Address)
	if fresh {
		place := o.lanes.place(in.From.Address)
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), receiveOn)
			defer cancel()
			answer, err := o.receive(ctx, place, in)
			a.mu.Lock()
			defer a.mu.Unlock()
			x.heard, x.err, x.says = true, err, answer.Says
			if err != nil {
				delete(a.kept, key) // the next try of the platform begins anew
				a.settle(x, bot.Busy{After: time.Second})
			}
			x.change()
		}()
	}
	timer := time.NewTimer(time.Until(c.came.Add(answerFor)))
	defer timer.Stop()
	for over := false; ; {
		a.mu.Lock()
		switch {
		case x.err != nil:
			a.mu.Unlock()
			return nil, x.err
		case x.heard && (over || x.full()):
			a.close(x)
			text := x.text()
			x.change()
			a.mu.Unlock()
			c.answer = x
			if text == "" {
				return nil, nil
			}
			return reply(m, text, o.now())
		case over && time.Since(c.came) >= receiveFor:
			a.mu.Unlock()
			o.written(x, errLate)
			return nil, errLate
		}
		changed := x.changed
		a.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
			over = true
			timer.Reset(time.Until(c.came.Add(receiveFor)))
		}
	}
}

// answer puts words into the open response to somebody, and gives a reference once they are
// on their way.
func (o *Official) answer(ctx context.Context, openid, text string) (string, error) {
	a := &o.answers
	a.mu.Lock()
	list := a.open[openid]
	if len(list) == 0 {
		a.mu.Unlock()
		return "", bot.Closed{Why: "the account may only answer, and nobody waits for one"}
	}
	x := list[0]
	if n := len(x.text()); n > 0 && n+len(between)+len(text) > textLimit {
		x.turned++
		x.change()
		a.mu.Unlock()
		return "", bot.Busy{After: time.Second}
	}
	ref := "p" + rand.Text()
	i := len(x.parts)
	x.parts = append(x.parts, part{ref: ref, text: text})
	x.change()
	for {
		switch {
		case x.settled:
			err := x.outcome
			a.mu.Unlock()
			if err != nil {
				return "", err
			}
			return ref, nil
		case x.heard && !x.shut && i+1+x.turned < x.says:
			x.parts[i].early = true
			a.mu.Unlock()
			return ref, nil
		}
		changed := x.changed
		a.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		a.mu.Lock()
	}
}

// written notes how the response of a callback ended.
func (o *Official) written(x *exchange, err error) {
	a := &o.answers
	a.mu.Lock()
	defer a.mu.Unlock()
	x.handlers--
	switch {
	case x.settled:
	case err == nil:
		a.settle(x, nil)
	case x.handlers == 0:
		x.timer = time.AfterFunc(lostFor, func() { o.lost(x) })
	}
}

// lost ends an exchange for which the platform did not come again.
func (o *Official) lost(x *exchange) {
	a := &o.answers
	a.mu.Lock()
	if x.settled || x.handlers > 0 {
		a.mu.Unlock()
		return
	}
	a.settle(x, bot.Closed{Why: "the platform did not take the answer"})
	var early []string
	for _, p := range x.parts {
		if p.early {
			early = append(early, p.ref)
		}
	}
	a.mu.Unlock()
	for _, ref := range early {
		o.undelivered(x.openid, ref)
	}
}

// undelivered says of something that was taken as sent that it did not arrive.
func (o *Official) undelivered(openid, ref string) {
	in := bot.Inbound{
		Channel: Name, Kind: bot.Undelivered, At: o.now(), Keys: []string{Name + "/" + o.options.AppID + "/u/" + ref},
		Chat: bot.Peer{Address: openid}, From: bot.Peer{Address: openid, Person: true},
		Ref: ref, Loss: bot.Loss{Closed: true, Why: "the platform did not take the answer"},
	}
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		ctx, cancel := context.WithTimeout(context.Background(), receiveOn)
		_, err := o.receive(ctx, o.lanes.place(openid), in)
		cancel()
		if err == nil {
			return
		}
		o.log.Error("an answer was lost, and this could not be kept", "error", weixin.Clean(err))
		if o.pause(context.Background(), wait) != nil {
			return
		}
	}
}

// reply is the XML that answers a message with a text.
func reply(m *weixin.Message, text string, at time.Time) ([]byte, error) {
	type cdata struct {
		Text string `xml:",cdata"`
	}
	return xml.Marshal(struct {
		XMLName xml.Name `xml:"xml"`
		To      cdata    `xml:"ToUserName"`
		From    cdata    `xml:"FromUserName"`
		At      int64    `xml:"CreateTime"`
		Type    cdata    `xml:"MsgType"`
		Content cdata    `xml:"Content"`
	}{To: cdata{m.From}, From: cdata{m.To}, At: at.Unix(), Type: cdata{"text"}, Content: cdata{text}})
}
