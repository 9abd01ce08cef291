package community

import (
	"embed"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"linli/flows"
	"linli/flows/community/strict"
)

//go:embed holidays/*.yaml
var holidays embed.FS

// builtin gives the years that were known when the program was built.
func builtin() []source {
	var out []source
	files, _ := holidays.ReadDir("holidays")
	for _, f := range files {
		name := path.Join("holidays", f.Name())
		data, err := holidays.ReadFile(name)
		if err != nil {
			panic(err) // it is part of the program
		}
		out = append(out, source{name, data})
	}
	return out
}

// yearFiles reads the files of a folder in the order of their names. A folder
// that is not there is no mistake unless somebody named it.
func yearFiles(folder string, must bool) ([]source, error) {
	if _, err := os.ReadDir(folder); err != nil {
		if os.IsNotExist(err) && !must {
			return nil, nil
		}
		return nil, fmt.Errorf("holidays: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("holidays: %w", err)
	}
	var out []source
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("holidays: %w", err)
		}
		out = append(out, source{name, data})
	}
	return out, nil
}

// calendar sets the working hours and the years; a later file of a year
// replaces an earlier one, so that a built-in year can be put right.
func (b *builder) calendar(files []source) {
	c := flows.Calendar{Zone: b.s.Zone, Years: map[int]flows.Year{}}
	for _, h := range b.dir.Hours {
		c.Hours = append(c.Hours, flows.Hours(h))
	}
	if len(c.Hours) == 0 {
		b.wrong(b.dir.Of("hours"), "上班时间（hours）不能空着")
		c.Hours = defaultHours
	}
	for i := 1; i < len(c.Hours); i++ {
		if c.Hours[i].From < c.Hours[i-1].To {
			b.wrong(b.dir.Of("hours"), "上班时间要按先后写，不能重叠")
		}
	}
	for _, f := range files {
		year, y, wrong := parseYear(f)
		b.others = append(b.others, wrong...)
		if len(wrong) == 0 {
			c.Years[year] = y
		}
	}
	b.s.Calendar = c
}

var yearName = regexp.MustCompile(`(\d{4})\.yaml$`)

func parseYear(f source) (int, flows.Year, Mistakes) {
	page := strict.Open(f.name, f.data)
	var file holidayFile
	page.Decode(&file)
	if page.Root == nil {
		return 0, flows.Year{}, page.Mistakes
	}
	if m := yearName.FindStringSubmatch(filepath.ToSlash(f.name)); file.Year < 2000 || file.Year > 2200 {
		page.Mistake(file.Of("year"), "要写明是哪一年（year: 2026）")
	} else if m != nil && m[1] != fmt.Sprint(file.Year) {
		page.Mistake(file.Of("year"), "文件名是%s年，里面写的是%d年", m[1], file.Year)
	}
	y := flows.Year{Source: file.Source}
	day := func(h holiday, key, text string) (time.Time, bool) {
		t, err := time.Parse("2006-01-02", fmt.Sprintf("%04d-%s", file.Year, text))
		if err != nil {
			page.Mistake(h.Of(key), "%s：日期要写成 10-01 的样子，写的是“%s”", h.Name, text)
		}
		return t, err == nil
	}
	for _, h := range file.Holidays {
		if h.To == "" {
			h.To = h.From
		}
		from, ok := day(h, "from", h.From)
		to, ok2 := day(h, "to", h.To)
		if ok && ok2 && to.Before(from) {
			page.Mistake(h.Of("to"), "%s：放假的最后一天早于第一天", h.Name)
		}
		for ; ok && ok2 && !to.Before(from); from = from.AddDate(0, 0, 1) {
			if d := from.Format("01-02"); slices.Contains(y.Off, d) {
				page.Mistake(h.Line, "%s写了两遍", d)
			} else {
				y.Off = append(y.Off, d)
			}
		}
		for _, w := range h.Work {
			t, ok := day(h, "work", w)
			if ok && t.Weekday() != time.Saturday && t.Weekday() != time.Sunday {
				page.Mistake(h.Of("work"), "%s：调休上班的%s不是周末", h.Name, w)
			}
			y.Work = append(y.Work, w)
		}
	}
	for _, h := range file.Holidays {
		for _, w := range h.Work {
			if slices.Contains(y.Off, w) {
				page.Mistake(h.Of("work"), "%s既写了放假又写了上班", w)
			}
		}
	}
	return file.Year, y, page.Mistakes
}
