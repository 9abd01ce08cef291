package archive

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// The files of an archive. Poll, roster and journal are what is kept; the others are
// worked out from these, when it is written and when it is verified.

// format is raised when an older version could not verify what is written.
const format = 1

// lang is the language of archives: they are for the committee and those who supervise it.
const lang = "zh-CN"

// Names of the files, in the order in which they are packed.
const (
	nameManifest = "manifest.json"
	nameReadme   = "readme.txt"
	namePoll     = "poll.json"
	nameRoster   = "roster.csv"
	nameTurnout  = "turnout.csv"
	nameCounts   = "counts.csv"
	nameJournal  = "journal.jsonl"
)

var names = []string{nameManifest, nameReadme, namePoll, nameRoster, nameTurnout, nameCounts, nameJournal}

// What the roster is of those who have not voted.
const (
	rosterListed  = "listed"  // everybody who could
	rosterChanged = "changed" // the directory has changed since the poll was sent: nobody
	rosterNone    = "none"    // households are not listed one by one: nobody
)

// file is one of them.
type file struct {
	name string
	data []byte
}

// contents is what an archive holds.
type contents struct {
	asked   asked
	rows    []row
	journal []storage.Record
}

// asked is poll.json. Its fields never change their meaning.
type asked struct {
	Format    int            `json:"format"`
	Community string         `json:"community"`
	Name      string         `json:"name"`
	Number    int            `json:"number"`
	Case      flows.ID       `json:"case"`
	Settings  string         `json:"settings"` // version, when it was counted
	Question  string         `json:"question"`
	Options   []string       `json:"options"`
	Force     flows.Force    `json:"force"`
	ForceName string         `json:"force_name"`
	Rule      ruled          `json:"rule"`
	Unit      flows.VoteUnit `json:"unit"`
	Named     bool           `json:"named"`
	Matter    string         `json:"matter,omitempty"`
	Special   bool           `json:"special,omitempty"`
	Scope     flows.Scope    `json:"scope"`
	Where     string         `json:"where"`
	Roll      flows.Roll     `json:"roll"`
	Roster    string         `json:"roster"`
	Floor     int            `json:"floor"`
	Sent      time.Time      `json:"sent"`
	Until     time.Time      `json:"until"`
	Moved     int            `json:"moved,omitempty"`
	Why       string         `json:"why,omitempty"`
	Then      string         `json:"then,omitempty"`
	Outcome   outcome        `json:"outcome"`
	Proof     string         `json:"proof"`
}

type ruled struct {
	Turnout string `json:"turnout,omitempty"`
	Agree   string `json:"agree,omitempty"`
	Special string `json:"special,omitempty"`
	Tenants bool   `json:"tenants"`
	Source  string `json:"source"`
}

type outcome struct {
	At      time.Time        `json:"at"`
	Votes   []int            `json:"votes,omitempty"`
	Area    []int            `json:"area,omitempty"`
	Voters  int              `json:"voters"`
	AreaIn  int              `json:"area_in,omitempty"`
	Ways    map[poll.How]int `json:"ways,omitempty"`
	Proxies int              `json:"proxies,omitempty"`
	Enough  bool             `json:"enough"`
	Passed  bool             `json:"passed"`
	Ahead   []string         `json:"ahead,omitempty"`
}

// state gives back what the proof is made of.
func (a asked) state() (poll.State, poll.Outcome) {
	o := a.Outcome
	return poll.State{Question: a.Question, Options: a.Options, Force: a.Force, Unit: a.Unit, Named: a.Named, Matter: a.Matter, Special: a.Special,
			Scope: a.Scope, Roll: a.Roll, Sent: a.Sent, Until: a.Until, Moved: a.Moved, Why: a.Why},
		poll.Outcome{Votes: o.Votes, Area: o.Area, Voters: o.Voters, AreaIn: o.AreaIn, Ways: o.Ways, Proxies: o.Proxies, Enough: o.Enough, Passed: o.Passed, Ahead: o.Ahead}
}

// proof works the proof out again.
func (c *contents) proof() string {
	s, o := c.asked.state()
	var stubs []string
	for _, r := range c.rows {
		if r.voted {
			stubs = append(stubs, s.Stub(r.receipt, r.key, r.in(), poll.Vote{Choice: r.choice, At: r.at, How: r.how, Proxy: r.proxy, Area: r.area}))
		}
	}
	return poll.Proof(s, o, stubs)
}

