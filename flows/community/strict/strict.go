// Package strict reads the YAML files that people of a community write by hand:
// the directory, the duty list, the holidays, the configuration. It forgives
// nothing and stops at nothing: every key must be known, every value must be of
// its kind, and all mistakes are told at once, each with its file and line, in
// words a committee worker understands.
//
// It knows nothing of communities; what a value means is checked by those who
// read it. It must not guess: where it has an idea what was meant, it says so and
// the person decides.
package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxSize is the longest file that is read, in bytes.
const MaxSize = 4 << 20

// Mistake is something that must be put right, or a warning of the same form.
// Line is 0 where it concerns the whole file.
type Mistake struct {
	File string
	Line int
	Text string
}

func (m Mistake) String() string {
	if m.Line == 0 {
		return m.File + ": " + m.Text
	}
	return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Text)
}

// Mistakes is all that is wrong with what was read, as one error.
type Mistakes []Mistake

// Error gives one mistake a line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, x := range m {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

// Sorted gives the mistakes file by file in the order of lines, each once. The
// files keep the order in which they first occur.
func (m Mistakes) Sorted() Mistakes {
	var files []string
	for _, x := range m {
		if !slices.Contains(files, x.File) {
			files = append(files, x.File)
		}
	}
	out := slices.Clone(m)
	slices.SortStableFunc(out, func(a, b Mistake) int {
		if a.File != b.File {
			return slices.Index(files, a.File) - slices.Index(files, b.File)
		}
		return a.Line - b.Line
	})
	return slices.Compact(out)
}

// Where says where a mapping stands in its file. A struct that has a field of
// this type gets it filled. Of a value that is written as one plain text
// instead, Has("") is true.
type Where struct {
	File string
	Line int
	keys map[string]int
}

// Of gives the line of a key, or of the mapping where the key is not written.
func (w Where) Of(key string) int {
	if n, ok := w.keys[key]; ok {
		return n
	}
	return w.Line
}

// Has says whether a key is written.
func (w Where) Has(key string) bool { _, ok := w.keys[key]; return ok }

// Page is one file that is being read. Mistakes grows while it is.
type Page struct {
	File     string
	Root     *yaml.Node // nil if the file is empty or no YAML
	Mistakes Mistakes
}

// Open parses a file. A page that cannot be parsed has its mistake already, and
// Decode leaves its target as it was.
func Open(file string, data []byte) *Page {
	p := &Page{File: file}
	if len(data) > MaxSize {
		p.Mistake(0, "文件太大，超过了4兆")
		return p
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && len(doc.Content) == 0:
		p.Mistake(0, "文件是空的")
		return p
	case err != nil:
		line, text := syntax(err)
		p.Mistake(line, "这一行附近写法不对（常见原因：缩进、冒号后少空格、引号没配对）：%s", text)
		return p
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		p.Mistake(more.Line, "一个文件里只能写一份，去掉“---”和它后面的内容")
	}
	p.Root = doc.Content[0]
	return p
}

var lineOf = regexp.MustCompile(`^line (\d+): `)

func syntax(err error) (int, string) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := lineOf.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n, text[len(m[0]):]
	}
	return 0, text
}

// Mistake notes a mistake at a line.
func (p *Page) Mistake(line int, format string, args ...any) {
	p.Mistakes = append(p.Mistakes, Mistake{p.File, line, fmt.Sprintf(format, args...)})
}

// Expand replaces every plain value by what f makes of it; an error is noted as
// a mistake at its line. Keys and comments are left alone, and nothing that f
// gives can change the shape of the file.
func (p *Page) Expand(f func(string) (string, error)) {
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		switch n.Kind {
		case yaml.ScalarNode:
			v, err := f(n.Value)
			if err != nil {
				p.Mistake(n.Line, "%s", err)
			}
			n.Value = v
		case yaml.MappingNode:
			for i := 1; i < len(n.Content); i += 2 {
				walk(n.Content[i])
			}
		case yaml.SequenceNode:
			for _, c := range n.Content {
				walk(c)
			}
		}
	}
	if p.Root != nil {
		walk(p.Root)
	}
}
