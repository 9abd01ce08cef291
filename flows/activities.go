package flows

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Activities (活动): what people have said of themselves, who may be invited, what the menu
// of wishes and an activity say to each other, and the community's rules for them.

// Profile is what somebody has said of themself, by buttons, so that they are invited to
// what suits them and no more often than they like. Nothing in it is guessed, and they can
// change all of it at any time. Who has none is not invited; the list of activities is
// open to them all the same.
type Profile struct {
	Age      Age       `json:"age,omitempty"`
	Likes    []string  `json:"likes,omitempty"`    // ids of [Activities.Interests]
	Wishes   []string  `json:"wishes,omitempty"`   // ids of dishes of the menu, see [Listed]
	Came     []string  `json:"came,omitempty"`     // interests of the activities they were at, the last ten
	Children bool      `json:"children,omitempty"` // would come with children
	Free     []Free    `json:"free,omitempty"`     // when they have time; empty: at any time
	Often    Often     `json:"often,omitempty"`
	Channel  string    `json:"channel,omitempty"` // where they would rather be written to: "telegram"; empty: wherever they have last been
	Helps    bool      `json:"helps,omitempty"`   // has said that they would lend a hand
	Offered  time.Time `json:"offered,omitzero"`  // when they were asked, once, whether they would
	Served   []Served  `json:"served,omitempty"`  // what they have done as a volunteer
}

// Stopped says that they want no invitations.
func (p Profile) Stopped() bool { return p.Often == Never }

// Zero says that nothing was said.
func (p Profile) Zero() bool {
	return p.Age == "" && len(p.Likes)+len(p.Wishes)+len(p.Came)+len(p.Free)+len(p.Served) == 0 && !p.Children && p.Often == "" &&
		p.Channel == "" && !p.Helps && p.Offered.IsZero()
}

// Age is an age band. People choose it themselves; none is ever worked out.
type Age string

const (
	Minor  Age = "minor"  // under 18: comes with a parent
	Young  Age = "young"  // 18 to 35
	Middle Age = "middle" // 36 to 59
	Elder  Age = "elder"  // 60 and over
)

// Bands are the age bands in the order in which they are shown.
var Bands = []Age{Minor, Young, Middle, Elder}

// Free is a part of the week.
type Free string

const (
	Evenings Free = "evening" // of working days, from 18:00
	Weekends Free = "weekend"
	Daytime  Free = "day" // of working days
)

// FreeAt gives the part of the week in which t lies; holidays are weekends.
func (s *Settings) FreeAt(t time.Time) Free {
	t = t.In(s.Zone)
	switch {
	case !s.Calendar.Working(t):
		return Weekends
	case t.Hour() >= 18:
		return Evenings
	}
	return Daytime
}

// Often is how many invitations somebody wants at most. The limit of the community
// ([Limits.Invites]) holds besides.
type Often string

const (
	Any     Often = "any"   // whatever suits them, within the community's limits
	Weekly  Often = "week"  // one a week
	Monthly Often = "month" // one in four weeks
	Never   Often = "never"
)

// Served is a time somebody has given as a volunteer, as the organiser has confirmed it.
type Served struct {
	Case    ID        `json:"case"`
	No      int       `json:"no,omitempty"`
	What    string    `json:"what"` // the title of the activity
	At      time.Time `json:"at"`
	Minutes int       `json:"minutes"`
	By      PersonID  `json:"by"` // who confirmed it
}

// Activities are the community's rules for activities, invitations and the menu.
type Activities struct {
	Interests []Interest
	Most      int             // places of an activity at most
	Few       time.Duration   // before the beginning: are there fewer than it needs, its organiser hears so
	Remind    []time.Duration // before the beginning: who was invited and has not answered is reminded
	Batch     time.Duration   // between two batches of invitations
	Rate      int             // of a hundred who are invited so many are expected to come, until the menu has learnt better
	Hold      Clock           // a place that became free is kept for whom it is offered to until this time of the next day
	Cancel    time.Duration   // until so long before the beginning one can say that one does not come
	Small     int             // fewer people than this are never shown apart
	Urgent    []Role          // who may let an invitation pass the limits
}

// Interest is something people like to do, and what they write who mean it.
type Interest struct {
	ID    string
	Name  map[string]string // by language: "乐器"
	Words []string          // "吉他", "古筝"
}

// Interest gives an interest of the settings.
func (s *Settings) Interest(id string) (Interest, bool) {
	i := slices.IndexFunc(s.Activities.Interests, func(x Interest) bool { return x.ID == id })
	if i < 0 {
		return Interest{}, false
	}
	return s.Activities.Interests[i], true
}

