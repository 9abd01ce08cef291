// Package table reads the tables that people keep in a spreadsheet program:
// CSV in the encodings and with the separators such programs write, and XLSX.
// What it gives is what a person sees in the cells, row by row, with the number
// of the row.
//
// The files come from anywhere, so that their size, whatever they unpack to, is
// bounded. The package must not know what the tables mean, must not calculate
// (of a formula only the value that was kept with it is read) and writes no files.
package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	textunicode "golang.org/x/text/encoding/unicode"

	"linli/flows/community/strict"
)

// Limits of what is read.
const (
	MaxSize    = 10 << 20 // bytes of a file
	maxUnzip   = 32 << 20 // bytes an XLSX file may unpack to
	maxRows    = 5000     // of a table
	maxColumns = 60
	maxCell    = 1000 // runes
	maxSheets  = 30
)

// Table is one table: a CSV file, or a sheet of an XLSX file.
type Table struct {
	File   string // as mistakes call it: "人员.xlsx（第一张表）"
	Rows   []Row  // those that are not empty, in order
	Merged []Merged
}

// Row is a row with what is seen in its cells, without the space around it.
type Row struct {
	Line  int // from 1, as the program shows it
	Cells []string
}

// Merged is a range of cells that were made one.
type Merged struct {
	First, Last int // rows
	Range       string
}

// Open reads a file; name decides what it is taken for. Mistakes name the file
// and the row; where there are any, the tables may be incomplete.
func Open(name string, data []byte) ([]Table, strict.Mistakes) {
	name = filepath.Base(name)
	r := &reader{name: name}
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case len(data) > MaxSize:
		r.wrong(0, "文件太大，超过了%d兆", MaxSize>>20)
	case ext == ".xlsx":
		r.workbook(data)
	case ext == ".csv", ext == ".txt", ext == ".tsv":
		r.text(data)
	case ext == ".xls", ext == ".et", ext == ".ods", ext == ".numbers":
		r.wrong(0, "读不了 %s 文件，请在表格软件里另存为 .xlsx 或 .csv", ext)
	default:
		r.wrong(0, "只能读 .xlsx 和 .csv 文件")
	}
	return r.tables, r.mistakes
}

// reader is a file that is being read.
type reader struct {
	name     string
	sheet    string // empty for CSV
	tables   []Table
	mistakes strict.Mistakes
}

func (r *reader) file() string {
	if r.sheet == "" {
		return r.name
	}
	return r.name + "（" + r.sheet + "）"
}

func (r *reader) wrong(line int, format string, args ...any) {
	r.mistakes = append(r.mistakes, strict.Mistake{File: r.file(), Line: line, Text: fmt.Sprintf(format, args...)})
}

// add takes a row, and says whether more may come.
func (r *reader) add(t *Table, line int, cells []string) bool {
	if line > maxRows {
		r.wrong(line, "行太多，最多%d行", maxRows)
		return false
	}
	row := Row{Line: line}
	for i, c := range cells {
		if c = strings.TrimSpace(c); c == "" {
			continue
		}
		switch {
		case i >= maxColumns:
			r.wrong(line, "列太多，最多%d列", maxColumns)
			return false
		case utf8.RuneCountInString(c) > maxCell:
			r.wrong(line, "第%d列的内容太长，最多%d个字", i+1, maxCell)
			continue
		}
		for len(row.Cells) <= i {
			row.Cells = append(row.Cells, "")
		}
		row.Cells[i] = c
	}
	if len(row.Cells) > 0 {
		t.Rows = append(t.Rows, row)
	}
	return true
}

// text reads CSV.
func (r *reader) text(data []byte) {
	text, ok := decode(data)
	if !ok {
		r.wrong(0, "认不出文件的编码，请另存为 UTF-8 的 CSV")
		return
	}
	in := csv.NewReader(strings.NewReader(text))
	in.Comma = separator(text)
	in.FieldsPerRecord = -1
	t := Table{File: r.file()}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
			r.wrong(bad.StartLine, "这一行的引号没有配对")
			break
		}
		line, _ := in.FieldPos(0)
		if !r.add(&t, line, cells) {
			break
		}
	}
	r.tables = append(r.tables, t)
}

// decode gives the text of a file in one of the encodings in which spreadsheet
// programs write CSV.
func decode(data []byte) (string, bool) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
		return string(data), utf8.Valid(data)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		from = textunicode.UTF16(textunicode.LittleEndian, textunicode.UseBOM)
	case utf8.Valid(data):
		return string(data), !bytes.ContainsRune(data, 0)
	default:
		from = simplifiedchinese.GB18030
	}
	out, err := from.NewDecoder().Bytes(data)
	text := string(out)
	return text, err == nil && !strings.ContainsRune(text, utf8.RuneError) && !strings.ContainsRune(text, 0)
}

// separator is what stands most often in the first line that has any.
func separator(text string) rune {
	for line := range strings.Lines(text) {
		best, most := ',', 0
		for _, c := range []rune{',', ';', '\t'} {
			if n := strings.Count(line, string(c)); n > most {
				best, most = c, n
			}
		}
		if most > 0 {
			return best
		}
	}
	return ','
}
