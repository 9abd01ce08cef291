package community

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"linli/flows/community/strict"
	"linli/flows/community/table"
)

// Import lays tables over the directory and gives the directory that comes of
// it, checked like any other. What a table is about is seen by its header row. A
// row whose id (or whose name, where that is enough) is known changes what its
// cells say and leaves the rest; another one is added. An empty cell says
// nothing, "无" takes away what is written; a row goes only if its column 删除 says 是.
//
// Notes are what was not used (a column nobody knows) and what is probably not
// meant. The error is of type [Mistakes]; those of a row name its file and row.
func (f *File) Import(tables []table.Table) (next *File, notes Mistakes, err error) {
	in := &importing{dir: defaults(), from: map[string]origin{}, moved: map[string]string{}}
	strict.Open("", f.Canonical()).Decode(&in.dir)
	var rows []*row
	for _, t := range tables {
		rows = append(rows, in.rows(t)...)
	}
	for _, r := range rows {
		r.kind.find(in, r)
	}
	for _, r := range rows {
		if r.id != "" && !r.gone {
			r.kind.fill(in, r)
		}
	}
	for _, r := range rows {
		if r.id != "" && r.gone {
			r.kind.drop(in, r)
		}
	}
	text := canonical(in.dir)
	b := f.build(merged, text)
	wrong := append(in.wrong, in.where(b, b.page.Mistakes)...)
	wrong = append(wrong, b.others...)
	notes = append(in.notes, in.where(b, b.warnings)...)
	if len(wrong) > 0 {
		return nil, notes.Sorted(), wrong.Sorted()
	}
	next, err = b.file(text, f.build)
	return next, notes.Sorted(), err
}

// merged is what mistakes call a directory with the tables laid over it.
const merged = "导入后的名册"

// importing is an import that is under way.
type importing struct {
	dir   directory
	from  map[string]origin // kind and id → the row it was last written in
	moved map[string]string // building → the grid a row put it in
	wrong Mistakes
	notes Mistakes

	doors     map[string]int    // home → index among the households
	buildings map[string]string // as it is written → id, "" if there is none
}

// origin is a row of a table.
type origin struct {
	file string
	line int
}

// row is a row of a table that was recognised.
type row struct {
	origin
	kind  *sheet
	cells map[string]string // by the column's name, only those that say something
	id    string            // of what it is about, set by find
	gone  bool              // 删除
}

// none is what a cell says to take away what is written.
var clearing = []string{"无", "没有", "-", "—", "——", "/"}

// get gives what a cell says; told is false where it says nothing.
func (r *row) get(column string) (text string, told bool) {
	text, told = r.cells[column]
	if slices.Contains(clearing, text) {
		return "", told
	}
	return text, told
}

func (in *importing) mistake(r *row, format string, args ...any) {
	in.wrong = append(in.wrong, Mistake{File: r.file, Line: r.line, Text: fmt.Sprintf(format, args...)})
}

// rows finds the header of a table and reads what stands under it.
func (in *importing) rows(t table.Table) []*row {
	kind, head, at := recognise(t)
	if kind == nil {
		in.wrong = append(in.wrong, Mistake{File: t.File, Text: "看不出是什么表：表头要有 " + strings.Join(recognisable(), "、") + " 中的一种"})
		return nil
	}
	columns := make([]string, len(head.Cells))
	for i, h := range head.Cells {
		switch name := kind.column(h); {
		case h == "":
		case name == "":
			in.notes = append(in.notes, Mistake{File: t.File, Line: head.Line, Text: fmt.Sprintf("“%s”这一列没有用到；%s可以有：%s", h, kind.what, strings.Join(kind.names(), "、"))})
		case slices.Contains(columns, name):
			in.wrong = append(in.wrong, Mistake{File: t.File, Line: head.Line, Text: fmt.Sprintf("有两列都是“%s”", name)})
		default:
			columns[i] = name
		}
	}
	for _, m := range t.Merged {
		if m.Last >= head.Line {
			in.wrong = append(in.wrong, Mistake{File: t.File, Line: m.First, Text: fmt.Sprintf("%s 是合并的单元格，请拆开，每一行都写全", m.Range)})
		}
	}
	var out []*row
	for _, x := range t.Rows[at+1:] {
		r := &row{origin: origin{t.File, x.Line}, kind: kind, cells: map[string]string{}}
		for i, c := range x.Cells {
			switch {
			case c == "":
			case i >= len(columns) || head.Cells[i] == "":
				in.mistake(r, "第%d列有内容“%s”，但表头是空的", i+1, short(c))
			case strings.HasPrefix(c, "="):
				in.mistake(r, "“%s”一列里是公式，请换成数值", head.Cells[i])
			case columns[i] != "":
				r.cells[columns[i]] = c
			}
		}
		switch v, _ := r.get("删除"); v {
		case "":
		case "是", "删", "删除":
			r.gone = true
		case "否", "不":
		default:
			in.mistake(r, "“删除”一列只能写“是”，或空着")
		}
		if len(r.cells) > 0 {
			out = append(out, r)
		}
	}
	return out
}