// In gives the name of an interest in a language.
func (x Interest) In(lang string) string {
	if n := x.Name[lang]; n != "" {
		return n
	}
	for _, l := range []string{lang[:min(2, len(lang))], "zh", "zh-CN", "en"} {
		if n := x.Name[l]; n != "" {
			return n
		}
	}
	return x.ID
}

// Invitees is whom an activity is for: who suits one of its parts is taken, and an empty
// one suits everybody.
type Invitees struct {
	Scope     Scope    `json:"scope"`               // where they live; who has not said, only if it is the whole community
	Dish      string   `json:"dish,omitempty"`      // of the menu: whose wish it was comes first
	Interests []string `json:"interests,omitempty"` // what they like; empty: whatever
	Ages      []Age    `json:"ages,omitempty"`
	Children  bool     `json:"children,omitempty"` // only who comes with children
	Free      Free     `json:"free,omitempty"`     // the part of the week in which it is
	Urgent    bool     `json:"urgent,omitempty"`   // it may pass the limits: somebody has allowed it by name
	Seed      string   `json:"seed,omitempty"`     // by it those are ordered who are otherwise alike
}

// Candidate is somebody who may be invited, as the engine knows them.
type Candidate struct {
	Person  PersonID
	Home    Place
	Profile Profile
	Left    int // how many invitations they may still get now
}

// Found is somebody whom [Choose] has chosen, and why; their band is what they have said.
type Found struct {
	Person   PersonID `json:"person"`
	Age      Age      `json:"age,omitempty"`
	Why      Why      `json:"why"`
	Interest string   `json:"interest,omitempty"` // with ByLike, ByCame: which
	Left     int      `json:"left,omitempty"`     // see [Candidate]; 0 where it passes the limits
}

// Why is the reason for which somebody is invited. They can read it.
type Why string

const (
	ByWish Why = "wish" // it was their wish
	ByCame Why = "came" // they were at one of the kind
	ByLike Why = "like" // they have ticked it
	ByTime Why = "time" // they have said that they would like to hear of what there is, and have time then
)

var whyOrder = map[Why]int{ByWish: 0, ByCame: 1, ByLike: 2, ByTime: 3}

// Choose gives whom to invite, best first, at most n: whose wish it was, then who was at one
// of the kind, then who has ticked it, then everybody else who has said that they would come
// to whatever there is. Those who are alike stand in an order that the seed gives, so that it
// is not always the same. Nobody is chosen who wants none, whom the limits stop, or who has no time then.
func Choose(s *Settings, in Invitees, from []Candidate, n int) []Found {
	type ranked struct {
		Found
		rank int
		lot  uint64
	}
	var out []ranked
	for _, c := range from {
		why, interest, ok := s.suits(in, c)
		if !ok {
			continue
		}
		f := Found{Person: c.Person, Age: c.Profile.Age, Why: why, Interest: interest, Left: c.Left}
		h := fnv.New64a()
		_, _ = h.Write([]byte(in.Seed)) // never fails
		_, _ = h.Write([]byte(c.Person))
		out = append(out, ranked{f, whyOrder[why], h.Sum64()})
	}
	slices.SortFunc(out, func(a, b ranked) int {
		switch {
		case a.rank != b.rank:
			return a.rank - b.rank
		case a.lot != b.lot && a.lot < b.lot:
			return -1
		case a.lot != b.lot:
			return 1
		}
		return strings.Compare(string(a.Person), string(b.Person))
	})
	if len(out) > n {
		out = out[:n]
	}
	found := make([]Found, len(out))
	for i, r := range out {
		found[i] = r.Found
	}
	return found
}

// suits says whether somebody may be invited, and why.
func (s *Settings) suits(in Invitees, c Candidate) (why Why, interest string, ok bool) {
	p := c.Profile
	switch {
	case p.Zero() || p.Stopped() || p.Age == Minor: // minors come with a parent, who is invited
		return "", "", false
	case c.Left <= 0 && !in.Urgent:
		return "", "", false
	case !in.Scope.Community && !s.Contains(in.Scope, s.ScopeOf(c.Home.Public())):
		return "", "", false
	case len(in.Ages) > 0 && !slices.Contains(in.Ages, p.Age):
		return "", "", false
	case in.Children && !p.Children:
		return "", "", false
	}
	if in.Dish != "" && slices.Contains(p.Wishes, in.Dish) {
		return ByWish, "", true // whatever time it is: they have asked for it
	}
	if in.Free != "" && len(p.Free) > 0 && !slices.Contains(p.Free, in.Free) {
		return "", "", false
	}
	if i := first(in.Interests, p.Came); i != "" {
		return ByCame, i, true
	}
	if i := first(in.Interests, p.Likes); i != "" {
		return ByLike, i, true
	}
	if len(in.Interests) == 0 || len(p.Likes) == 0 && len(p.Wishes) == 0 {
		return ByTime, "", true
	}
	return "", "", false
}

