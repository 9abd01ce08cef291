package desk

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/hearing"
)

// The record of a hearing (会议记录): what was said point by point, who differs, and the
// minutes with what each sentence rests on. It names who has agreed to be named; the rest
// are their building.

// piece is a line of the record.
type piece struct {
	N     int
	Kind  string // key of its words
	Who   string
	Text  string
	At    time.Time
	Read  bool
	Gone  bool
	Reply string
}

// point is a point of the agenda with what was said to it.
type point struct {
	N     int // from 1
	Text  string
	On    bool
	Hands *hearing.Hands
	Poll  *where
	Came  string // what came of the poll
	Said  []piece
}

// recorded is a sentence of the minutes, with what it rests on.
type recorded struct {
	Text  string
	Item  *piece // whose words, and which, where it is about a line of the record
	Rests []string
}

// differs is somebody who does not agree with what was decided.
type differs struct {
	piece
	Due      time.Time
	Answered time.Time
	Late     bool
	Left     bool
}

// items gives the lines of the record, by their numbers.
func (d *Desk) items(r *http.Request, id flows.ID, s hearing.State) (map[int]hearing.Item, error) {
	var tags []string
	for i := -1; i <= len(s.Points); i++ {
		tags = append(tags, hearing.ItemTag(i))
	}
	entries, err := d.desk.Entries(r.Context(), id, tags)
	if err != nil {
		return nil, err
	}
	out := map[int]hearing.Item{}
	for _, e := range entries {
		n, err := strconv.Atoi(strings.TrimPrefix(e.Key, "i/"))
		if err != nil {
			continue // no line of it
		}
		var it hearing.Item
		if err := json.Unmarshal(e.Data, &it); err != nil {
			return nil, err
		}
		out[n] = it
	}
	return out, nil
}

// speaker says who a line of the record is from: by the name they agreed to, else their
// building.
func (p *page) speaker(it hearing.Item) string {
	if it.Name != "" {
		return it.Name
	}
	if it.Where.Building != "" {
		return p.words("of-building", "where", p.Settings.PlaceName(flows.Place{Building: it.Where.Building}, p.Lang, false))
	}
	if it.By == "" || slices.Contains([]string{"hands", "decision", "note", "guest"}, it.Kind) {
		return ""
	}
	return p.words("case-resident")
}

func (p *page) piece(n int, it hearing.Item) piece {
	k := piece{N: n, Kind: "item-" + it.Kind, Who: p.speaker(it), Text: it.Text, At: it.At, Read: it.Read, Gone: it.Gone, Reply: it.Reply}
	if !p.Words.Has(k.Kind) {
		k.Kind = "item-said"
	}
	if k.Gone {
		k.Text, k.Who, k.Reply = "", "", ""
	}
	return k
}

// record puts the lines of the record where they belong.
func (p *page) record(x *talk, s hearing.State, items map[int]hearing.Item, v *visitor) {
	for i, pt := range s.Points {
		row := point{N: i + 1, Text: pt.Text, On: s.Stage == hearing.Meeting && s.At == i+1, Hands: pt.Hands}
		if pt.Poll != nil {
			row.Poll, row.Came = &where{Words: "hd-poll"}, pt.Poll.Result
			if pt.Poll.Case != "" && v.may(watch) {
				row.Poll.Path = "/desk/polls/" + string(pt.Poll.Case)
			}
		}
		x.Points = append(x.Points, row)
	}
	for n := 1; n <= max(s.Last, largest(items)); n++ {
		it, ok := items[n]
		if !ok {
			continue
		}
		k := p.piece(n, it)
		switch {
		case it.Kind == "dissent":
			continue // told with who differs
		case it.Kind == "before":
			x.Before = append(x.Before, k)
		case it.Point >= 1 && it.Point <= len(x.Points):
			x.Points[it.Point-1].Said = append(x.Points[it.Point-1].Said, k)
		default:
			x.Else = append(x.Else, k)
		}
	}
	for _, y := range s.Dissents {
		k := differs{piece: p.piece(y.Item, items[y.Item]), Due: y.Due, Answered: y.Answered, Left: y.Left}
		k.N, k.At = y.Item, y.At
		k.Late = !y.Left && y.Answered.IsZero() && !y.Due.IsZero() && y.Due.Before(p.At)
		x.Differs = append(x.Differs, k)
	}
}

func largest(items map[int]hearing.Item) (n int) {
	for k := range items {
		n = max(n, k)
	}
	return n
}

// minutes gives the minutes sentence by sentence, with what each rests on. A sentence for
// which there are no words any more is not left out: it is said that it cannot be read.
func (d *Desk) minutes(p *page, s hearing.State, no int, items map[int]hearing.Item) (out []recorded, err error) {
	for _, l := range s.Draft {
		text, err := d.said.Render(p.Lang, l.Words, l.Vars, no, p.At, p.Settings)
		if err != nil {
			if text, err = p.T("minutes-unreadable"); err != nil {
				return nil, err
			}
		}
		x := recorded{Text: text}
		if it, ok := items[l.Item]; ok && l.Item > 0 {
			k := p.piece(l.Item, it)
			x.Item = &k
		}
		for _, r := range l.Rests {
			kind, n, _ := strings.Cut(r, "/")
			key := "rests-" + kind
			if !p.Words.Has(key) {
				continue
			}
			word, err := p.T(key, "n", n)
			if err != nil {
				return nil, err
			}
			x.Rests = append(x.Rests, word)
		}
		out = append(out, x)
	}
	return out, nil
}
