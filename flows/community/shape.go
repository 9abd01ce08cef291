package community

import (
	"go.yaml.in/yaml/v3"

	"linli/flows/community/strict"
)

// The shape of the directory file, as it is written.
type (
	directory struct {
		strict.Where `yaml:"-"`
		ID           string       `yaml:"id"`
		Name         string       `yaml:"name"`
		Example      bool         `yaml:"example,omitempty"`
		Lang         language     `yaml:"lang"`
		TimeZone     string       `yaml:"time_zone"`
		Hours        []hours      `yaml:"hours"`
		Holidays     string       `yaml:"holidays,omitempty"` // a folder, relative to the file
		Phones       phones       `yaml:"phones"`
		Limits       limits       `yaml:"limits"`
		Grids        []grid       `yaml:"grids"`
		Buildings    []building   `yaml:"buildings"`
		Spots        []spot       `yaml:"spots,omitempty"`
		Rooms        []room       `yaml:"rooms,omitempty"`
		People       []person     `yaml:"people"`
		Groups       []group      `yaml:"groups,omitempty"`
		Roster       []shift      `yaml:"roster,omitempty"`
		Bodies       []body       `yaml:"bodies,omitempty"`
		Items        []*yaml.Node `yaml:"items,omitempty"` // laid over the duty list, see items.go
		Polls        polls        `yaml:"polls"`
		Hearings     hearings     `yaml:"hearings"`
		Activities   activities   `yaml:"activities"`
		Rounds       rounds       `yaml:"rounds"`
		Partners     partners     `yaml:"partners"`
		Households   []household  `yaml:"households,omitempty"`
		Cast         []castMember `yaml:"cast,omitempty"`
	}

	phones struct {
		strict.Where `yaml:"-"`
		Police       string `yaml:"police"`
		Fire         string `yaml:"fire"`
		Ambulance    string `yaml:"ambulance"`
		Crisis       string `yaml:"crisis"`
		Women        string `yaml:"women"`
		Gas          string `yaml:"gas"`
		Lift         string `yaml:"lift,omitempty"`
		Office       string `yaml:"office,omitempty"`
	}

	limits struct {
		strict.Where `yaml:"-"`
		Sure         float64  `yaml:"sure"`
		Maybe        float64  `yaml:"maybe"`
		Offer        duration `yaml:"offer"`
		Join         duration `yaml:"join"`
		Page         duration `yaml:"page"`
		Remind       span     `yaml:"remind"`
		Rate         int      `yaml:"rate"`
		Extend       int      `yaml:"extend"`
		Parked       duration `yaml:"parked"`
		Morning      clock    `yaml:"morning"`
		Evening      clock    `yaml:"evening"`
		Bundles      []clock  `yaml:"bundles"`
		Invites      int      `yaml:"invites"`
		FloorMin     int      `yaml:"floor_min"`
		Burst        int      `yaml:"burst"`
		Gather       duration `yaml:"gather"`
		Keep         keep     `yaml:"keep"`
	}

	keep struct {
		strict.Where `yaml:"-"`
		Words        keeping `yaml:"words"`
		Media        keeping `yaml:"media"`
		Danger       keeping `yaml:"danger"`
		Sent         keeping `yaml:"sent"`
		Cases        keeping `yaml:"cases"`
		Idle         keeping `yaml:"idle"`
	}

	grid struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         string   `yaml:"name"`
		Households   int      `yaml:"households,omitempty"`
		Leader       string   `yaml:"leader"`
		StandIns     []string `yaml:"stand_ins,omitempty"`
		Buildings    []string `yaml:"buildings,omitempty"`
	}

	building struct {
		strict.Where `yaml:"-"`
		ID           string      `yaml:"id"`
		Name         string      `yaml:"name,omitempty"`
		Other        string      `yaml:"other,omitempty"`
		Aliases      []string    `yaml:"aliases,omitempty"`
		Grid         string      `yaml:"grid,omitempty"`
		Units        units       `yaml:"units,omitempty"`
		Floors       int         `yaml:"floors,omitempty"`
		PerFloor     int         `yaml:"per_floor,omitempty"`
		OnFloor      map[int]int `yaml:"on_floor,omitempty"`
		Households   int         `yaml:"households,omitempty"`
	}

	spot struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         string   `yaml:"name"`
		Other        string   `yaml:"other,omitempty"`
		Grid         string   `yaml:"grid"`
		Aliases      []string `yaml:"aliases,omitempty"`
	}

	room struct {
		strict.Where `yaml:"-"`
		ID           string      `yaml:"id"`
		Name         string      `yaml:"name"`
		Other        string      `yaml:"other,omitempty"`
		Seats        int         `yaml:"seats"`
		Hours        []openHours `yaml:"hours,omitempty"`
		Owner        string      `yaml:"owner,omitempty"` // id of a body
		Place        string      `yaml:"where"`           // like a home, or the id of a spot
	}

	person struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         string   `yaml:"name"`
		Posts        []post   `yaml:"posts,omitempty"`
		Phone        string   `yaml:"phone,omitempty"`
		Lang         language `yaml:"lang,omitempty"`
		Addresses    []string `yaml:"addresses,omitempty"`
		Leave        []leave  `yaml:"leave,omitempty"`
		Home         string   `yaml:"home,omitempty"`
	}

	// post may be written as the bare role: "staff".
	post struct {
		strict.Where `yaml:"-"`
		Role         role   `yaml:"role"`
		Community    bool   `yaml:"community,omitempty"`
		Grid         string `yaml:"grid,omitempty"`
		Building     string `yaml:"building,omitempty"`
	}

	leave struct {
		strict.Where `yaml:"-"`
		From         date   `yaml:"from"`
		To           date   `yaml:"to"`
		By           string `yaml:"by,omitempty"`
	}

	group struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         string   `yaml:"name"`
		Other        string   `yaml:"other,omitempty"`
		Community    bool     `yaml:"community,omitempty"`
		Grid         string   `yaml:"grid,omitempty"`
		Building     string   `yaml:"building,omitempty"`
		Lang         language `yaml:"lang,omitempty"`
		Addresses    []string `yaml:"addresses,omitempty"`
	}

	shift struct {
		strict.Where `yaml:"-"`
		Person       string    `yaml:"person"`
		StandIns     []string  `yaml:"stand_ins,omitempty"`
		Days         []weekday `yaml:"days,omitempty"`
		From         clock     `yaml:"from,omitempty"`
		To           clock     `yaml:"to,omitempty"`
	}

	body struct {
		strict.Where `yaml:"-"`
		ID           string `yaml:"id"`
		Role         role   `yaml:"role,omitempty"`
		Name         string `yaml:"name"`
		Phone        string `yaml:"phone,omitempty"`
		None         bool   `yaml:"none,omitempty"`
	}

	polls struct {
		strict.Where `yaml:"-"`
		Month        int          `yaml:"month"`
		Floor        int          `yaml:"floor"`
		Options      int          `yaml:"options"`
		Shortest     duration     `yaml:"shortest"`
		Longest      duration     `yaml:"longest"`
		Days         int          `yaml:"days"`
		Close        clock        `yaml:"close"`
		Remind       duration     `yaml:"remind"`
		Extend       duration     `yaml:"extend"`
		Proxies      int          `yaml:"proxies"`
		Check        duration     `yaml:"check"`
		Forces       []*yaml.Node `yaml:"forces,omitempty"`   // pollRule, laid over those of polls.yaml
		Reserved     []*yaml.Node `yaml:"reserved,omitempty"` // reserved, in the same way
	}

	pollRule struct {
		strict.Where `yaml:"-"`
		Force        force      `yaml:"force"`
		Start        []role     `yaml:"start"`
		Units        []voteUnit `yaml:"units"`
		Tenants      bool       `yaml:"tenants"`
		Proof        bool       `yaml:"proof"`
		Turnout      share      `yaml:"turnout"`
		Agree        share      `yaml:"agree"`
		Special      share      `yaml:"special"`
		Source       string     `yaml:"source"`
	}

	reserved struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         texts    `yaml:"name"`
		Words        []string `yaml:"words"`
		MoreWords    []string `yaml:"more_words"` // in a community file: added to those that are built in
		Special      bool     `yaml:"special"`
		Source       string   `yaml:"source"`
	}

	hearings struct {
		strict.Where `yaml:"-"`
		Review       weekTime   `yaml:"review"`
		Answer       span       `yaml:"answer"`
		Again        duration   `yaml:"again"`
		Followers    int        `yaml:"followers"`
		Silences     int        `yaml:"silences"`
		Ask          duration   `yaml:"ask"`
		Length       duration   `yaml:"length"`
		Clear        term       `yaml:"clear"`
		Publish      term       `yaml:"publish"`
		Dissent      term       `yaml:"dissent"`
		Reserved     int        `yaml:"reserved"`
		Release      duration   `yaml:"release"`
		Remind       []duration `yaml:"remind,flow"`
		Rate         int        `yaml:"rate"`
		Agree        share      `yaml:"agree"`
		AgreeBy      string     `yaml:"agree_by"`
	}

	term struct {
		strict.Where `yaml:"-"`
		Days         int    `yaml:"days"`
		Source       string `yaml:"source"`
		Waive        []role `yaml:"waive,flow"`
	}

	activities struct {
		strict.Where `yaml:"-"`
		Most         int          `yaml:"most"`
		Few          duration     `yaml:"few"`
		Remind       []duration   `yaml:"remind,flow"`
		Batch        duration     `yaml:"batch"`
		Rate         int          `yaml:"rate"`
		Hold         clock        `yaml:"hold"`
		Cancel       duration     `yaml:"cancel"`
		Small        int          `yaml:"small"`
		Urgent       []role       `yaml:"urgent,flow"`
		Interests    []*yaml.Node `yaml:"interests,omitempty"` // interest, laid over those of activities.yaml
	}

	rounds struct {
		strict.Where `yaml:"-"`
		Plan         weekTime     `yaml:"plan"`
		Spots        int          `yaml:"spots"`
		Visits       int          `yaml:"visits"`
		Doors        int          `yaml:"doors"`
		Looks        []*yaml.Node `yaml:"looks,omitempty"` // look, laid over those of rounds.yaml
	}

	look struct {
		strict.Where `yaml:"-"`
		ID           string `yaml:"id"`
		Name         texts  `yaml:"name"`
		In           string `yaml:"in"`
		Item         string `yaml:"item"`
		None         bool   `yaml:"none"` // in a community file: it is not looked at there
	}

	interest struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         texts    `yaml:"name"`
		Words        []string `yaml:"words"`
		MoreWords    []string `yaml:"more_words"` // in a community file: added to those that are built in
		None         bool     `yaml:"none"`       // in a community file: it is not offered there
	}

	partners struct {
		strict.Where `yaml:"-"`
		Answer       span         `yaml:"answer"`
		Consent      duration     `yaml:"consent"`
		Tries        int          `yaml:"tries"`
		Period       duration     `yaml:"period"`
		Least        int          `yaml:"least"`
		Again        duration     `yaml:"again"`
		Approve      []role       `yaml:"approve,flow"`
		Services     []*yaml.Node `yaml:"services,omitempty"` // service, laid over those of partners.yaml
		List         []partner    `yaml:"list,omitempty"`
	}

	service struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         texts    `yaml:"name"`
		Items        []string `yaml:"items"`
		Quiet        bool     `yaml:"quiet"`
		None         bool     `yaml:"none"` // in a community file: it is not offered there
	}

	partner struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         string   `yaml:"name"`
		Team         bool     `yaml:"team,omitempty"`
		Offers       []string `yaml:"offers,flow"`
		Community    bool     `yaml:"community,omitempty"`
		Grid         string   `yaml:"grid,omitempty"`
		Building     string   `yaml:"building,omitempty"`
		From         string   `yaml:"from,omitempty"`
		Phone        string   `yaml:"phone,omitempty"`
		People       []string `yaml:"people,omitempty,flow"`
	}

	household struct {
		strict.Where `yaml:"-"`
		Home         string `yaml:"home"` // building-unit-room
		Area         area   `yaml:"area,omitempty"`
		Owner        string `yaml:"owner,omitempty"` // the community's own code, never a name
		Let          bool   `yaml:"let,omitempty"`
	}

	castMember struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         string   `yaml:"name"`
		Age          int      `yaml:"age,omitempty"`
		Home         string   `yaml:"home,omitempty"`
		Consent      bool     `yaml:"consent,omitempty"`
		Groups       []string `yaml:"groups,omitempty"`
		Lang         language `yaml:"lang,omitempty"`
	}
)

