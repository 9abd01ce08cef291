// Package linli_test keeps the rooms of the house apart: it holds the table of
// who may import whom, and nothing else.
package linli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// room is a row of the table. Names are relative to the module; "*" stands for
// one part of a path. A package belongs to the first room that matches it.
type room struct {
	name  string
	may   []string // imports of ours
	tests []string // imports of ours that its tests may have besides; "*" any but cmd
}

// The table. Imports point one way: cmd → channels → bot → storage → flows, and
// bot → prompts → flows. Flows import nothing of ours. A flow and a store are
// named only where they are wired, and in tests.
var table = []room{
	{name: "cmd/*", may: []string{"*"}, tests: []string{"*"}},

	// for tests, or for plays in tests and in the demo
	{name: "bot/bottest/wake"},
	{name: "bot/bottest", may: []string{"bot", "bot/bottest/wake", "bot/dialogue", "flows", "flows/community", "flows/flowstest", "prompts", "prompts/local", "storage", "storage/bolt"}},
	{name: "bot/dialogue", may: []string{"bot", "flows", "prompts", "storage"}, tests: []string{"bot/bottest", "flows/*", "prompts/local", "storage/bolt"}},
	{name: "bot/telegram/fake", may: []string{"bot/bottest/wake"}},
	{name: "bot/official/fake", may: []string{"bot/bottest/wake", "bot/weixin"}},
	{name: "bot/kefu/fake", may: []string{"bot/bottest/wake", "bot/weixin"}, tests: []string{"bot/bottest"}},
	{name: "storage/storagetest", may: []string{"storage", "flows"}},
	{name: "flows/flowstest", may: []string{"flows", "flows/community"}, tests: []string{"flows/*"}},

	{name: "bot", may: []string{"bot/chart", "bot/photo", "flows", "prompts", "storage"}, tests: []string{"*"}},
	{name: "bot/chart", may: []string{"flows"}},
	{name: "bot/desk", may: []string{"bot", "bot/chart", "bot/pages/frame", "flows", "flows/activity", "flows/hearing", "flows/menu", "flows/poll", "flows/purchase", "flows/round", "prompts", "storage"}, tests: []string{"*"}},
	{name: "bot/pages", may: []string{"bot", "bot/chart", "bot/pages/frame", "flows", "flows/activity", "flows/hearing", "flows/poll", "storage"}, tests: []string{"*"}},
	{name: "bot/pages/frame", may: []string{"flows"}},
	{name: "bot/archive", may: []string{"flows", "flows/poll", "storage"}, tests: []string{"storage/bolt"}},
	{name: "bot/turns"},
	{name: "bot/photo"},
	{name: "bot/weixin", may: []string{"bot"}, tests: []string{"bot/bottest"}},
	{name: "bot/official", may: []string{"bot", "bot/turns", "bot/weixin", "flows"}, tests: []string{"bot/bottest", "bot/dialogue", "bot/*/fake", "flows/*", "prompts", "prompts/local", "storage", "storage/bolt"}},
	{name: "bot/kefu", may: []string{"bot", "bot/turns", "bot/weixin", "flows"}, tests: []string{"bot/bottest", "bot/dialogue", "bot/*/fake", "flows/*", "prompts", "prompts/local", "storage", "storage/bolt"}},
	{name: "bot/*", may: []string{"bot", "bot/photo", "bot/turns", "flows"}, tests: []string{"bot/bottest", "bot/dialogue", "bot/*/fake", "flows/*", "prompts", "prompts/local", "storage", "storage/bolt"}},

	{name: "storage", may: []string{"flows"}, tests: []string{"storage/bolt"}},
	{name: "storage/*", may: []string{"storage", "flows"}, tests: []string{"storage/storagetest"}},

	{name: "prompts", may: []string{"flows"}},
	{name: "prompts/model", may: []string{"prompts", "flows"}, tests: []string{"prompts/model/fake"}},
	{name: "prompts/model/fake"},
	{name: "prompts/*", may: []string{"prompts", "flows"}, tests: []string{"flows/community", "flows/demand", "flows/flowstest"}},

	{name: "flows"},
	{name: "flows/community", may: []string{"flows", "flows/community/strict", "flows/community/table"}, tests: []string{"flows/demand"}},
	{name: "flows/community/strict"},
	{name: "flows/community/table", may: []string{"flows/community/strict"}},
	{name: "flows/*", may: []string{"flows"}, tests: []string{"flows/*", "bot/bottest", "bot/dialogue", "prompts", "prompts/local", "storage", "storage/bolt"}},
}

// wired may be imported only by cmd and by what is for tests.
var wired = []string{"storage/bolt", "flows/demand", "flows/dispatch", "flows/room"}

// forTests may be imported only by tests, and by each other.
var forTests = []string{"bot/bottest", "bot/bottest/wake", "flows/flowstest", "storage/storagetest", "bot/telegram/fake", "bot/official/fake", "bot/kefu/fake", "prompts/model/fake"}

