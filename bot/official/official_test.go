package official

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/official/fake"
	"linli/bot/weixin"
)

// stage is a channel in front of a fake platform.
type stage struct {
	*testing.T
	server  *fake.Server
	ears    *bottest.Ears
	shelf   *bottest.Shelf
	log     *bottest.Log
	channel *Official
	now     *bottest.Clock
}

func newStage(t *testing.T, change ...func(*Options, *fake.Server)) *stage {
	s := &stage{T: t, server: fake.New(), ears: &bottest.Ears{}, shelf: &bottest.Shelf{}, log: &bottest.Log{},
		now: bottest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("", 8*3600)))}
	s.server.Now = s.now.Now
	o := Options{
		AppID: fake.AppID, Secret: fake.Secret, Token: fake.Token, AESKey: fake.AESKey, Receive: s.ears, Shelf: s.shelf, Now: s.now.Now,
		Log: s.log.Logger(t),
	}
	for _, f := range change {
		f(&o, s.server)
	}
	url := s.server.Start()
	t.Cleanup(s.server.Close)
	if err := weixin.Connect(weixin.Lines{Official: url}); err != nil {
		t.Fatal(err)
	}
	s.open(o)
	return s
}

// open makes the channel, as after a restart.
func (s *stage) open(o Options) {
	s.Helper()
	var err error
	if s.channel, err = New(o); err != nil {
		s.Fatal(err)
	}
	s.server.Hook = s.channel
}

// await waits until the server sees something.
func (s *stage) await(what string, cond func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 20*time.Second)
	defer cancel()
	if err := s.server.Wait(ctx, cond); err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

// quiet waits until the platform has nothing more to bring.
func (s *stage) quiet() {
	s.Helper()
	s.await("all callbacks", func() bool { return s.server.Pending() == 0 })
}

// discreet says that neither an error nor the log shows what it must not.
func (s *stage) discreet(err error) {
	s.Helper()
	text := s.log.String()
	if err != nil {
		text += err.Error() + fmt.Sprintf("%+v %#v", err, err)
	}
	for _, bad := range append(s.server.Secrets(), plant, "oFake6") {
		if strings.Contains(text, bad) {
			s.Errorf("an error or the log shows %.12q…: %v", bad, err)
		}
	}
}

const plant = "王阿姨家的事，13800138000"

