package desk

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// Votes on paper and by telephone (纸质、电话): two people put each in without
// seeing what the other has put in. These pages say which households have voted and for
// which a second person is waited for, so that nobody is visited twice; they never say how.

// slipTag is the tag of what one person has put in and a second one has not.
const slipTag = "slip"

// home is a household in a list.
type home struct {
	Place flows.Place
	Says  string // how its vote came in, or who is waited for
	Name  string
}

// homes are the households of a building.
type homes struct {
	Name string
	List []home
}

// slip is what was put into the form.
type slip struct {
	Building, Unit, Room, Choice, Way, Day string
	ProxyBuilding, ProxyUnit, ProxyRoom    string
	Buildings                              []choice
	Options                                []option
	First, Today                           string // days on which a paper can have been signed
}

func (d *Desk) slips(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showSlips(w, r, v, slip{}, "", "")
}

func (d *Desk) showSlips(w http.ResponseWriter, r *http.Request, v *visitor, f slip, notice, wrong string) error {
	o, s, err := d.found(r, v)
	if err != nil {
		return err
	}
	if !v.s.May(v.actor, flows.Slips, s.Scope) {
		return errMay
	}
	p := d.page(r, v, "poll-slips")
	p.Here, p.Notice = "/desk/polls", notice
	for _, b := range v.s.Buildings {
		if v.s.Contains(s.Scope, flows.Scope{Building: b.ID}) {
			f.Buildings = append(f.Buildings, choice{b.ID, v.s.PlaceName(flows.Place{Building: b.ID}, p.Lang, false), b.ID == f.Building})
		}
	}
	for i, text := range s.Options {
		f.Options = append(f.Options, option{poll.Letter(i), text})
	}
	f.First, f.Today = s.Sent.In(p.Settings.Zone).Format(time.DateOnly), p.At.Format(time.DateOnly)
	voted, err := d.desk.Entries(r.Context(), o.Case.ID, poll.VoteTags(o.Counts))
	if err != nil {
		return err
	}
	waiting, err := d.desk.Entries(r.Context(), o.Case.ID, []string{slipTag})
	if err != nil {
		return err
	}
	says := map[string]string{} // each of them is said of many
	for _, key := range []string{"way-", "slip-yours"} {
		if says[key], err = p.T(key); err != nil {
			return err
		}
	}
	for _, how := range ways {
		if says["way-"+string(how)], err = p.T("way-" + string(how)); err != nil {
			return err
		}
	}
	var in, half []home
	for _, e := range voted {
		var x poll.Vote
		if err := json.Unmarshal(e.Data, &x); err != nil {
			return err
		}
		_, _, how := x.Cast()
		in = append(in, v.homes(e.Key, s.Scope, says["way-"+string(how)])...)
	}
	for _, e := range waiting {
		var first struct{ By flows.PersonID } // nothing else of it is read
		if err := json.Unmarshal(e.Data, &first); err != nil {
			return err
		}
		way := ""
		if first.By == v.actor.Person {
			way = says["slip-yours"]
		}
		half = append(half, v.homes(strings.TrimPrefix(e.Key, slipTag+"/"), s.Scope, way)...)
	}
	p.Data = struct {
		asked
		Form           slip
		Wrong          string
		Enter          bool
		ByPerson       bool
		Waiting, Voted []homes
	}{p.poll(storage.Tallied{Case: o.Case, Counts: o.Counts}), f, wrong, s.Stage == poll.Open, s.Unit == flows.PerPerson, p.group(half), p.group(in)}
	return p.render(w, http.StatusOK, "slips.html")
}

// homes gives the households that a voter's key stands for; none of a person.
func (v *visitor) homes(key string, scope flows.Scope, way string) (list []home) {
	if rest, ok := strings.CutPrefix(key, "h/"); ok {
		if b, rest, ok := strings.Cut(rest, "/"); ok {
			if u, room, ok := strings.Cut(rest, "/"); ok {
				list = append(list, home{Place: flows.Place{Building: b, Unit: u, Room: room}, Says: way})
			}
		}
		return list
	}
	if strings.HasPrefix(key, "o/") {
		for _, h := range v.s.Owned(key, scope) {
			list = append(list, home{Place: h.Place(), Says: way})
		}
	}
	return list
}

