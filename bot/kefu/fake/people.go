package fake

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Person is a resident in WeChat. The account does not know them before they Enter or Say
// something.
type Person struct {
	ID string // external_userid

	s       *Server
	state   int
	said    time.Time // when they last said something
	sent    int       // messages since
	blocked bool
	shown   []Shown
	told    time.Time // when something was last sent to them
	greeted time.Time // when they last got a code for a greeting
}

// AddPerson makes a resident.
func (s *Server) AddPerson() *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &Person{ID: s.next("wmAJ2GCAAAme1XQRC-NI-q0_ZM9"), s: s, state: over}
	s.people[p.ID] = p
	return p
}

// Person is the one with an id, nil if there is none.
func (s *Server) Person(id string) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.people[id]
}

// Shown is what they see of what the account has sent, oldest first.
func (p *Person) Shown() []Shown {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return slices.Clone(p.shown)
}

// State is that of their session: 0 to 4.
func (p *Person) State() int {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.state
}

// Block makes everything that is sent to them fail later.
func (p *Person) Block(yes bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.blocked = yes
}

// say puts down what they have sent. It begins a session where none is.
func (p *Person) say(msgtype string, content any) string {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	p.said, p.sent = s.Now(), 0
	if p.state == over {
		p.state = fresh
	}
	item := object{"open_kfid": Account, "external_userid": p.ID, "origin": 3, "msgtype": msgtype}
	if content != nil {
		item[msgtype] = content
	}
	return s.put(item)
}

// Say sends a text, and gives its msgid, as all of these do.
func (p *Person) Say(text string) string { return p.say("text", object{"content": text}) }

// Send sends something of any msgtype.
func (p *Person) Send(msgtype string, content any) string { return p.say(msgtype, content) }

// File sends a picture, a voice note, a video or a file.
func (p *Person) File(msgtype string, data []byte) string {
	p.s.mu.Lock()
	id := p.s.next("1G6nrLmr5EC3MMb_")
	p.s.files[id] = file{data: data, at: p.s.Now()}
	p.s.mu.Unlock()
	return p.say(msgtype, object{"media_id": id})
}

// Place sends where something is.
func (p *Person) Place(lat, lon float64, name, address string) string {
	return p.say("location", object{"latitude": lat, "longitude": lon, "name": name, "address": address})
}

// Begin is as if they had said something that sync_msg does not give.
func (p *Person) Begin() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.said, p.sent, p.state = p.s.Now(), 0, fresh
}

// Renew opens the window again, without a word.
func (p *Person) Renew() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.said, p.sent = p.s.Now(), 0
}

// Press clicks an entry of the newest menu that has it.
func (p *Person) Press(data string) (string, error) {
	label, ok := p.entry(data)
	if !ok {
		return "", fmt.Errorf("fake: no menu of %s has the entry %q", p.ID, data)
	}
	return p.say("text", object{"content": label, "menu_id": data}), nil
}

func (p *Person) entry(data string) (label string, ok bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for _, m := range slices.Backward(p.shown) {
		for _, b := range m.Menu {
			if b.Data == data && data != "" {
				return b.Label, true
			}
		}
	}
	return "", false
}

// Enter comes to the conversation by a link. A code to greet them with is given where nothing
// was said to them for 48 hours; it is returned, too.
func (p *Person) Enter(scene, param string) (welcome string) {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	event := object{"event_type": "enter_session", "open_kfid": Account, "external_userid": p.ID}
	if scene != "" {
		event["scene"] = scene
	}
	if param != "" && scene != "" {
		event["scene_param"] = param
	}
	now := s.Now()
	if now.Sub(p.greeted) > window && now.Sub(p.told) > window {
		welcome = s.next("welcome")
		s.codes[welcome] = code{person: p, until: now.Add(welcomeLife), state: -1, types: []string{"text", "msgmenu"}}
		event["welcome_code"], p.greeted = welcome, now
	}
	s.put(object{"msgtype": "event", "origin": 4, "event": event})
	return welcome
}

// EnterBy comes by a link that add_contact_way gave, with or without a param.
func (p *Person) EnterBy(link string) error {
	u, query, _ := strings.Cut(link, "?")
	if !strings.HasPrefix(u, "https://work.weixin.qq.com/kfid/") {
		return fmt.Errorf("fake: no link of the account: %s", link)
	}
	scene, param := "", ""
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		value, err := unescape(value)
		if err != nil {
			return err
		}
		switch name {
		case "enc_scene":
			scene = strings.TrimPrefix(value, "ENC")
		case "scene_param":
			param = value
		}
	}
	if len(param) > 128 {
		return fmt.Errorf("fake: a scene_param of %d bytes", len(param))
	}
	p.Enter(scene, param)
	return nil
}

// Recall takes back what they have said.
func (p *Person) Recall(id string) string {
	return p.event(object{"event_type": "user_recall_msg", "recall_msgid": id})
}

func (p *Person) event(event object) string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	event["open_kfid"], event["external_userid"] = Account, p.ID
	return p.s.put(object{"msgtype": "event", "origin": 4, "event": event})
}

// TakeOver lets a person of the committee take the conversation: out of the pool, or one
// that had ended. Of one that nobody had handed over the platform tells nothing: it was
// assigned by the account's own rules.
func (p *Person) TakeOver() {
	p.s.mu.Lock()
	change := map[int]int{waiting: 1, over: 4}[p.state]
	p.state = talking
	p.s.mu.Unlock()
	if change != 0 {
		p.event(object{"event_type": "session_status_change", "change_type": change, "new_servicer_userid": "zhangsan", "msg_code": "x"})
	}
}

// Reply is what the person of the committee says to them.
func (p *Person) Reply(text string) string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.put(object{"open_kfid": Account, "external_userid": p.ID, "origin": 5, "servicer_userid": "zhangsan", "msgtype": "text", "text": object{"content": text}})
}

// End lets the person of the committee end the conversation; told says whether the platform
// tells of it.
func (p *Person) End(told bool) {
	p.s.mu.Lock()
	p.state = over
	p.s.mu.Unlock()
	if told {
		p.event(object{"event_type": "session_status_change", "change_type": 3, "old_servicer_userid": "zhangsan"})
	}
}

// Put writes down anything for sync_msg to give, as it is.
func (s *Server) Put(item map[string]any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(item)
}
