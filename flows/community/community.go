// Package community reads the directory of a community (社区档案): who lives and
// works where, who is on duty, which groups there are, what the community's own
// numbers are. One YAML file, together with the duty list and the holidays,
// becomes one immutable [flows.Settings].
//
// Another version is made by changing the file, or by laying tables over what is
// in force ([File.Import]); [Differences] says in words what would change. Which
// version is in force, and who said so, is kept by others.
//
// All mistakes are told at once, with file and line, in Chinese, because the
// person who put the file together is a committee worker. A directory with a
// mistake is not used at all: a danger that finds no duty person, or a demand
// that finds no owner, is worse than a start that is refused.
//
// The package must not hold residents: people with a post belong in the
// directory, everybody else speaks for themself in a chat. The household register
// (户册) holds doors, areas and codes of owners, nobody's name. Only an invented
// community (example: true) may bring a cast.
package community

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
	_ "time/tzdata" // a small server or a container may have no zones of its own

	"linli/flows"
	"linli/flows/community/strict"
)

type (
	// Mistake is one mistake, or one warning, at a line of a file.
	Mistake = strict.Mistake
	// Mistakes are all that is wrong, as one error.
	Mistakes = strict.Mistakes
)

// File is a directory that was read without a mistake.
type File struct {
	Settings *flows.Settings
	Cast     []Member
	Warnings []Mistake // what works but is probably not meant

	text  []byte
	dir   directory
	build func(name string, text []byte) *builder // of another text, with the same duty list and holidays
}

// Text is the YAML the directory was read from.
func (f *File) Text() []byte { return slices.Clone(f.text) }

// Like reads another text as if it stood where this file stands, with the same
// duty list and the same holidays; name is what its mistakes call it.
func (f *File) Like(name string, text []byte) (*File, error) {
	return f.build(name, text).file(text, f.build)
}

// Member is a resident of an invented community, for its dialogues.
type Member struct {
	ID      string
	Name    string
	Age     int
	Home    flows.Place
	Consent bool     // agreed that Linli reads and files what they say
	Groups  []string // ids of the groups they are in
	Lang    string
}

//go:embed example.yaml
var example []byte

// Example gives the directory of an invented community of three grids.
func Example() []byte { return slices.Clone(example) }

// Read reads a directory file, the duty list (the bytes of its file) and the
// holidays: those that are built in, and those in the folder "holidays" beside
// the file or under its key holidays. The error is of type [Mistakes] unless a
// file cannot be read at all.
func Read(path string, duty []byte) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("community file: %w", err)
	}
	return ReadText(path, data, duty)
}

// ReadText is Read for another text that is to be read as if it stood in the
// file, with the holidays beside it.
func ReadText(path string, data, duty []byte) (*File, error) {
	return read(path, data, duty, func(named string) ([]source, error) {
		folder := filepath.Join(filepath.Dir(path), "holidays")
		if named != "" {
			folder = named
			if !filepath.IsAbs(folder) {
				folder = filepath.Join(filepath.Dir(path), folder)
			}
		}
		return yearFiles(folder, named != "")
	})
}

// Parse is Read for a file that is already in memory; name is what mistakes
// call it. Only the holidays that are built in are known.
func Parse(name string, data, duty []byte) (*File, error) {
	return read(name, data, duty, func(string) ([]source, error) { return nil, nil })
}

// source is a file that was read.
type source struct {
	name string
	data []byte
}

// dutyName is what mistakes call the duty list.
const dutyName = "dutylist.yaml"

// builder turns what is written into settings.
type builder struct {
	page     *strict.Page // the directory
	others   Mistakes     // of the other files
	warnings Mistakes
	dir      directory
	s        *flows.Settings
	cast     []Member
	persons  map[string]person
	items    []item
}

func read(name string, data, duty []byte, years func(folder string) ([]source, error)) (*File, error) {
	again := func(name string, text []byte) *builder { return build(name, text, duty, years) }
	return again(name, data).file(data, again)
}

// file gives what was built, or all that is wrong with it.
func (b *builder) file(text []byte, again func(string, []byte) *builder) (*File, error) {
	if wrong := append(b.page.Mistakes, b.others...); len(wrong) > 0 {
		return nil, wrong.Sorted()
	}
	return &File{Settings: b.s, Cast: b.cast, Warnings: b.warnings.Sorted(), text: slices.Clone(text), dir: b.dir, build: again}, nil
}

func build(name string, data, duty []byte, years func(folder string) ([]source, error)) *builder {
	b := &builder{page: strict.Open(name, data), dir: defaults(), persons: map[string]person{}}
	b.page.Decode(&b.dir)

	files, err := years(b.dir.Holidays)
	if err != nil {
		b.page.Mistake(b.dir.Of("holidays"), "放假安排的文件夹“%s”读不到", b.dir.Holidays)
	}
	hash := sha256.New()
	for _, part := range append([]source{{name, data}, {dutyName, duty}, {pollsName, pollsText}, {hearingsName, hearingsText}, {activitiesName, activitiesText}, {roundsName, roundsText}, {partnersName, partnersText}}, append(builtin(), files...)...) {
		fmt.Fprintf(hash, "%d\n", len(part.data))
		hash.Write(part.data)
	}

	b.s = &flows.Settings{Version: hex.EncodeToString(hash.Sum(nil))[:12]}
	if b.page.Root != nil {
		b.general()
		b.calendar(append(builtin(), files...))
		b.numbers()
		b.duties(duty)
		b.bodies()
		b.people()
		b.places()
		b.rooms()
		b.partners()
		b.posts()
		b.reviewers()
		b.polls()
		b.hearings()
		b.activities()
		b.rounds()
		b.rolls()
		b.spellings()
		b.groups()
		b.roster()
		b.owners()
		b.invented()
	}
	return b
}

// wrong notes a mistake in the directory.
func (b *builder) wrong(line int, format string, args ...any) { b.page.Mistake(line, format, args...) }

// warn notes something in the directory that is probably not meant.
func (b *builder) warn(line int, format string, args ...any) {
	b.warnings = append(b.warnings, Mistake{File: b.page.File, Line: line, Text: fmt.Sprintf(format, args...)})
}

// WarningsAt gives the warnings as of a day: those of the file, and the years
// that will soon be needed and whose holidays nobody has entered yet. The next
// year counts from November, when its holidays are announced and promises
// begin to reach into it.
func (f *File) WarningsAt(now time.Time) []Mistake {
	out := slices.Clone(f.Warnings)
	now = now.In(f.Settings.Zone)
	need := []int{now.Year()}
	if now.Month() >= time.November {
		need = append(need, now.Year()+1)
	}
	for _, y := range need {
		if _, ok := f.Settings.Calendar.Years[y]; !ok {
			out = append(out, Mistake{File: fmt.Sprintf("holidays/%d.yaml", y), Text: fmt.Sprintf(
				"还没有%d年的放假安排：这一年的节假日和调休都按平常的周一到周五算，时限会不准。放假通知出来后，在社区文件旁边的 holidays 文件夹里加一个 %d.yaml", y, y)})
		}
	}
	return out
}

// Years gives the years whose holidays are known, in order.
func (f *File) Years() []int { return slices.Sorted(maps.Keys(f.Settings.Calendar.Years)) }
