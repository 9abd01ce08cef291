package fake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// User is a person with WeChat. What they do goes to the account's callback, unless the
// name says otherwise.
type User struct {
	OpenID   string
	UnionID  string
	Refuses  bool // takes no notices of the account
	Snapshot bool // sees pages as a snapshot only

	s       *Server
	follows bool
	windows []window
	shown   []Message
	allows  map[string]int
}

// AddUser makes a person who does not follow the account.
func (s *Server) AddUser() *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &User{OpenID: s.openidLike(), s: s, allows: map[string]int{}}
	s.users[u.OpenID] = u
	return u
}

// Follower makes a person who follows the account since long ago, which nobody is told.
func (s *Server) Follower() *User {
	u := s.AddUser()
	s.mu.Lock()
	defer s.mu.Unlock()
	u.follows = true
	return u
}

// Shown is what the account has shown the person, oldest first.
func (u *User) Shown() []Message {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return slices.Clone(u.shown)
}

// Follow follows the account, by the code with a scene or, with "", without one.
func (u *User) Follow(scene string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.follow(scene)
}

func (u *User) follow(scene string) {
	u.follows = true
	u.opens(u.s, "tapped")
	more := ""
	if scene != "" {
		scene, more = "qrscene_"+scene, element("Ticket", cdata("TICKET"))
	}
	u.s.event(u, "subscribe", scene, more)
}

// Unfollow follows the account no longer.
func (u *User) Unfollow() {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.follows, u.windows = false, nil
	u.s.event(u, "unsubscribe", "", "")
}

// Scan scans a code by the link that is in it.
func (u *User) Scan(link string) error {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	scene, ok := u.s.qrs[link]
	if !ok {
		return fmt.Errorf("fake: nobody made the code %s", link)
	}
	if !u.follows {
		u.follow(scene)
		return nil
	}
	u.opens(u.s, "tapped")
	u.s.event(u, "SCAN", scene, element("Ticket", cdata("TICKET")))
	return nil
}

// Tap taps an entry of the menu that says a word.
func (u *User) Tap(key string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.opens(u.s, "tapped")
	u.s.event(u, "CLICK", key, "")
}

// Event lets the platform tell something else about the person; more is XML.
func (u *User) Event(name, key, more string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.s.event(u, name, key, more)
}

// Allow lets the account send one 订阅通知 of a form.
func (u *User) Allow(template string) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.allows[template]++
}

// Touch opens the window of somebody who writes, and nobody is told.
func (u *User) Touch() {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	u.opens(u.s, "said")
}

// Say writes a text and gives the platform's number of it.
func (u *User) Say(text string) string {
	return u.Send("text", element("Content", cdata(text)))
}

// Photo, Voice and Video send a file; what is in it nobody looks at. Of a video the
// account gets nothing but an address.
func (u *User) Photo(data []byte) string {
	u.s.mu.Lock()
	id := u.s.keep("image/jpeg", data)
	u.s.mu.Unlock()
	return u.Send("image", element("PicUrl", cdata("http://mmbiz.qpic.cn/"+id))+element("MediaId", cdata(id)))
}

func (u *User) Voice(data []byte) string {
	u.s.mu.Lock()
	id := u.s.keep("audio/amr", data)
	u.s.mu.Unlock()
	return u.Send("voice", element("MediaId", cdata(id))+element("Format", cdata("amr")))
}

func (u *User) Video(address string) string {
	u.s.mu.Lock()
	id := u.s.keep("video/mp4", []byte(address))
	u.s.mu.Unlock()
	return u.Send("video", element("MediaId", cdata(id))+element("ThumbMediaId", cdata("THUMB")))
}

// Place sends a location.
func (u *User) Place(lat, lon float64, label string) string {
	f := func(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
	return u.Send("location", element("Location_X", f(lat))+element("Location_Y", f(lon))+element("Scale", "16")+element("Label", cdata(label)))
}

// Share passes a page on.
func (u *User) Share(title, description, link string) string {
	return u.Send("link", element("Title", cdata(title))+element("Description", cdata(description))+element("Url", cdata(link)))
}

// Press presses the newest entry of a menu with this label or this id.
func (u *User) Press(button string) (string, error) {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	for _, m := range slices.Backward(u.shown) {
		for _, x := range m.Items {
			if x.ID == button || x.Content == button {
				return u.send("text", element("Content", cdata(x.Content))+element("bizmsgmenuid", x.ID)), nil
			}
		}
	}
	return "", fmt.Errorf("fake: the person was shown no menu with %q", button)
}

// Send sends a message of any type; more is XML.
func (u *User) Send(kind, more string) string {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.send(kind, more)
}

func (u *User) send(kind, more string) string {
	if !u.follows {
		panic("fake: who does not follow the account cannot write to it")
	}
	u.opens(u.s, "said")
	id := number(u.s.serialNumber())
	u.s.push(u, element("MsgType", cdata(kind))+more+element("MsgId", id))
	return id
}

// event tells something about a person; the lock is held.
func (s *Server) event(u *User, name, key, more string) {
	s.push(u, element("MsgType", cdata("event"))+element("Event", cdata(name))+element("EventKey", cdata(key))+more)
}

func element(name, inner string) string { return "<" + name + ">" + inner + "</" + name + ">\n" }

func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
