package strict

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

type pair struct{ A, B string }

func (p *pair) UnmarshalText(b []byte) error {
	a, c, ok := strings.Cut(string(b), "/")
	if !ok {
		return errors.New("要写成 a/b")
	}
	*p = pair{a, c}
	return nil
}

type inner struct {
	Where
	Name string `yaml:"name"`
}

type outer struct {
	Where
	Text  string         `yaml:"text"`
	Yes   bool           `yaml:"yes"`
	Count int            `yaml:"count"`
	Share float64        `yaml:"share"`
	Pair  pair           `yaml:"pair"`
	List  []string       `yaml:"list"`
	Deep  []inner        `yaml:"deep"`
	Map   map[int]string `yaml:"map"`
	Raw   *yaml.Node     `yaml:"raw"`
	Own   string         // no tag: not for the file
}

func TestDecode(t *testing.T) {
	got := outer{Text: "as it was", Count: 7}
	p := Open("f.yaml", []byte(`# a comment
count:
yes: true
share: 0.5
pair: x/y
list: alone
deep:
  - name: "007"
  - {name: 3号楼}
map: {1: one, 2: two}
raw: [1, 2]
`))
	p.Decode(&got)
	if len(p.Mistakes) > 0 {
		t.Fatal(p.Mistakes)
	}
	want := outer{Text: "as it was", Count: 7, Yes: true, Share: .5, Pair: pair{"x", "y"}, List: []string{"alone"}, Map: map[int]string{1: "one", 2: "two"}}
	got2 := got
	got2.Where, got2.Deep, got2.Raw = Where{}, nil, nil
	if d := cmp.Diff(want, got2, cmp.AllowUnexported(Where{})); d != "" {
		t.Error(d)
	}
	if got.Deep[0].Name != "007" || got.Deep[1].Name != "3号楼" {
		t.Error("texts that look like numbers:", got.Deep)
	}
	if got.Line != 2 || got.Of("pair") != 5 || got.Of("text") != 2 || got.Has("text") || !got.Has("count") || got.Deep[1].Line != 9 {
		t.Errorf("lines: %+v, %+v", got.Where, got.Deep)
	}
	var nums []int
	p.DecodeNode(got.Raw, &nums)
	if d := cmp.Diff([]int{1, 2}, nums); d != "" {
		t.Error(d)
	}
}

func TestMistakesAreAllTold(t *testing.T) {
	var got outer
	p := Open("f.yaml", []byte(`text: [a]
yes: ja
count: 1.5
share: NaN
pair: xy
list: {a: b}
deep: [word]
map: {eins: one}
txet: wrong letter order
Share: .1
Own: x
count: 2
`))
	p.Decode(&got)
	want := `f.yaml:1: “text”只能写一个值
f.yaml:2: “yes”只能写 true（是）或 false（否），写的是“ja”
f.yaml:3: “count”要写整数，写的是“1.5”
f.yaml:4: “share”要写数字，写的是“NaN”
f.yaml:5: “pair”：要写成 a/b
f.yaml:6: “list”要写成清单：每条前面一个“- ”，或放在 [ ] 里用逗号隔开
f.yaml:7: “deep”要写成“键: 值”的样子
f.yaml:8: “map”要写整数，写的是“eins”
f.yaml:9: 不认识“txet”，是不是“text”？
f.yaml:10: 不认识“Share”，是不是“share”？
f.yaml:11: 不认识“Own”，这里可以写：count、deep、list、map、pair、raw、share、text、yes
f.yaml:12: “count”写了两遍（第3行已经有了）`
	if d := cmp.Diff(want, p.Mistakes.Error()); d != "" {
		t.Error(d)
	}
}

func TestOpen(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"empty":     {"", "f: 文件是空的"},
		"tab":       {"a:\n\tb: 1", "f:2: 这一行附近写法不对"},
		"two":       {"a: 1\n---\nb: 2\n", "f:2: 一个文件里只能写一份"},
		"too large": {strings.Repeat("#", MaxSize+1), "f: 文件太大"},
	} {
		if p := Open("f", []byte(c.data)); !strings.HasPrefix(p.Mistakes.Error(), c.want) {
			t.Errorf("%s: %s", name, p.Mistakes)
		}
	}
}

func TestExpand(t *testing.T) {
	p := Open("f", []byte("text: $A\nlist:\n  - $B\n  - $NONE\n# $NONE\n"))
	p.Expand(func(s string) (string, error) {
		switch s {
		case "$A":
			return "x: [1]\nyes: true", nil // stays a text
		case "$B":
			return "b", nil
		case "$NONE":
			return "", errors.New("没有")
		}
		return s, nil
	})
	var got outer
	p.Decode(&got)
	if got.Text != "x: [1]\nyes: true" || got.Yes || cmp.Diff([]string{"b", ""}, got.List) != "" {
		t.Errorf("%+v", got)
	}
	if p.Mistakes.Error() != "f:4: 没有" {
		t.Error(p.Mistakes)
	}
}

func TestSorted(t *testing.T) {
	m := Mistakes{{"b", 2, "x"}, {"a", 9, "y"}, {"b", 1, "z"}, {"a", 9, "y"}}
	if d := cmp.Diff("b:1: z\nb:2: x\na:9: y", m.Sorted().Error()); d != "" {
		t.Error(d)
	}
}

func TestGuess(t *testing.T) {
	known := []string{"buildings", "bodies", "to", "grid"}
	for word, want := range map[string]string{"buildngs": "buildings", "Grids": "grid", "colour": "", "x": "", "tos": "to"} {
		if got := Guess(word, known); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