// group puts households together by building, in the order of the directory and of
// their doors: in an order that says nothing of their votes.
func (p *page) group(list []home) (out []homes) {
	slices.SortFunc(list, func(a, b home) int { return byDoor(p.Settings, a.Place, b.Place) })
	for _, h := range list {
		name := p.Settings.PlaceName(flows.Place{Building: h.Place.Building}, p.Lang, false)
		if n := len(out) - 1; n < 0 || out[n].Name != name {
			out = append(out, homes{Name: name})
		}
		h.Name = strings.TrimPrefix(h.Place.Unit+"-"+h.Place.Room, "-")
		out[len(out)-1].List = append(out[len(out)-1].List, h)
	}
	return out
}

// byDoor orders households by building, in the order of the directory, by unit and by
// door.
func byDoor(s *flows.Settings, a, b flows.Place) int {
	at := func(id string) int {
		return slices.IndexFunc(s.Buildings, func(x flows.Building) bool { return x.ID == id })
	}
	door := func(x, y string) int {
		n, _ := strconv.Atoi(x)
		m, _ := strconv.Atoi(y)
		return cmp.Or(cmp.Compare(n, m), strings.Compare(x, y))
	}
	return cmp.Or(cmp.Compare(at(a.Building), at(b.Building)), strings.Compare(a.Building, b.Building), door(a.Unit, b.Unit), door(a.Room, b.Room))
}

// part says whether something can stand as one part of a household in a button.
func part(s string, empty bool) bool {
	if s == "" {
		return empty
	}
	return len(s) <= 12 && !strings.ContainsAny(s, "/;=- \t\n")
}

// enterSlip hands a vote on paper or by telephone to the rules.
func (d *Desk) enterSlip(w http.ResponseWriter, r *http.Request, v *visitor) error {
	o, s, err := d.found(r, v)
	if err != nil {
		return err
	}
	if !v.s.May(v.actor, flows.Slips, s.Scope) {
		return errMay
	}
	get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	f := slip{Building: get("building"), Unit: get("unit"), Room: get("room"), Choice: get("option"), Way: get("way"), Day: get("day"),
		ProxyBuilding: get("proxy-building"), ProxyUnit: get("proxy-unit"), ProxyRoom: get("proxy-room")}
	if f.ProxyBuilding == "" {
		f.ProxyBuilding = f.Building
	}
	wrong := ""
	_, bad := time.Parse(time.DateOnly, f.Day)
	switch {
	case !part(f.Building, false) || !part(f.Unit, true) || !part(f.Room, false):
		wrong = "slip-wrong-home"
	case s.Option(f.Choice) < 0:
		wrong = "slip-wrong-option"
	case f.Way != string(poll.Paper) && f.Way != string(poll.Phone):
		wrong = "slip-wrong-way"
	case f.Day != "" && bad != nil:
		wrong = "slip-wrong-day"
	case !part(f.ProxyBuilding, false) || !part(f.ProxyUnit, true) || !part(f.ProxyRoom, true):
		wrong = "slip-wrong-proxy"
	}
	if wrong != "" {
		f.Choice = ""
		return d.showSlips(w, r, v, f, "", wrong)
	}
	proxy := ""
	if f.ProxyRoom != "" {
		proxy = f.ProxyBuilding + "/" + f.ProxyUnit + "/" + f.ProxyRoom
	}
	press := "slip!=" + strings.Join([]string{f.Building + "/" + f.Unit + "/" + f.Room, f.Choice, f.Way, f.Day, proxy}, ";")
	toast, err := d.pressed(r, v, o.Case.ID, press)
	if err != nil {
		return err
	}
	if toast == "" {
		if toast, err = d.page(r, v, "").T("slip-in"); err != nil {
			return err
		}
	}
	return d.showSlips(w, r, v, slip{Building: f.Building, Unit: f.Unit, Way: f.Way, Day: f.Day}, toast, "")
}
