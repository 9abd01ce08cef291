package telegram

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/telegram/fake"
	"linli/flows"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/flowstest"
	"linli/prompts/local"
	"linli/storage"
)

// town is the whole of it: the engine with its flows, a store and this channel in
// front of a Telegram with limits, and people. Only pass moves the clock.
type town struct {
	*stage
	bot    *bot.Bot
	store  storage.Store
	zone   *time.Location
	clock  *bottest.Clock
	names  map[int64]string // of chats
	people map[string]*fake.User
	read   int      // calls that were told
	log    []string // what was said and told
}

func newTown(t *testing.T, change func(*fake.Server), more ...flows.Flow) *town {
	settings := flowstest.Example(t, demand.DutyList())
	w := &town{zone: settings.Zone, names: map[int64]string{}, people: map[string]*fake.User{}}
	w.clock = bottest.NewClock(time.Date(2026, 3, 11, 9, 0, 0, 0, w.zone)) // a Wednesday
	ears := &bottest.Late{}
	w.stage = &stage{T: t, server: fake.New(), cursor: &bookmark{}, log: &bottest.Log{}, waits: make(chan time.Duration, 100)}
	w.server.Now, w.server.Limits = w.clock.Now, true
	if change != nil {
		change(w.server)
	}
	url := w.server.Start()
	t.Cleanup(w.server.Close)
	var err error
	w.tg, err = New(Options{Token: fake.Token, APIURL: url, Receive: ears, Cursor: w.cursor, Wait: 2 * time.Second, Now: w.clock.Now, Log: bottest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	w.store = bottest.Store(t, "example")
	w.bot, err = bot.New(bot.Options{Store: w.store, Settings: settings, Flows: append(more, flowstest.Flows(t, demand.New, dispatch.New)...), Channels: []bot.Channel{w.tg},
		Reader: local.New(), Now: w.clock.Now, Media: t.TempDir(), Log: bottest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	ears.To = w.bot
	w.run()
	w.polled()
	return w
}

// person gives somebody an account; whoever has a post is bound to it by a link.
func (w *town) person(name, post string) *fake.User {
	w.Helper()
	u := w.server.AddUser(name)
	w.names[u.ID], w.people[name] = name, u
	if post != "" {
		code, err := w.bot.NewCode(w.Context(), "person", post)
		if err != nil {
			w.Fatal(err)
		}
		w.start(u, "https://t.me/linli_test_bot?start="+code)
	}
	return u
}

// known is a person who agreed long ago and can be written to.
func (w *town) known(name string) *fake.User {
	w.Helper()
	u := w.person(name, "")
	u.Start("")
	w.pass(0)
	at := "telegram:" + strconv.FormatInt(u.ID, 10)
	err := w.store.Update(w.Context(), func(tx storage.Tx) error {
		n, err := tx.Count("resident")
		if err != nil {
			return err
		}
		return tx.PutPerson(storage.Person{ID: flows.PersonID(fmt.Sprint("r", n)), Name: name, Consent: w.clock.Now(), Addresses: []string{at}, Reach: []string{at}, Seen: w.clock.Now()})
	})
	if err != nil {
		w.Fatal(err)
	}
	return u
}

// link is the newest button in a chat that opens something.
func (w *town) link(chat int64) (url string) {
	for _, m := range w.server.Sent(chat) {
		for _, row := range m.Buttons {
			for _, b := range row {
				if b.URL != "" {
					url = b.URL
				}
			}
		}
	}
	return url
}

func (w *town) start(u *fake.User, link string) {
	w.Helper()
	w.log = append(w.log, "> "+u.First+": Start")
	if _, ok := u.Follow(link); !ok {
		w.Fatalf("no link of ours: %q", link)
	}
	w.pass(0)
}

func (w *town) group(title string) *fake.Group {
	g := w.server.AddGroup(title)
	w.names[g.ID] = title
	return g
}

// bound is a group in which Linli is an admin and which is one of the directory.
func (w *town) bound(title, id string) *fake.Group {
	w.Helper()
	g := w.group(title)
	g.Admin = true
	by := w.server.AddUser("群主")
	g.Join(by)
	w.pass(0)
	code, err := w.bot.NewCode(w.Context(), "group", id)
	if err != nil {
		w.Fatal(err)
	}
	w.server.Say(by, g.ID, "/start@linli_test_bot "+code)
	w.pass(time.Minute)
	return g
}

func (w *town) say(u *fake.User, chat int64, text string, more ...fake.Option) fake.Said {
	w.Helper()
	said := w.server.Say(u, chat, text, more...)
	w.log = append(w.log, "> "+w.from(u, chat)+": "+text)
	w.pass(0)
	return said
}

func (w *town) from(u *fake.User, chat int64) string {
	if chat == u.ID {
		return u.First
	}
	return u.First + "@" + w.names[chat]
}

// press presses the newest button of that label and gives the notice.
func (w *town) press(u *fake.User, chat int64, label string) string {
	w.Helper()
	w.log = append(w.log, "> "+w.from(u, chat)+": ["+label+"]")
	id, err := w.server.Press(u, chat, label)
	if err != nil {
		w.Fatal(err)
	}
	return w.pressed(u, id)
}

// forge presses a button that may not be there.
func (w *town) forge(u *fake.User, chat, message int64, data string) string {
	w.Helper()
	w.log = append(w.log, "> "+w.from(u, chat)+": {"+data+"}")
	return w.pressed(u, w.server.Forge(u, chat, message, data))
}

func (w *town) pressed(u *fake.User, id string) (toast string) {
	w.Helper()
	w.await("the answer to a press", func() (answered bool) { toast, answered = w.server.Toast(id); return answered })
	if toast != "" {
		w.log = append(w.log, "< "+u.First+" (弹): "+toast)
	}
	w.pass(0)
	return toast
}

// pass lets that much time go by, and everything be heard and told that is due
// meanwhile.
func (w *town) pass(d time.Duration) {
	w.Helper()
	for end := w.clock.Now().Add(d); ; {
		w.await("all to be heard", func() bool { return w.server.Pending() == 0 })
		n, next, err := w.bot.Round(w.Context())
		if err != nil {
			w.Fatal(err)
		}
		w.tell()
		if n > 0 {
			continue
		}
		if next.IsZero() || next.After(end) {
			w.clock.Set(end)
			return
		}
		if next.After(w.clock.Now()) {
			w.clock.Set(next)
		}
	}
}

// tell writes down what people have been told since the last time.
func (w *town) tell() {
	all := w.server.Calls("")
	for _, c := range all[w.read:] {
		name := w.names[c.Chat]
		if c.Code != 200 || name == "" {
			continue
		}
		text := c.Params["text"] + c.Params["caption"]
		switch c.Method {
		case "sendPhoto":
			text = "（照片）" + text
		case "sendVoice":
			text = "（语音）" + text
		case "sendMediaGroup":
			var m []struct{ Caption string }
			json.Unmarshal([]byte(c.Params["media"]), &m)
			text = fmt.Sprintf("（照片%d张）%s", len(m), m[0].Caption)
		case "editMessageText", "editMessageCaption":
			name += " (改)"
		case "setMessageReaction":
			var r []struct{ Emoji string }
			json.Unmarshal([]byte(c.Params["reaction"]), &r)
			name, text = name+" (号)", c.Params["message_id"]+r[0].Emoji
		case "pinChatMessage":
			name, text = name+" (置顶)", c.Params["message_id"]
		case "sendPoll":
			text = "（投票）" + c.Params["question"] + c.Params["options"]
		case "stopPoll":
			name, text = name+" (投票结束)", c.Params["message_id"]
		case "sendMessage":
		default:
			continue
		}
		for _, part := range []string{"\n读什么", "有要修、要办"} {
			text, _, _ = strings.Cut(text, part) // an introduction is long
		}
		line := "< " + name + ": " + strings.ReplaceAll(text, "\n", " / ")
		var k struct {
			Rows [][]struct{ Text, URL string } `json:"inline_keyboard"`
		}
		json.Unmarshal([]byte(c.Params["reply_markup"]), &k)
		for _, row := range k.Rows {
			for _, b := range row {
				if line += " [" + b.Text + "]"; b.URL != "" {
					line += "→"
				}
			}
		}
		w.log = append(w.log, line)
	}
	w.read = len(all)
}

// went compares what was said and told since the last time with lines.
func (w *town) went(want ...string) {
	w.Helper()
	got := w.log
	w.log = nil
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("as it went (+), as it should (-):\n%s\nall of it:\n%s", diff, strings.Join(got, "\n"))
	}
}