// row is a line of the roster.
type row struct {
	key      string
	building string // of who has voted
	listed   bool   // was on the roster when the poll was sent
	homes    []string
	voted    bool
	receipt  string
	at       time.Time
	how      poll.How
	proxy    string // key of the household that voted for this one
	choice   string // of a named poll
	area     int
}

// place takes the key of a household apart.
func (r row) place() (p flows.Place) {
	if rest, ok := strings.CutPrefix(r.key, "h/"); ok {
		if part := strings.Split(rest, "/"); len(part) == 3 {
			p.Building, p.Unit, p.Room = part[0], part[1], part[2]
		}
	}
	return p
}

// in is the building where the vote belongs.
func (r row) in() string {
	switch p := r.place(); {
	case r.voted:
		return r.building
	case p.Building != "":
		return p.Building
	case len(r.homes) > 0:
		b, _, _ := strings.Cut(r.homes[0], "/")
		return b
	}
	return ""
}

// households are those of the roster that the line stands for.
func (r row) households() (list []flows.Household) {
	if p := r.place(); p.Building != "" {
		return []flows.Household{{Building: p.Building, Unit: p.Unit, Room: p.Room}}
	}
	for _, h := range r.homes {
		if part := strings.Split(h, "/"); len(part) == 3 {
			list = append(list, flows.Household{Building: part[0], Unit: part[1], Room: part[2], Owner: strings.TrimPrefix(r.key, "o/")})
		}
	}
	return list
}

func byKey(a, b row) int { return natural(a.key, b.key) }

