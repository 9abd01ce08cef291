package flows

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lists that people copy and add themselves to (接龙). Where Linli can hear no group, whoever
// answers for one pastes it to Linli in private, and Linli writes it back for the group to go
// on with. What a list says about other people is not kept: see [Paste].

// LongestText is how many bytes of a message are read; what is longer is cut.
const LongestText = 16 << 10

// Chain is a list as it was sent.
type Chain struct {
	Title  string      `json:"title,omitempty"` // what stands above the first line, without "#接龙"
	Lines  []ChainLine `json:"lines,omitempty"`
	Marked bool        `json:"marked,omitempty"` // 接龙 stands over it; otherwise its lines only look like a list
	Others int         `json:"others,omitempty"` // lists of other names in the same message, which are not read
	Cut    bool        `json:"cut,omitempty"`    // the message was longer than is read, and so is the list
}

// ChainLine is one line of it: "3. 3-1-501 要", "4. 老李 2人".
type ChainLine struct {
	N      int    `json:"n"`                // the number that stands before it
	Place  Place  `json:"place,omitzero"`   // the household, where the line names one
	Text   string `json:"text"`             // the line without its number
	Rest   string `json:"rest,omitempty"`   // the line without number and household: a choice, a name, or both
	People int    `json:"people,omitempty"` // for how many it stands; 0 is 1
	Who    string `json:"who,omitempty"`    // Text without what says for how many
}

// Heads is for how many people a line stands.
func (l ChainLine) Heads() int { return max(1, l.People) }

// MostChainLines is how many lines of a list are looked at.
const MostChainLines = 400

// Called says that a list is called like something: one of the two names stands in the other.
// A name of which nobody could say what it is of is like none.
func (c Chain) Called(name string) bool {
	title, name := Bare(c.Title), Bare(strings.TrimSuffix(name, "…"))
	says := func(s string, han int) bool {
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			return utf8.RuneCountInString(s) >= han
		}
		return len(s) >= 4
	}
	return says(name, 2) && strings.Contains(title, name) || says(title, 3) && strings.Contains(name, title)
}

// Bare is a text without anything but its letters and numbers.
func Bare(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// Partial says that a list lacks its beginning: somebody has copied only its end. One line may
// be missing because who stood in it has taken it out.
func (c Chain) Partial() bool { return len(c.Lines) > 0 && c.Lines[0].N > 2 }

// Twice gives the numbers of the lines that say the same as an earlier one.
func (c Chain) Twice() (list []int) {
	seen := map[string]bool{}
	for i, l := range c.Lines {
		if w := Bare(l.Text); w != "" && seen[w] {
			list = append(list, i+1)
		} else {
			seen[w] = true
		}
	}
	return list
}

// longestLine is how many runes of a line are written back.
const longestLine = 100

// Again gives the lines as they are written back, numbered anew, each in one line and without
// anybody's telephone number.
func (c Chain) Again() string {
	var w strings.Builder
	for i, l := range c.Lines {
		if i > 0 {
			w.WriteByte('\n')
		}
		fmt.Fprintf(&w, "%d. %s", i+1, Quoted(l.Text, longestLine))
	}
	return w.String()
}

// Above gives the lines of a title that Linli does not write itself, as they are written back:
// what somebody has added, "自带琴". Own says of a line that it is Linli's.
func (c Chain) Above(own func(string) bool) string {
	var list []string
	for l := range strings.Lines(c.Title) {
		if l = Quoted(l, longestLine); l != "" && !own(l) && len(list) < 6 {
			list = append(list, l)
		}
	}
	return strings.Join(list, "\n")
}

// Quoted is somebody's line as Linli repeats it: one line of at most n runes, without signs that
// nobody sees and without telephone numbers.
func Quoted(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r != '\u200d' && unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	s = Masked(strings.Join(strings.Fields(s), " "))
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// private are telephone numbers, with or without marks between, and whatever is as long as one.
var private = regexp.MustCompile(`(?:\+?86[-. ]?|\b)1[3-9]\d[-. ]?\d{4}[-. ]?\d{4}\b|\b0\d{2,3}[-. ]\d{7,8}\b|\d{7,}[0-9Xx]?`)

// Masked hides telephone numbers, and every other number as long as one. Of a mobile's the ends
// stay, so that its owner knows it.
func Masked(s string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= '０' && r <= '９' {
			return r - '０' + '0'
		}
		return r
	}, s)
	if !private.MatchString(plain) {
		return s
	}
	return private.ReplaceAllStringFunc(plain, func(m string) string {
		d := Digits(m)
		if len(d) > 11 {
			d = strings.TrimPrefix(d, "86")
		}
		if len(d) == 11 && d[0] == '1' {
			return d[:3] + "****" + d[7:]
		}
		return "****"
	})
}

// Paste is what is kept of a list that was seen, to know what is new in the next: of each line a
// few bits of a sum over who it is about, salted by its case, and a number. It holds nobody's
// words, and nobody can be read out of it who does not know the case's seed.
type Paste struct {
	Sums []string `json:"sums,omitempty"`
	N    []int    `json:"n,omitempty"`
}

// PasteLine is what a paste is made of.
type PasteLine struct {
	Who string // the words by which the line is known again
	N   int    // what may change in it: how many people, what they have chosen
}

