package flows

import (
	"fmt"
	"slices"
	"time"
)

// Settings is all that rules may know of a community besides the case: one
// immutable value with a version. Slices and maps in it must not be changed.
type Settings struct {
	Version    string // changes when the content does; the journal keeps it
	Community  string // id, a word of Latin letters
	Name       string
	Example    bool // an invented community, to be called so wherever it shows
	Lang       string
	Zone       *time.Location
	Calendar   Calendar
	Phones     Phones
	Limits     Limits
	Items      []Item // the duty list (职责清单)
	Classes    []ItemClass
	Grids      []Grid
	Buildings  []Building
	Spots      []Spot
	Rooms      []Room
	People     []Official
	Groups     []Group
	Roster     []Shift
	Bodies     []Body
	Polls      Polls
	Hearings   Hearings
	Activities Activities
	Rounds     Rounds
	Partners   Partners
	Households []Household // the roster (户册) of the buildings whose households are listed, sorted by [Household.Compare]
}

// Phones are the numbers a resident in danger is given. Police, fire and
// ambulance are the country's; Crisis is the psychological help line (12356);
// Gas is the local company's emergency number and has no default.
type Phones struct {
	Police, Fire, Ambulance, Crisis, Women, Gas, Lift, Office string
}

// Limits are the community's own numbers.
type Limits struct {
	Sure     float64       // Reading.Demand from which a demand is filed or offered
	Maybe    float64       // from which it becomes a draft for staff
	Offer    time.Duration // how long an offer is held ("要登记吗？")
	Join     time.Duration // how long a speaker's next messages may belong to the last
	Page     time.Duration // danger: the next person is called after this
	Remind   Span          // nobody accepts: the next in the ladder after this
	Rate     int           // days after which a done case nobody rated is closed
	Extend   int           // how often more time may be asked
	Parked   time.Duration // how long a parked message keeps its text
	Morning  Clock         // quiet hours end: messages wait until then
	Evening  Clock         // quiet hours begin
	Bundles  []Clock       // when bundled reminders leave
	Invites  int           // invitations a person may get in a week
	Burst    int           // messages one person may send at once before the rest are read more slowly; 0: 20
	Gather   time.Duration // lines to a group are gathered for so long after one has left; 0: a minute
	Keep     Keep          // how long what is kept
	FloorMin int           // fewer households than this on a floor: no group line for a place that exact
}

// Keep is how long each class of record is kept, counted from the end of the
// case; 0 means for ever.
type Keep struct {
	Words  time.Duration // words, exact place and people of an ordinary case: then only what, which building, when and how it ended are left
	Media  time.Duration // photos and voice notes
	Danger time.Duration // as Words, of an emergency
	Sent   time.Duration // what was said to whom
	Cases  time.Duration // the case itself, with its journal
	Idle   time.Duration // a person who agreed and was not heard since
}

// Clock is a time of day in minutes after midnight.
type Clock int

// On gives the clock time on the day of t.
func (c Clock) On(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, int(c)/60, int(c)%60, 0, 0, t.Location())
}

func (c Clock) String() string { return fmt.Sprintf("%d:%02d", int(c)/60, int(c)%60) }

// Span is a length of working time: so many working days, or so many minutes
// of working hours; Plain counts minutes by the clock, day and night.
type Span struct {
	Days    int  `json:"days,omitempty"`
	Minutes int  `json:"minutes,omitempty"`
	Plain   bool `json:"plain,omitempty"`
}

// Zero says that no span was set.
func (s Span) Zero() bool { return s == Span{} }

// ItemClass is one of the classes of the duty list.
type ItemClass struct {
	ID   string
	Name map[string]string // by language
}

// Item is one line of the duty list (职责清单): what may be asked, who owns it
// and how long it may take.
type Item struct {
	ID        string            // "3-7": class and line; the clause a return names
	Class     string            // id of the class
	Name      map[string]string // by language: "电梯停运"
	Kind      map[string]string // how a group hears of it: "电梯的事"
	Words     []string          // what people write; the reader's material
	Owner     Role              // who handles it: Leader, Property, Station, Department, Staff …
	Body      string            // id of the Body, where Owner is a body with several (departments)
	About     Role              // whom it complains about by its nature
	Accept    Span              // until somebody has taken it
	Answer    Span              // until the resident hears
	Level     Level             // where two reports are the same matter
	Photo     bool              // "done" needs a photo
	Private   bool              // inside a household or between neighbours: no group hears of it
	Outage    bool              // something that may be known for many at once (停水, 停暖)
	Outside   bool              // not the community's: returned with Elsewhere
	Elsewhere map[string]string // where to go instead
	Source    string            // where the limits come from
}

// Level says where two reports of an item are one matter.
type Level string

const (
	AtRoom      Level = "room" // and one reporter: never the same for two households
	AtUnit      Level = "unit"
	AtBuilding  Level = "building"
	AtCommunity Level = "community"
)

// Grid is a grid (网格) of 300 to 400 households with its leader (网格员).
type Grid struct {
	ID         string
	Name       string
	Households int
	Leader     PersonID
	StandIns   []PersonID
}

// Building is a building (楼) or another address with units and households.
type Building struct {
	ID         string // "3"
	Name       string // "3号楼"
	Other      string // the name in a second script, shown beside
	Aliases    []string
	Grid       string
	Units      []string // "1", "2" …; empty if it has none
	Floors     int
	PerFloor   int         // households on a floor of one unit, 0 unknown
	OnFloor    map[int]int // floors that differ from PerFloor
	Households int
}

