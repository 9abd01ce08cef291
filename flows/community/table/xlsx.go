package table

import (
	"bytes"

	"github.com/xuri/excelize/v2"
)

// XLSX, apart from CSV: it needs a library, and a guard around it.

// workbook reads the visible sheets of an XLSX file.
func (r *reader) workbook(data []byte) {
	// The file may be made by anybody, and the library that reads it is large: what
	// breaks it must not stop more than this file.
	defer func() {
		if recover() != nil {
			r.tables = nil
			r.wrong(0, "文件坏了，读不出来，请重新另存一份")
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: maxUnzip,
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd", CultureInfo: excelize.CultureNameZhCN,
	})
	if err != nil {
		r.wrong(0, "文件读不出来：可能不是 .xlsx，设了密码，或展开以后太大。请重新另存一份")
		return
	}
	defer f.Close()
	sheets := f.GetSheetList()
	if len(sheets) > maxSheets {
		r.wrong(0, "工作表太多，最多%d张", maxSheets)
		return
	}
	for _, name := range sheets {
		if visible, err := f.GetSheetVisible(name); err == nil && !visible {
			continue
		}
		r.sheet = name
		r.worksheet(f, name)
	}
	r.sheet = ""
}

func (r *reader) worksheet(f *excelize.File, name string) {
	t := Table{File: r.file()}
	rows, err := f.Rows(name)
	if err != nil {
		r.wrong(0, "这张表读不出来")
		return
	}
	defer rows.Close()
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			r.wrong(line, "这一行读不出来")
			return
		}
		if !r.add(&t, line, cells) {
			return
		}
	}
	merged, err := f.GetMergeCells(name)
	if err != nil {
		r.wrong(0, "合并的单元格读不出来，请都拆开")
		return
	}
	for _, m := range merged {
		_, first, err := excelize.CellNameToCoordinates(m.GetStartAxis())
		_, last, err2 := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err == nil && err2 == nil {
			t.Merged = append(t.Merged, Merged{first, last, m.GetStartAxis() + ":" + m.GetEndAxis()})
		}
	}
	if len(t.Rows) > 0 {
		r.tables = append(r.tables, t)
	}
}
