package community

import (
	"go.yaml.in/yaml/v3"

	"linli/flows/community/strict"
)

// The shape of the directory file, as it is written.
type (
	directory struct {
		strict.Where
		ID        string       `yaml:"id"`
		Name      string       `yaml:"name"`
		Example   bool         `yaml:"example"`
		Lang      language     `yaml:"lang"`
		TimeZone  string       `yaml:"time_zone"`
		Hours     []hours      `yaml:"hours"`
		Holidays  string       `yaml:"holidays"` // a folder, relative to the file
		Phones    phones       `yaml:"phones"`
		Limits    limits       `yaml:"limits"`
		Grids     []grid       `yaml:"grids"`
		Buildings []building   `yaml:"buildings"`
		Spots     []spot       `yaml:"spots"`
		People    []person     `yaml:"people"`
		Groups    []group      `yaml:"groups"`
		Roster    []shift      `yaml:"roster"`
		Bodies    []body       `yaml:"bodies"`
		Items     []*yaml.Node `yaml:"items"` // laid over the duty list, see items.go
		Cast      []castMember `yaml:"cast"`
	}

	phones struct {
		strict.Where
		Police    string `yaml:"police"`
		Fire      string `yaml:"fire"`
		Ambulance string `yaml:"ambulance"`
		Crisis    string `yaml:"crisis"`
		Women     string `yaml:"women"`
		Gas       string `yaml:"gas"`
		Lift      string `yaml:"lift"`
		Office    string `yaml:"office"`
	}

	limits struct {
		strict.Where
		Sure     float64  `yaml:"sure"`
		Maybe    float64  `yaml:"maybe"`
		Offer    duration `yaml:"offer"`
		Join     duration `yaml:"join"`
		Page     duration `yaml:"page"`
		Remind   span     `yaml:"remind"`
		Rate     int      `yaml:"rate"`
		Extend   int      `yaml:"extend"`
		Parked   duration `yaml:"parked"`
		Morning  clock    `yaml:"morning"`
		Evening  clock    `yaml:"evening"`
		Bundles  []clock  `yaml:"bundles"`
		Invites  int      `yaml:"invites"`
		FloorMin int      `yaml:"floor_min"`
	}

	grid struct {
		strict.Where
		ID         string   `yaml:"id"`
		Name       string   `yaml:"name"`
		Households int      `yaml:"households"`
		Leader     string   `yaml:"leader"`
		StandIns   []string `yaml:"stand_ins"`
		Buildings  []string `yaml:"buildings"`
	}

	building struct {
		strict.Where
		ID         string      `yaml:"id"`
		Name       string      `yaml:"name"`
		Other      string      `yaml:"other"`
		Aliases    []string    `yaml:"aliases"`
		Grid       string      `yaml:"grid"`
		Units      units       `yaml:"units"`
		Floors     int         `yaml:"floors"`
		PerFloor   int         `yaml:"per_floor"`
		OnFloor    map[int]int `yaml:"on_floor"`
		Households int         `yaml:"households"`
	}

	spot struct {
		strict.Where
		ID      string   `yaml:"id"`
		Name    string   `yaml:"name"`
		Grid    string   `yaml:"grid"`
		Aliases []string `yaml:"aliases"`
	}

	person struct {
		strict.Where
		ID        string   `yaml:"id"`
		Name      string   `yaml:"name"`
		Posts     []post   `yaml:"posts"`
		Phone     string   `yaml:"phone"`
		Lang      language `yaml:"lang"`
		Addresses []string `yaml:"addresses"`
		Leave     []leave  `yaml:"leave"`
		Home      string   `yaml:"home"`
	}

	// post may be written as the bare role: "staff".
	post struct {
		strict.Where
		Role      role   `yaml:"role"`
		Community bool   `yaml:"community"`
		Grid      string `yaml:"grid"`
		Building  string `yaml:"building"`
	}

	leave struct {
		strict.Where
		From date   `yaml:"from"`
		To   date   `yaml:"to"`
		By   string `yaml:"by"`
	}

	group struct {
		strict.Where
		ID        string   `yaml:"id"`
		Name      string   `yaml:"name"`
		Community bool     `yaml:"community"`
		Grid      string   `yaml:"grid"`
		Building  string   `yaml:"building"`
		Lang      language `yaml:"lang"`
		Addresses []string `yaml:"addresses"`
	}

	shift struct {
		strict.Where
		Person   string    `yaml:"person"`
		StandIns []string  `yaml:"stand_ins"`
		Days     []weekday `yaml:"days"`
		From     clock     `yaml:"from"`
		To       clock     `yaml:"to"`
	}

	body struct {
		strict.Where
		ID    string `yaml:"id"`
		Role  role   `yaml:"role"`
		Name  string `yaml:"name"`
		Phone string `yaml:"phone"`
		None  bool   `yaml:"none"`
	}

	castMember struct {
		strict.Where
		ID      string   `yaml:"id"`
		Name    string   `yaml:"name"`
		Age     int      `yaml:"age"`
		Home    string   `yaml:"home"`
		Consent bool     `yaml:"consent"`
		Groups  []string `yaml:"groups"`
		Lang    language `yaml:"lang"`
	}
)

func (p *post) UnmarshalText(b []byte) error { return p.Role.UnmarshalText(b) }

// The shape of the duty list.
type (
	dutyList struct {
		Classes []dutyClass `yaml:"classes"`
	}

	dutyClass struct {
		strict.Where
		ID    string `yaml:"id"`
		Name  texts  `yaml:"name"`
		Items []item `yaml:"items"`
	}

	item struct {
		strict.Where
		ID        string   `yaml:"id"`
		Name      texts    `yaml:"name"`
		Kind      texts    `yaml:"kind"`
		Words     []string `yaml:"words"`
		MoreWords []string `yaml:"more_words"` // in a community file: added to those of the list
		Owner     role     `yaml:"owner"`
		Body      string   `yaml:"body"`
		About     role     `yaml:"about"`
		Accept    span     `yaml:"accept"`
		Answer    span     `yaml:"answer"`
		Level     level    `yaml:"level"`
		Photo     bool     `yaml:"photo"`
		Private   bool     `yaml:"private"`
		Outage    bool     `yaml:"outage"`
		Outside   bool     `yaml:"outside"`
		Elsewhere texts    `yaml:"elsewhere"`
		Source    string   `yaml:"source"`
	}
)

// The shape of a file of holidays.
type (
	holidayFile struct {
		strict.Where
		Year     int       `yaml:"year"`
		Source   string    `yaml:"source"`
		Holidays []holiday `yaml:"holidays"`
	}

	holiday struct {
		strict.Where
		Name string   `yaml:"name"`
		From string   `yaml:"from"`
		To   string   `yaml:"to"`
		Work []string `yaml:"work"`
	}
)