// Spot is a place that is in no building: a gate, a garage, a playground.
type Spot struct {
	ID, Name, Grid string
	Other          string // the name in a second script, shown beside
	Aliases        []string
}

// Room is a room in which people can meet (邻里室, 活动室).
type Room struct {
	ID, Name string
	Other    string // the name in a second script, shown beside
	Seats    int
	Hours    []OpenHours // when it is open, by weekday; empty: always
	Owner    string      // id of the Body it is shared with or borrowed from
	Where    Place
}

// OpenHours are the hours of some days of the week.
type OpenHours struct {
	Days     []time.Weekday // empty: every day
	From, To Clock
}

// Official is a person with a post (职务): leader, captain, staff, the property
// company's dispatcher.
type Official struct {
	ID        PersonID
	Name      string
	Posts     []Post
	Phone     string
	Lang      string
	Addresses []string // channel:rest, where already known
	Leave     []Leave
	Home      Place
}

// Post is a role in a scope.
type Post struct {
	Role  Role  `json:"role"`
	Scope Scope `json:"scope"`
}

// Leave is a time (days included) in which somebody is away, and who takes over.
type Leave struct {
	From, To time.Time // first day and last day, midnight in the zone
	By       PersonID  // the stand-in, if named
}

// Group is a chat group of the directory.
type Group struct {
	ID        string
	Name      string
	Other     string // the name in a second script, shown beside
	Scope     Scope
	Lang      string
	Addresses []string
}

// Shift is a line of the duty roster (值班表): who is called for a danger.
type Shift struct {
	Person   PersonID
	StandIns []PersonID
	Days     []time.Weekday // empty: every day
	From, To Clock          // From > To runs over midnight; both 0: the whole day
}

// Body is an organisation that owns items: the property company (物业), the
// owners' committee (业委会), the service station, a department.
type Body struct {
	ID    string
	Role  Role
	Name  string
	Phone string
	None  bool // "没有成立"
}

// Role is a post's kind.
type Role string

const (
	Resident   Role = "resident"
	Captain    Role = "captain"    // 楼栋长
	Leader     Role = "leader"     // 网格员
	OnDuty     Role = "duty"       // 值班员, from the roster
	Staff      Role = "staff"      // 社区工作人员
	Head       Role = "head"       // 居委会主任
	Secretary  Role = "secretary"  // 书记
	Property   Role = "property"   // 物业
	Owners     Role = "owners"     // 业委会
	Station    Role = "station"    // 服务站
	Department Role = "department" // 街道、部门
	Supervisor Role = "supervisor" // 监督委员会
	Reviewer   Role = "reviewer"   // 党组织里审议题的
	Council    Role = "council"    // 议事会成员
)

// Scope is a part of the community. The zero scope is nobody's.
type Scope struct {
	Community bool   `json:"community,omitempty"`
	Grid      string `json:"grid,omitempty"`
	Building  string `json:"building,omitempty"`
}

// Everywhere is the whole community.
var Everywhere = Scope{Community: true}

// Zero says that the scope selects nobody.
func (s Scope) Zero() bool { return s == Scope{} }

// Item gives a line of the duty list.
func (s *Settings) Item(id string) (Item, bool) {
	i := slices.IndexFunc(s.Items, func(x Item) bool { return x.ID == id })
	if i < 0 {
		return Item{}, false
	}
	return s.Items[i], true
}

// Building gives a building of the directory.
func (s *Settings) Building(id string) (Building, bool) {
	i := slices.IndexFunc(s.Buildings, func(x Building) bool { return x.ID == id })
	if i < 0 {
		return Building{}, false
	}
	return s.Buildings[i], true
}

// Official gives a person with a post.
func (s *Settings) Official(id PersonID) (Official, bool) {
	i := slices.IndexFunc(s.People, func(x Official) bool { return x.ID == id })
	if i < 0 {
		return Official{}, false
	}
	return s.People[i], true
}

// Group gives a group of the directory.
func (s *Settings) Group(id string) (Group, bool) {
	i := slices.IndexFunc(s.Groups, func(x Group) bool { return x.ID == id })
	if i < 0 {
		return Group{}, false
	}
	return s.Groups[i], true
}

// Body gives the organisation with a role; id chooses where there are several.
func (s *Settings) Body(r Role, id string) (Body, bool) {
	i := slices.IndexFunc(s.Bodies, func(x Body) bool { return x.Role == r && (id == "" || x.ID == id) })
	if i < 0 {
		return Body{}, false
	}
	return s.Bodies[i], true
}

// Bundled gives the time at which a reminder of t leaves with others: the next
// of the bundle times on a working day.
func (s *Settings) Bundled(t time.Time) time.Time {
	t = t.In(s.Zone)
	for range 400 {
		if s.Calendar.Working(t) {
			for _, c := range s.Limits.Bundles {
				if at := c.On(t); at.After(t) {
					return at
				}
			}
		}
		t = Clock(0).On(t.AddDate(0, 0, 1))
	}
	return t
}

// Quiet says whether t lies in the quiet hours, and when they end.
func (s *Settings) Quiet(t time.Time) (until time.Time, quiet bool) {
	t = t.In(s.Zone)
	m := s.Limits.Morning.On(t)
	if t.Before(m) {
		return m, true
	}
	if e := s.Limits.Evening.On(t); !t.Before(e) {
		return s.Limits.Morning.On(t.AddDate(0, 0, 1)), true
	}
	return t, false
}