// NewPaste makes it of the lines of a list. Seed is the case's.
func NewPaste(seed string, lines []PasteLine) (p Paste) {
	seen := map[string]int{}
	for _, l := range lines {
		// As it is written back, or nobody would be known again.
		who := Bare(Masked(l.Who))
		if who == "" {
			who = strings.TrimSpace(l.Who)
		}
		if r := []rune(who); len(r) > longestLine/2 {
			who = string(r[:longestLine/2])
		}
		seen[who]++
		h := hmac.New(sha256.New, []byte(seed))
		h.Write([]byte("list\x00" + who + "\x00" + strconv.Itoa(seen[who]))) // never fails
		p.Sums = append(p.Sums, base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:4]))
		p.N = append(p.N, l.N)
	}
	return p
}

// Changes are those of a list against an earlier one.
type Changes struct {
	First bool  // there was none before
	New   []int // lines that are new, by index
	Other []int // lines whose number is another
	Gone  int   // how many stood in the earlier one and are in this one no more
	Same  int   // how many stand in both
}

// Since compares a list with an earlier one, nil if there was none.
func (p Paste) Since(old *Paste) (c Changes) {
	if old == nil || len(old.Sums) == 0 {
		c.First = true
		return c
	}
	was := map[string]int{}
	for i, s := range old.Sums {
		was[s] = i
	}
	kept := map[string]bool{}
	for i, s := range p.Sums {
		k, ok := was[s]
		if !ok {
			c.New = append(c.New, i)
			continue
		}
		kept[s] = true
		if c.Same++; k < len(old.N) && old.N[k] != p.N[i] {
			c.Other = append(c.Other, i)
		}
	}
	for s := range was {
		if !kept[s] {
			c.Gone++
		}
	}
	return c
}

// GroupList is a list as it was last seen: of a group that Linli hears, or of one out of which it
// was pasted.
type GroupList struct {
	Chat ChatID `json:"chat,omitempty"` // empty: it was pasted
	Paste
}

// GroupLists are the lists of a case, the newest last: each group has its own, and who stands in one
// stands in no other.
type GroupLists []GroupList

// MostGroupLists is how many lists a case has at most.
const MostGroupLists = 10

// Of finds the list of which another is a later copy: that of the same group, or the one with
// which it has most in common, if that is half of the shorter one; -1 if there is none.
func (r GroupLists) Of(chat ChatID, p Paste) int {
	best, most := -1, 0
	for i, x := range r {
		if chat != "" && x.Chat == chat {
			return i
		}
		if chat != "" && x.Chat != "" {
			continue
		}
		if same := p.Since(&x.Paste).Same; same > most && same*2 >= min(len(p.Sums), len(x.Sums)) {
			best, most = i, same
		}
	}
	return best
}

// With gives the lists with one more, or with a later copy of one. Lost says that there are too
// many. The lists it is called on stay as they are.
func (r GroupLists) With(chat ChatID, p Paste) (list GroupLists, changes Changes, lost bool) {
	i := r.Of(chat, p)
	if i < 0 {
		if len(r) >= MostGroupLists {
			return r, Changes{First: true}, true
		}
		return append(r[:len(r):len(r)], GroupList{Chat: chat, Paste: p}), Changes{First: true}, false
	}
	old := r[i]
	if chat == "" {
		chat = old.Chat
	}
	list = append(append(GroupLists{}, r[:i]...), r[i+1:]...)
	return append(list, GroupList{Chat: chat, Paste: p}), p.Since(&old.Paste), false
}

// Sum adds up the numbers of all lines.
func (r GroupLists) Sum() (n int) {
	for _, x := range r {
		for _, k := range x.N {
			n += k
		}
	}
	return n
}

// ActivityMatter and HearingMatter are the keys under which open activities and hearings are
// found (Summary.Matter), so that a list that bears no number meets them.
const (
	ActivityMatter = "#activity/"
	HearingMatter  = "#hearing/"
)

// taking are the flows whose cases a list may belong to, with the stage in which one takes it.
var taking = map[string]string{"poll": "open", ActivityFlow: "open", "hearing": "asking"}

// ListFor gives the open cases that a list written to Linli itself may be about. Sure is one
// whose number it bears, or whose message it answers; else they are those that are called like
// it, and whoever sent it is asked.
func ListFor(e Event) (list []Similar, sure bool) {
	w, ok := e.What.(Said)
	c := e.Reading.Chain
	if !ok || c == nil {
		return nil, false
	}
	var over []Similar
	for _, x := range e.Similar {
		stage, takes := taking[x.Flow]
		bears := e.Reading.Number > 0 && x.Case.No == e.Reading.Number || w.Older && w.Recent != "" && x.Case.ID == w.Recent
		switch {
		case !takes:
		case bears && x.Stage == stage:
			return []Similar{x}, true
		case bears:
			over = append(over, x)
		case x.Stage == stage && c.Called(x.Title):
			list = append(list, x)
		}
	}
	if len(over) > 0 {
		return over[:1], true // its time is past, and it says so
	}
	return list, false
}

// Bears says whether a list is surely about a case: it has its number, or answers a message of
// it.
func Bears(e Event, w Said) bool {
	return e.Case.No > 0 && e.Reading.Number == e.Case.No || w.Older && w.Recent != "" && w.Recent == e.Case.ID
}