func short(s string) string {
	if r := []rune(s); len(r) > 12 {
		return string(r[:12]) + "…"
	}
	return s
}

// mine notes that a thing is written in a row, and finds it written in two.
func (in *importing) mine(r *row, id string) {
	k := r.kind.section + "/" + id
	if o, twice := in.from[k]; twice && id != "" {
		in.mistake(r, "%s“%s”在%s第%d行已经写了", r.kind.what, id, o.file, o.line)
		return
	}
	in.from[k], r.id = r.origin, id
}

// where gives mistakes of the merged text the rows they come from.
func (in *importing) where(b *builder, list Mistakes) Mistakes {
	type start struct {
		line int
		key  string
	}
	var starts []start
	for _, section := range []string{"id", "name", "example", "lang", "time_zone", "hours", "holidays", "phones", "limits", "grids", "buildings", "spots", "rooms", "people", "groups", "roster", "bodies", "items", "polls", "households", "cast"} {
		if b.dir.Has(section) {
			starts = append(starts, start{b.dir.Of(section), ""})
		}
	}
	mark := func(section, id string, line int) { starts = append(starts, start{line, section + "/" + id}) }
	for _, x := range b.dir.Grids {
		mark("grids", x.ID, x.Line)
	}
	for _, x := range b.dir.Buildings {
		mark("buildings", x.ID, x.Line)
	}
	for _, x := range b.dir.Spots {
		mark("spots", x.ID, x.Line)
	}
	for _, x := range b.dir.Rooms {
		mark("rooms", x.ID, x.Line)
	}
	for _, x := range b.dir.People {
		mark("people", x.ID, x.Line)
	}
	for _, x := range b.dir.Groups {
		mark("groups", x.ID, x.Line)
	}
	for _, x := range b.dir.Roster {
		mark("roster", shiftID(x), x.Line)
	}
	for _, x := range b.dir.Bodies {
		mark("bodies", x.ID, x.Line)
	}
	for _, x := range b.dir.Households {
		mark("households", x.Home, x.Line)
	}
	for _, x := range b.dir.Items {
		if x != nil {
			mark("items", itemID(x), x.Line)
		}
	}
	out := slices.Clone(list)
	for i, m := range out {
		best := start{}
		for _, s := range starts {
			if s.line <= m.Line && s.line >= best.line && s.line > 0 {
				best = s
			}
		}
		if o, ok := in.from[best.key]; ok && m.File == merged && best.key != "" {
			out[i].File, out[i].Line = o.file, o.line
		}
	}
	return out
}

// Texts of cells.

// whole reads a number of things: "96", "96户".
func (in *importing) whole(r *row, column string, into *int) {
	text, told := r.get(column)
	if !told {
		return
	}
	*into = 0
	if text == "" {
		return
	}
	n, err := strconv.Atoi(strings.TrimRight(fold(text), "户层人个座位"))
	if err != nil || n < 0 || n > 1_000_000 {
		in.mistake(r, "“%s”要写整数，写的是“%s”", column, short(text))
		return
	}
	*into = n
}

func (r *row) text(column string, into *string) {
	if text, told := r.get(column); told {
		*into = text
	}
}

func (r *row) list(column string, into *[]string) {
	if text, told := r.get(column); told {
		*into = splitList(text)
	}
}

// truth reads 是 and 否.
func (in *importing) truth(r *row, column string) (v, told bool) {
	text, told := r.get(column)
	switch strings.ToLower(text) {
	case "是", "有", "true", "√", "y", "yes", "1":
		return true, told
	case "", "否", "不", "false", "×", "n", "no", "0":
		return false, told
	}
	in.mistake(r, "“%s”只能写“是”或“否”，写的是“%s”", column, short(text))
	return false, false
}

// made gives a new id to something that has only a name: the same one each time.
func made(letter, name string) string {
	sum := sha256.Sum256([]byte(fold(name)))
	return letter + hex.EncodeToString(sum[:])[:8]
}