func (p *post) UnmarshalText(b []byte) error { return p.Role.UnmarshalText(b) }

// The shape of the duty list.
type (
	dutyList struct {
		Classes []dutyClass `yaml:"classes"`
	}

	dutyClass struct {
		strict.Where `yaml:"-"`
		ID           string `yaml:"id"`
		Name         texts  `yaml:"name"`
		Items        []item `yaml:"items"`
	}

	item struct {
		strict.Where `yaml:"-"`
		ID           string   `yaml:"id"`
		Name         texts    `yaml:"name"`
		Kind         texts    `yaml:"kind"`
		Words        []string `yaml:"words"`
		MoreWords    []string `yaml:"more_words"` // in a community file: added to those of the list
		Owner        role     `yaml:"owner"`
		Body         string   `yaml:"body"`
		About        role     `yaml:"about"`
		Accept       span     `yaml:"accept"`
		Answer       span     `yaml:"answer"`
		Level        level    `yaml:"level"`
		Photo        bool     `yaml:"photo"`
		Private      bool     `yaml:"private"`
		Outage       bool     `yaml:"outage"`
		Outside      bool     `yaml:"outside"`
		Elsewhere    texts    `yaml:"elsewhere"`
		Source       string   `yaml:"source"`
	}
)

// The shape of a file of holidays.
type (
	holidayFile struct {
		strict.Where `yaml:"-"`
		Year         int       `yaml:"year"`
		Source       string    `yaml:"source"`
		Holidays     []holiday `yaml:"holidays"`
	}

	holiday struct {
		strict.Where `yaml:"-"`
		Name         string   `yaml:"name"`
		From         string   `yaml:"from"`
		To           string   `yaml:"to"`
		Work         []string `yaml:"work"`
	}
)