// outside says where the things of others may be imported, those of the
// standard library among them. What is not named here may be anywhere.
var outside = []struct {
	path string
	only []string
	why  string
}{
	{"github.com/silenceper/wechat/v2", nil, "its root pulls in every cache and every platform; import its folders"},
	{"github.com/silenceper/wechat/v2/...", []string{"bot/weixin", "bot/official", "bot/kefu"}, "a platform stays in its channels"},
	{"github.com/go-telegram/bot", []string{"bot/telegram"}, "a platform stays in its channel"},
	{"github.com/xuri/excelize/v2", []string{"flows/community/table"}, "a file format stays where it is read"},
	{"github.com/arran4/golang-ical", []string{"bot/pages"}, "a file format stays where it is written"},
	{"github.com/sashabaranov/go-openai", []string{"prompts/model"}, "a language model is asked in one place"},
	{"rsc.io/qr", []string{"bot/pages"}, "what is printed stays where it is printed"},
	{"go.etcd.io/bbolt", []string{"storage/bolt", "bot/webchat"}, "a file format stays in its store"},
	{"testing", []string{"bot/bottest", "flows/flowstest", "storage/storagetest"}, "a program does not carry its tests"},
	{"os", []string{"cmd/*", "bot", "bot/*", "bot/telegram/fake", "storage/*", "flows/community", "flows/flowstest", "prompts/local"}, "rules and vocabularies touch no files"},
	{"net/http", []string{"cmd/*", "bot", "bot/*", "bot/pages/frame", "bot/telegram/fake", "bot/official/fake", "bot/kefu/fake", "prompts/model", "prompts/model/fake"}, "rules, stores and readers have no network"},
	{"net", []string{"cmd/*", "bot/*", "bot/pages/frame", "bot/telegram/fake", "bot/official/fake", "bot/kefu/fake"}, "rules, stores and readers have no network"},
	{"math/rand", nil, "a replay must do the same"},
	{"math/rand/v2", []string{"bot/*", "prompts/model"}, "a replay must do the same; only who speaks to a server may spread its tries"},
}

// listed is what go list says of a package.
type listed struct {
	ImportPath   string
	Module       struct{ Path string }
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) (module string, out []listed) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := exec.Command("go", "list", "-json=ImportPath,Module,Imports,TestImports,XTestImports", "./...")
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	for d := json.NewDecoder(&stdout); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return module, out
		} else if err != nil {
			t.Fatal(err)
		}
		module = p.Module.Path
		out = append(out, p)
	}
}

func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if p == "*" {
			return name != "cmd" && !strings.HasPrefix(name, "cmd/")
		}
		ok, err := path.Match(p, name)
		return ok && err == nil
	})
}

// covers says that a path of the table outside means an import; with "/..." at its end it
// means all folders below.
func covers(path, imp string) bool {
	below, ok := strings.CutSuffix(path, "...")
	return imp == path || ok && strings.HasPrefix(imp, below)
}

func TestImports(t *testing.T) {
	module, all := packages(t)
	if len(all) < 10 {
		t.Fatalf("go list knows only %d packages", len(all))
	}
	for _, p := range all {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if name == "" {
			if len(p.Imports) > 0 {
				t.Errorf("the root of the module holds no code")
			}
			continue
		}
		i := slices.IndexFunc(table, func(r room) bool { return matches([]string{r.name}, name) })
		if i < 0 {
			t.Errorf("%s has no room in the table", name)
			continue
		}
		r := table[i]
		cmd, support := strings.HasPrefix(name, "cmd/"), matches(forTests, name)
		for _, imp := range p.Imports {
			if ours, ok := strings.CutPrefix(imp, module+"/"); ok {
				switch {
				case !matches(r.may, ours):
					t.Errorf("%s must not import %s; it may import %v", name, ours, r.may)
				case matches(wired, ours) && !cmd && !support:
					t.Errorf("%s must not import %s: only cmd and tests name a flow or a store", name, ours)
				case matches(forTests, ours) && !support:
					t.Errorf("%s must not import %s, which is for tests", name, ours)
				}
			}
			for _, o := range outside {
				if covers(o.path, imp) && !matches(o.only, name) {
					t.Errorf("%s must not import %s: %s", name, imp, o.why)
				}
			}
		}
		for _, imp := range append(p.TestImports, p.XTestImports...) {
			if ours, ok := strings.CutPrefix(imp, module+"/"); ok && ours != name && !matches(r.may, ours) && !matches(r.tests, ours) {
				t.Errorf("tests of %s must not import %s", name, ours)
			}
			if imp == outside[0].path {
				t.Errorf("tests of %s must not import %s: %s", name, imp, outside[0].why)
			}
		}
	}
}

// A row that nothing matches is a row nobody looks after.
func TestTableHasNoEmptyRooms(t *testing.T) {
	module, all := packages(t)
	for _, r := range table {
		if !slices.ContainsFunc(all, func(p listed) bool {
			return matches([]string{r.name}, strings.TrimPrefix(p.ImportPath, module+"/"))
		}) {
			t.Errorf("no package is in the room %s", r.name)
		}
	}
}
