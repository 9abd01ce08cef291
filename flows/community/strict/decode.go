package strict

import (
	"encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decode fills a struct (into is a pointer to one) from the page. Keys are the
// yaml tags of its fields. What the file does not mention stays as it was, so
// that defaults can be set before.
func (p *Page) Decode(into any) {
	if p.Root != nil {
		p.DecodeNode(p.Root, into)
	}
}

// DecodeNode is Decode for a part of the page that was kept as *yaml.Node.
func (p *Page) DecodeNode(n *yaml.Node, into any) { p.decode(n, reflect.ValueOf(into).Elem(), "") }

var (
	whereType = reflect.TypeFor[Where]()
	nodeType  = reflect.TypeFor[*yaml.Node]()
	textType  = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// decode reads a node into a settable value; name is the key it stands under.
func (p *Page) decode(n *yaml.Node, v reflect.Value, name string) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		p.Mistake(n.Line, "不能用 & 和 * 引用，请把内容写全")
		return
	}
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(n))
		return
	}
	if n.Kind == yaml.ScalarNode {
		if n.Tag == "!!null" {
			return // "key:" with nothing behind it is the same as no key
		}
		if v.Addr().Type().Implements(textType) {
			if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(strings.TrimSpace(n.Value))); err != nil {
				p.Mistake(n.Line, "%s：%s", label(name), err)
			}
			if v.Kind() == reflect.Struct {
				for i := range v.NumField() {
					if v.Field(i).Type() == whereType {
						v.Field(i).Set(reflect.ValueOf(Where{File: p.File, Line: n.Line, keys: map[string]int{"": n.Line}}))
					}
				}
			}
			return
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		p.mapping(n, v, name)
	case reflect.Slice:
		p.list(n, v, name)
	case reflect.Map:
		p.table(n, v, name)
	default:
		p.scalar(n, v, name)
	}
}

func (p *Page) mapping(n *yaml.Node, v reflect.Value, name string) {
	if n.Kind != yaml.MappingNode {
		p.Mistake(n.Line, "%s要写成“键: 值”的样子", label(name))
		return
	}
	fields := map[string]int{}
	var known []string
	where := -1
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Type == whereType {
			where = i
			continue
		}
		if key, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); key != "" && key != "-" {
			fields[key] = i
			known = append(known, key)
		}
	}
	w := Where{File: p.File, Line: n.Line, keys: map[string]int{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, val := n.Content[i], n.Content[i+1]
		f, ok := fields[k.Value]
		switch {
		case w.Has(k.Value):
			p.Mistake(k.Line, "“%s”写了两遍（第%d行已经有了）", k.Value, w.keys[k.Value])
			continue
		case !ok:
			p.unknown(k, known)
			continue
		}
		w.keys[k.Value] = k.Line
		p.decode(val, v.Field(f), k.Value)
	}
	if where >= 0 {
		v.Field(where).Set(reflect.ValueOf(w))
	}
}

func (p *Page) unknown(k *yaml.Node, known []string) {
	if guess := Guess(k.Value, known); guess != "" {
		p.Mistake(k.Line, "不认识“%s”，是不是“%s”？", k.Value, guess)
		return
	}
	slices.Sort(known)
	p.Mistake(k.Line, "不认识“%s”，这里可以写：%s", k.Value, strings.Join(known, "、"))
}

func (p *Page) list(n *yaml.Node, v reflect.Value, name string) {
	items := n.Content
	switch {
	case n.Kind == yaml.ScalarNode && (v.Type().Elem().Kind() != reflect.Struct || reflect.PointerTo(v.Type().Elem()).Implements(textType)):
		items = []*yaml.Node{n} // one alone need not be put in brackets
	case n.Kind != yaml.SequenceNode:
		p.Mistake(n.Line, "%s要写成清单：每条前面一个“- ”，或放在 [ ] 里用逗号隔开", label(name))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if item.Kind == yaml.ScalarNode && item.Tag == "!!null" {
			p.Mistake(item.Line, "%s里有一条是空的", label(name))
			continue
		}
		p.decode(item, out.Index(i), name)
	}
	v.Set(out)
}

func (p *Page) table(n *yaml.Node, v reflect.Value, name string) {
	if n.Kind != yaml.MappingNode {
		p.Mistake(n.Line, "%s要写成“键: 值”的样子", label(name))
		return
	}
	out := reflect.MakeMap(v.Type())
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		p.decode(n.Content[i], key, name)
		p.decode(n.Content[i+1], val, name)
		if out.MapIndex(key).IsValid() {
			p.Mistake(n.Content[i].Line, "“%s”写了两遍", n.Content[i].Value)
		}
		out.SetMapIndex(key, val)
	}
	v.Set(out)
}

func (p *Page) scalar(n *yaml.Node, v reflect.Value, name string) {
	if n.Kind != yaml.ScalarNode {
		p.Mistake(n.Line, "%s只能写一个值", label(name))
		return
	}
	text := strings.TrimSpace(n.Value)
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			p.Mistake(n.Line, "%s只能写 true（是）或 false（否），写的是“%s”", label(name), text)
			return
		}
		v.SetBool(text == "true")
	case reflect.Int:
		i, err := strconv.Atoi(text)
		if err != nil {
			p.Mistake(n.Line, "%s要写整数，写的是“%s”", label(name), text)
			return
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f != f {
			p.Mistake(n.Line, "%s要写数字，写的是“%s”", label(name), text)
			return
		}
		v.SetFloat(f)
	default:
		panic("strict: a field of kind " + v.Kind().String())
	}
}

func label(name string) string {
	if name == "" {
		return "这里"
	}
	return "“" + name + "”"
}

// Guess gives the known word that was probably meant, or "".
func Guess(word string, known []string) string {
	best, dist := "", len([]rune(word))/3+1
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d <= dist && (best == "" || d < dist) {
			best, dist = k, d
		}
	}
	return best
}

// distance counts the changes of one letter that lead from a to b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(y)]
}
