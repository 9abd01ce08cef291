package table

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	textunicode "golang.org/x/text/encoding/unicode"
)

// cells are all rows of the first table, one text a row.
func cells(t *testing.T, name string, data string) []string {
	t.Helper()
	tables, wrong := Open(name, []byte(data))
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	var out []string
	for _, r := range tables[0].Rows {
		out = append(out, strings.Join(r.Cells, "|"))
	}
	return out
}

func encoded(t *testing.T, text string, f func(string) (string, error)) string {
	t.Helper()
	out, err := f(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCSV(t *testing.T) {
	text := "姓名,备注\n娜仁·其木格,\"两行\n字\"\n\n 𠮷田 , x \n"
	want := []string{"姓名|备注", "娜仁·其木格|两行\n字", "𠮷田|x"}
	for name, data := range map[string]string{
		"utf-8": text, "bom": "\ufeff" + text, "crlf": strings.ReplaceAll(text, "\n", "\r\n"),
		"gb18030":   encoded(t, text, simplifiedchinese.GB18030.NewEncoder().String),
		"utf-16":    encoded(t, text, textunicode.UTF16(textunicode.LittleEndian, textunicode.UseBOM).NewEncoder().String),
		"semicolon": strings.ReplaceAll(text, ",", ";"), "tab": strings.ReplaceAll(text, ",", "\t"),
	} {
		if d := cmp.Diff(want, cells(t, "a.csv", data)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	tables, _ := Open("dir/a.CSV", []byte(text))
	if tables[0].File != "a.CSV" || tables[0].Rows[1].Line != 2 || tables[0].Rows[2].Line != 5 {
		t.Errorf("%+v", tables)
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct{ file, data, want string }{
		"kind":        {"a.pdf", "x", "a.pdf: 只能读 .xlsx 和 .csv 文件"},
		"old excel":   {"a.xls", "x", "a.xls: 读不了 .xls 文件，请在表格软件里另存为 .xlsx 或 .csv"},
		"too large":   {"a.csv", strings.Repeat("a", MaxSize+1), "a.csv: 文件太大，超过了10兆"},
		"binary":      {"a.csv", "a\x00b", "a.csv: 认不出文件的编码"},
		"no encoding": {"a.csv", "\xff\xff\xff", "a.csv: 认不出文件的编码"},
		"quote":       {"a.csv", "a,b\n\"x,y\nz", "a.csv:2: 这一行的引号没有配对"},
		"rows":        {"a.csv", strings.Repeat("a,b\n", maxRows+1), "a.csv:5001: 行太多"},
		"columns":     {"a.csv", strings.Repeat(",", maxColumns) + "x\n", "a.csv:1: 列太多"},
		"cell":        {"a.csv", "a,b\n" + strings.Repeat("长", maxCell+1) + ",\n", "a.csv:2: 第1列的内容太长"},
		"no workbook": {"a.xlsx", "PK\x03\x04 nothing", "a.xlsx: 文件读不出来"},
		"empty":       {"a.xlsx", "", "a.xlsx: 文件读不出来"},
	} {
		_, wrong := Open(c.file, []byte(c.data))
		if len(wrong) == 0 || !strings.HasPrefix(wrong[0].String(), c.want) {
			t.Errorf("%s: %v", name, wrong)
		}
	}
}

// workbook makes an XLSX file.
func workbook(t *testing.T, fill func(x *excelize.File) error) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	if err := fill(x); err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := x.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestXLSX(t *testing.T) {
	data := workbook(t, func(x *excelize.File) error {
		date, err := x.NewStyle(&excelize.Style{NumFmt: 14})
		if err != nil {
			return err
		}
		for cell, v := range map[string]any{
			"A1": "楼号", "B1": "电话", "C1": "日期", "D1": "比例", "E1": "算出来", "F1": "是",
			"A2": 3.0, "B2": 13800138000, "C2": time.Date(2026, 12, 5, 0, 0, 0, 0, time.UTC), "D2": 0.5, "F2": true,
			"A5": "0471-0000001",
		} {
			if err := x.SetCellValue("Sheet1", cell, v); err != nil {
				return err
			}
		}
		if err := x.SetCellStyle("Sheet1", "C2", "C2", date); err != nil {
			return err
		}
		if err := x.SetCellValue("Sheet1", "E2", 42); err != nil { // the value that was kept with the formula
			return err
		}
		if err := x.MergeCell("Sheet1", "A5", "B6"); err != nil {
			return err
		}
		if _, err := x.NewSheet("藏起来的"); err != nil {
			return err
		}
		if err := x.SetCellValue("藏起来的", "A1", "秘密"); err != nil {
			return err
		}
		if err := x.SetSheetVisible("藏起来的", false); err != nil {
			return err
		}
		_, err = x.NewSheet("空的")
		return err
	})
	tables, wrong := Open("a.xlsx", data)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	want := []Table{{File: "a.xlsx（Sheet1）", Rows: []Row{
		{1, []string{"楼号", "电话", "日期", "比例", "算出来", "是"}},
		{2, []string{"3", "13800138000", "2026-12-05", "0.5", "42", "TRUE"}},
		{5, []string{"0471-0000001"}},
	}, Merged: []Merged{{5, 6, "A5:B6"}}}}
	if d := cmp.Diff(want, tables); d != "" {
		t.Error(d)
	}
}

// A formula is never calculated: only what was kept with it counts.
func TestFormula(t *testing.T) {
	data := workbook(t, func(x *excelize.File) error {
		if err := x.SetCellValue("Sheet1", "A1", "x"); err != nil {
			return err
		}
		return x.SetCellFormula("Sheet1", "B1", `HYPERLINK("http://example.org/"&A1)`)
	})
	if d := cmp.Diff([]string{"x"}, cells(t, "a.xlsx", string(data))); d != "" {
		t.Error(d)
	}
}

// replacedPart is an XLSX file one of whose parts is another.
func replacedPart(t *testing.T, part string, body func(io.Writer) error) []byte {
	t.Helper()
	data := workbook(t, func(x *excelize.File) error { return x.SetCellValue("Sheet1", "A1", "x") })
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	out := zip.NewWriter(&buf)
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, f := range in.File {
		w, err := out.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == part {
			err = body(w)
		} else {
			var r io.ReadCloser
			if r, err = f.Open(); err == nil {
				_, err = io.Copy(w, r)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

const sheet1 = "xl/worksheets/sheet1.xml"

func TestHostileXLSX(t *testing.T) {
	for name, c := range map[string]struct {
		body func(io.Writer) error
		want string
	}{
		"a bomb": {func(w io.Writer) error {
			chunk := bytes.Repeat([]byte(" "), 1<<20)
			for range 50 {
				if _, err := w.Write(chunk); err != nil {
					return err
				}
			}
			return nil
		}, "文件读不出来"},
		"a row far away": {func(w io.Writer) error {
			_, err := io.WriteString(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>`)
			return err
		}, "行太多"},
		"a column far away": {func(w io.Writer) error {
			_, err := io.WriteString(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>`)
			return err
		}, "列太多"},
		"no XML": {func(w io.Writer) error { _, err := io.WriteString(w, "<worksheet><sheetData><row"); return err }, ""},
		"a string that is not there": {func(w io.Writer) error {
			_, err := io.WriteString(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>99999999</v></c><c r="B1" t="s"><v>-5</v></c></row></sheetData></worksheet>`)
			return err
		}, ""},
		"cells without sense": {func(w io.Writer) error {
			_, err := io.WriteString(w, `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="-3"><c r="99A"/><c r=""><v>1e999</v></c></row></sheetData><mergeCells><mergeCell ref="A1"/><mergeCell ref="Z:Z:Z"/></mergeCells></worksheet>`)
			return err
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			data := replacedPart(t, sheet1, c.body)
			if len(data) > MaxSize {
				t.Fatal("the file itself is too large to try anything")
			}
			_, wrong := Open("a.xlsx", data) // must end, and must not panic
			if c.want != "" && !strings.Contains(wrong.Error(), c.want) {
				t.Errorf("want %s\ngot %v", c.want, wrong)
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	f.Add("a.csv", []byte("a,b\n\"c\n"))
	f.Add("a.csv", []byte("\xff\xfea\x00"))
	f.Add("a.xlsx", []byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		tables, wrong := Open(name, data)
		for _, x := range tables {
			for _, r := range x.Rows {
				if len(r.Cells) > maxColumns || r.Line < 1 || r.Line > maxRows {
					t.Fatal(r)
				}
			}
		}
		if len(tables) == 0 && len(wrong) == 0 && len(data) > 0 && !strings.HasSuffix(strings.ToLower(name), ".xlsx") {
			t.Fatal("nothing read and nothing told")
		}
	})
}