// natural compares as people count: "3/1/501" stands before "12/1/101".
func natural(a, b string) int {
	digits := func(s string) int {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		return n
	}
	for x, y := a, b; x != "" && y != ""; {
		n, m := digits(x), digits(y)
		if n > 0 && m > 0 {
			p, q := strings.TrimLeft(x[:n], "0"), strings.TrimLeft(y[:m], "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
				return c
			}
			x, y = x[n:], y[m:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Compare(a, b)
}

// files gives all of them, in order.
func (c *contents) files() ([]file, error) {
	asked, err := indented(c.asked)
	if err != nil {
		return nil, err
	}
	journal, err := c.writeJournal()
	if err != nil {
		return nil, err
	}
	list := []file{
		{nameReadme, c.readme()}, {namePoll, asked}, {nameRoster, c.writeRoster()},
		{nameTurnout, c.turnout()}, {nameCounts, c.counts()}, {nameJournal, journal},
	}
	manifest, err := indented(c.manifest(list))
	if err != nil {
		return nil, err
	}
	return append([]file{{nameManifest, manifest}}, list...), nil
}

func indented(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return out.Bytes(), nil
}

// manifest is manifest.json.
type manifest struct {
	Format    int       `json:"format"`
	Community string    `json:"community"`
	Number    int       `json:"number"`
	Case      flows.ID  `json:"case"`
	Written   time.Time `json:"written"` // as of: when the result was told
	Files     []hashed  `json:"files"`
	Records   int       `json:"records"`
	Head      string    `json:"head"` // of the journal
	Proof     string    `json:"proof"`
}

type hashed struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	Sha256 string `json:"sha256"`
}

func (c *contents) manifest(list []file) manifest {
	m := manifest{Format: format, Community: c.asked.Community, Number: c.asked.Number, Case: c.asked.Case, Written: c.asked.Outcome.At,
		Records: len(c.journal), Head: hex.EncodeToString(c.head()), Proof: c.asked.Proof}
	for _, f := range list {
		m.Files = append(m.Files, hashed{f.name, len(f.data), sumOf(f.data)})
	}
	return m
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// head is the last link of the journal's chain.
func (c *contents) head() []byte {
	if len(c.journal) == 0 {
		return nil
	}
	return c.journal[len(c.journal)-1].Chain
}

func (c *contents) writeJournal() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, r := range c.journal {
		if err := enc.Encode(r); err != nil {
			return nil, fmt.Errorf("archive: the journal: %w", err)
		}
	}
	return out.Bytes(), nil
}

// Ways and their Chinese in the roster.
var ways = map[poll.How]string{poll.Tap: "点选", poll.List: "接龙", poll.Paper: "纸质", poll.Phone: "电话"}

func wayOf(word string) poll.How {
	for how, w := range ways {
		if w == word {
			return how
		}
	}
	return poll.How(word)
}

const (
	yes     = "是"
	moment  = "2006-01-02 15:04:05 -07:00"
	withBOM = "\ufeff" // by it Excel knows that the file is UTF-8
)

var (
	rosterHead = []string{"编号", "楼", "单元", "室", "在册", "名下房屋", "投了", "凭证", "时间", "方式", "代投的户"}
	namedHead  = []string{"选择", "面积（平方米）"}
)

func (c *contents) writeRoster() []byte {
	head := rosterHead
	if c.asked.Named {
		head = slices.Concat(rosterHead, namedHead)
	}
	lines := [][]string{head}
	flag := func(b bool) string {
		if b {
			return yes
		}
		return ""
	}
	for _, r := range slices.SortedStableFunc(slices.Values(c.rows), byKey) {
		p := r.place()
		var homes []string
		if r.listed && p.Building == "" {
			for _, h := range r.households() {
				homes = append(homes, strings.TrimPrefix(h.Key(), "h/"))
			}
		}
		line := []string{r.key, r.in(), p.Unit, p.Room, flag(r.listed), strings.Join(homes, " "), flag(r.voted), r.receipt, "", "", r.proxy}
		if r.voted {
			line[8], line[9] = r.at.Format(moment), cmp.Or(ways[r.how], string(r.how))
		}
		if c.asked.Named {
			line = append(line, r.choice, area(r.area))
		}
		lines = append(lines, line)
	}
	return table(lines)
}

// counts is counts.csv: options and their votes.
func (c *contents) counts() []byte {
	o := c.asked.Outcome
	head := []string{"选项", "内容", "票数"}
	if o.Area != nil {
		head = append(head, "面积（平方米）")
	}
	lines := [][]string{head}
	for i, text := range c.asked.Options {
		line := []string{poll.Letter(i), text, "不分项"}
		if i < len(o.Votes) {
			line[2] = strconv.Itoa(o.Votes[i])
		}
		if i < len(o.Area) {
			line = append(line, area(o.Area[i]))
		}
		lines = append(lines, line)
	}
	sum := []string{"合计", "", strconv.Itoa(o.Voters)}
	if o.Area != nil {
		sum = append(sum, area(o.AreaIn))
	}
	return table(append(lines, sum))
}

// turnout is turnout.csv: how many have voted in each building. Buildings with fewer
// than the floor are put together, so that none can be worked out from the others.
func (c *contents) turnout() []byte {
	type building struct {
		id         string
		of, voters int
	}
	all := map[string]*building{}
	at := func(id string) *building {
		if all[id] == nil {
			all[id] = &building{id: id}
		}
		return all[id]
	}
	sum := building{id: "合计", of: c.asked.Roll.Voters}
	for _, r := range c.rows {
		b := at(r.in())
		if r.listed && c.asked.Unit == flows.PerHousehold {
			b.of++
		}
		if r.voted {
			b.voters++
			sum.voters++
		}
	}
	list := make([]*building, 0, len(all))
	for _, b := range all {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *building) int { return cmp.Or(cmp.Compare(a.voters, b.voters), natural(a.id, b.id)) })
	rest := building{id: "其余"}
	var shown []*building
	for _, b := range list {
		if few := !c.asked.Named && (b.voters < c.asked.Floor || rest.voters > 0 && rest.voters < c.asked.Floor); few || b.id == "" {
			rest.of, rest.voters = rest.of+b.of, rest.voters+b.voters
			continue
		}
		shown = append(shown, b)
	}
	slices.SortFunc(shown, func(a, b *building) int { return natural(a.id, b.id) })
	lines := [][]string{{"楼", "在册", "投了"}}
	add := func(b building) {
		of := ""
		if b.of > 0 {
			of = strconv.Itoa(b.of)
		}
		lines = append(lines, []string{b.id, of, strconv.Itoa(b.voters)})
	}
	for _, b := range shown {
		add(*b)
	}
	if rest.voters+rest.of > 0 && len(shown) > 0 {
		add(rest)
	}
	add(sum)
	return table(lines)
}

// area writes 1/100 m² as m².
func area(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%02d", n/100, n%100)
}

// table writes lines as CSV. What Excel would take for a formula is put behind an
// apostrophe, and so is what begins with one.
func table(lines [][]string) []byte {
	var out bytes.Buffer
	out.WriteString(withBOM)
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	for _, line := range lines {
		guarded := slices.Clone(line)
		for i, v := range guarded {
			if first, _ := utf8.DecodeRuneInString(v); v != "" && strings.ContainsRune("=+-@＝＋－＠'\t\r\n", first) {
				guarded[i] = "'" + v
			}
		}
		_ = w.Write(guarded) // to memory
	}
	w.Flush()
	return out.Bytes()
}

// plain takes off what table has put before a value.
func plain(v string) string { return strings.TrimPrefix(v, "'") }