func first(want, have []string) string {
	for _, w := range want {
		if slices.Contains(have, w) {
			return w
		}
	}
	return ""
}

// WishLine is what somebody would like there to be: "想学吉他", "下班后能去的健身".
type WishLine struct {
	Text     string `json:"text"`               // what they would like, without "想": "学吉他"
	Interest string `json:"interest,omitempty"` // of the settings, where the words name one
	Free     Free   `json:"free,omitempty"`     // where the words say when
	Children bool   `json:"children,omitempty"` // "带孩子"
}

// OfferLine is an activity in one line: "活动：学吉他，周四19:30，邻里室，12人，最少5人，免费". Its time,
// room and people are in Reading.Plan. What the line leaves open is zero.
type OfferLine struct {
	Title   string `json:"title"`
	Most    int    `json:"most,omitempty"`    // places
	Least   int    `json:"least,omitempty"`   // below it, it does not take place
	Cost    string `json:"cost,omitempty"`    // as written: "免费", "20元"
	Minutes int    `json:"minutes,omitempty"` // how long
	Number  int    `json:"number,omitempty"`  // of the demand or hearing that it is about
	Civic   bool   `json:"civic,omitempty"`   // a clean-up, a patrol, an evening on this place's history
	Teach   bool   `json:"teach,omitempty"`   // somebody says what they could teach, "我可以教吉他": Title is that, and no line of an activity was written
}

// MenuKey is the key of the one case that is the community's menu of wishes, see [Tell].
const MenuKey = "#menu"

// MenuFlow and ActivityFlow are the names of the flows.
const (
	MenuFlow     = "menu"
	ActivityFlow = "activity"
)

// Offer is what an activity is opened with, by the menu or by words. Line is read as
// [Reading.Offer] of the same event.
type Offer struct {
	Dish     string `json:"dish,omitempty"` // of the menu
	Title    string `json:"title,omitempty"`
	Interest string `json:"interest,omitempty"`
	Wished   int    `json:"wished,omitempty"` // how many have wished it
	Rate     int    `json:"rate,omitempty"`   // what the menu has learnt: of a hundred invited so many came; 0: nothing yet
	Shown    int    `json:"shown,omitempty"`  // of a hundred who had said yes so many came; 0: nothing yet
	About    ID     `json:"about,omitempty"`  // the demand or hearing it is about
}

// Listed is what an activity tells the menu under the name "listed" whenever what stands in
// the open list changes, and "ended" when it is over or called off.
type Listed struct {
	No    int       `json:"no"`
	Title string    `json:"title"`
	At    time.Time `json:"at"`
	Where string    `json:"where,omitempty"` // name of the place
	Left  int       `json:"left"`            // places; 0: full, one can wait
	Dish  string    `json:"dish,omitempty"`
	Scope Scope     `json:"scope"`
}

// Learnt is what an activity tells the menu under the name "learnt" when it is over:
// numbers, nobody's name.
type Learnt struct {
	Dish     string         `json:"dish,omitempty"`
	Interest string         `json:"interest,omitempty"`
	Invited  int            `json:"invited"`
	Yes      int            `json:"yes"`
	Came     int            `json:"came"`
	Arms     map[string]Arm `json:"arms,omitempty"` // by wording
}

// Fulfilled is what an activity that has taken place tells the menu under the name "came":
// whose wish of a dish has come true, at most 100 at a time. They are wished for no more.
type Fulfilled struct {
	Dish   string     `json:"dish"`
	People []PersonID `json:"people"`
}

// Arm is one of the wordings that are compared: how many read it, and how many of them said yes.
type Arm struct {
	Sent int `json:"sent"`
	Yes  int `json:"yes"`
}

// About is what a demand or a hearing answers under the name "about" to an activity that has
// told it "activity" (with a [Listed]): what the activity is about.
type About struct {
	No     int    `json:"no,omitempty"`
	Item   string `json:"item,omitempty"`
	Title  string `json:"title,omitempty"`
	Place  Place  `json:"place,omitzero"`
	People int    `json:"people,omitempty"` // how many have asked about it; 0: it is not to be told
}