func TestNew(t *testing.T) {
	good := func() Options {
		return Options{AppID: fake.AppID, Secret: fake.Secret, Token: fake.Token, AESKey: fake.AESKey, Receive: &bottest.Ears{}, Shelf: &bottest.Shelf{}}
	}
	template := Template{ID: "TEMPLATE-1234", No: "character_string1", What: "thing2", At: "time3"}
	for name, test := range map[string]struct {
		change func(*Options)
		ok     bool
	}{
		"as it is":                {func(o *Options) {}, true},
		"plain":                   {func(o *Options) { o.Plain, o.AESKey = true, "" }, true},
		"plain with a key":        {func(o *Options) { o.Plain = true }, false},
		"no key":                  {func(o *Options) { o.AESKey = "" }, false},
		"a short key":             {func(o *Options) { o.AESKey = o.AESKey[1:] }, false},
		"no AppID":                {func(o *Options) { o.AppID = "" }, false},
		"an AppID of a corp":      {func(o *Options) { o.AppID = "ww2c2769f8efd9abc2" }, false},
		"no secret":               {func(o *Options) { o.Secret = "" }, false},
		"no secret, passive":      {func(o *Options) { o.Secret, o.Shelf, o.Passive = "", nil, true }, true},
		"a secret with a line":    {func(o *Options) { o.Secret += "\n" }, false},
		"a bad secret, passive":   {func(o *Options) { o.Secret, o.Passive = "a b", true }, false},
		"no token":                {func(o *Options) { o.Token = "" }, false},
		"no receiver":             {func(o *Options) { o.Receive = nil }, false},
		"no shelf":                {func(o *Options) { o.Shelf = nil }, false},
		"a template":              {func(o *Options) { o.Template = template }, true},
		"a template of nothing":   {func(o *Options) { o.Template = Template{ID: template.ID} }, false},
		"fields of none":          {func(o *Options) { o.Template = template; o.Template.ID = "" }, false},
		"a field twice":           {func(o *Options) { o.Template = template; o.Template.No = "thing2" }, false},
		"a field of another kind": {func(o *Options) { o.Template = template; o.Template.What = "time2" }, false},
		"a field of no kind":      {func(o *Options) { o.Template = template; o.Template.At = "when" }, false},
		"a fixed field":           {func(o *Options) { o.Template = template; o.Template.Fixed = map[string]string{"phrase4": "处理中"} }, true},
		"a fixed field that is long": {func(o *Options) {
			o.Template = template
			o.Template.Fixed = map[string]string{"phrase4": "正在处理之中"}
		}, false},
		"a fixed field twice": {func(o *Options) { o.Template = template; o.Template.Fixed = map[string]string{"thing2": "a"} }, false},
		"a menu": {func(o *Options) {
			o.Menu = []MenuItem{{Name: "我的事", Key: "我的事"}, {Name: "更多", Items: []MenuItem{{Name: "报事", URL: "https://linli.example/r"}}}}
		}, true},
		"four entries":        {func(o *Options) { o.Menu = make([]MenuItem, 4) }, false},
		"an entry of nothing": {func(o *Options) { o.Menu = []MenuItem{{Name: "我的事"}} }, false},
		"an entry of two":     {func(o *Options) { o.Menu = []MenuItem{{Name: "我的事", Key: "a", URL: "https://x.example"}} }, false},
		"a name that is long": {func(o *Options) { o.Menu = []MenuItem{{Name: "我的所有事情", Key: "a"}} }, false},
		"a script":            {func(o *Options) { o.Menu = []MenuItem{{Name: "我的事", URL: "javascript:alert(1)"}} }, false},
		"a list in a list": {func(o *Options) {
			o.Menu = []MenuItem{{Name: "a", Items: []MenuItem{{Name: "b", Items: []MenuItem{{Name: "c", Key: "c"}}}}}}
		}, false},
	} {
		o := good()
		test.change(&o)
		c, err := New(o)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), fake.Secret) || strings.Contains(err.Error(), fake.AESKey[1:])) {
			t.Errorf("%s: the error shows a secret", name)
		}
		if c != nil {
			if shown := fmt.Sprintf("%v %+v %#v %s %d", c, c, c, c, c); strings.Contains(shown, "0f4e") || strings.Contains(shown, "spamtest") {
				t.Errorf("%s: printing the channel shows %s", name, shown)
			}
		}
	}
}

// An account without a secret calls nobody, whatever it is asked for.
func TestNoSecret(t *testing.T) {
	s := newStage(t, func(o *Options, _ *fake.Server) { o.Passive, o.Secret, o.Shelf = true, "", nil })
	_, err := s.channel.Fetch(t.Context(), "FAKEMEDIA", 1<<20)
	_, _, err2 := s.channel.QR(t.Context(), "b-3", false)
	_, _, err3 := s.channel.Who(t.Context(), "0123456789abcdef")
	_, err4 := s.channel.JSConfig(t.Context(), "https://linli.example/")
	for i, err := range []error{err, err2, err3, err4} {
		if !errors.As(err, new(bot.Refused)) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if h, err := s.channel.Check(t.Context()); err != nil || len(h.Missing) > 0 {
		t.Errorf("Check = %+v, %v", h, err)
	}
	if s.channel.AuthURL("https://linli.example/", "a") != "" {
		t.Error("a page is sent to have somebody named, and nobody can be")
	}
	if n := len(s.server.Calls("")); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}
