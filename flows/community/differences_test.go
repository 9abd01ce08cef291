package community

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/flows"
)

// full is a directory in which every field of the settings says something.
func full(t testing.TB) *flows.Settings {
	t.Helper()
	text := string(Example())
	for _, pair := range [][2]string{
		{"posts: [staff]}", "posts: [staff], addresses: [telegram:7], home: 3-1-201, leave: [{from: 2026-12-01, to: 2026-12-03, by: zheng}]}"},
		{"{id: b3, name: 3号楼群, building: 3}", "{id: b3, name: 3号楼群, other: ᠪ, building: 3, addresses: [telegram:-8]}"},
		{"hearings: {}", "hearings: {publish: {waive: [secretary, head]}, dissent: {waive: [head, staff]}}"},
		{"{person: sun, stand_ins: [qian]}", `{person: sun, stand_ins: [qian], days: [周一], from: "8:00", to: "9:00"}`},
	} {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the example does not contain %q", pair[0])
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	f, err := Parse("x.yaml", []byte(text), shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	return f.Settings
}

// cloned is a copy that shares nothing that can be changed.
func cloned(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(cloned(v.Field(i)))
		}
	case v.Kind() == reflect.Slice && !v.IsNil():
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(cloned(v.Index(i)))
		}
	case v.Kind() == reflect.Map && !v.IsNil():
		out.Set(reflect.MakeMap(v.Type()))
		for _, k := range v.MapKeys() {
			out.SetMapIndex(k, cloned(v.MapIndex(k)))
		}
	}
	return out
}

// Every field of the settings is compared: changed one by one, each is told.
func TestDifferencesForgetNoField(t *testing.T) {
	n, from := 0, full(t)
	// walk calls try for every leaf under v, which is a path into the settings
	// that get gives for any copy of them.
	var walk func(path string, typ reflect.Type, get func(reflect.Value) []reflect.Value)
	try := func(path string, get func(reflect.Value) []reflect.Value, change func(reflect.Value) bool) {
		t.Helper()
		to := cloned(reflect.ValueOf(*from)).Interface().(flows.Settings)
		done := false
		for _, v := range get(reflect.ValueOf(&to).Elem()) {
			if change(v) {
				done = true
				break
			}
		}
		n++
		switch {
		case !done && strings.HasSuffix(path, "(order)"): // one alone has no order
		case !done:
			t.Errorf("%s: the example says nothing of it, so nothing is tried", path)
		case len(Differences(from, &to)) == 0:
			t.Errorf("%s changed, and no difference is told", path)
		}
	}
	walk = func(path string, typ reflect.Type, get func(reflect.Value) []reflect.Value) {
		switch {
		case typ == reflect.TypeFor[time.Time]():
			try(path, get, func(v reflect.Value) bool {
				if v.Interface().(time.Time).IsZero() {
					return false
				}
				v.Set(reflect.ValueOf(v.Interface().(time.Time).AddDate(0, 0, 1)))
				return true
			})
			return
		case typ == reflect.TypeFor[*time.Location]():
			try(path, get, func(v reflect.Value) bool { v.Set(reflect.ValueOf(time.FixedZone("elsewhere", 60))); return true })
			return
		}
		switch typ.Kind() {
		case reflect.Struct:
			for i := range typ.NumField() {
				f := typ.Field(i)
				if path == "" && f.Name == "Version" {
					continue
				}
				walk(path+"."+f.Name, f.Type, func(root reflect.Value) (out []reflect.Value) {
					for _, v := range get(root) {
						out = append(out, v.Field(i))
					}
					return out
				})
			}
		case reflect.Slice:
			try(path+"[:0]", get, func(v reflect.Value) bool { had := v.Len() > 0; v.SetZero(); return had })
			try(path+"(order)", get, func(v reflect.Value) bool {
				if v.Len() < 2 {
					return false
				}
				a, b := reflect.New(typ.Elem()).Elem(), reflect.New(typ.Elem()).Elem()
				a.Set(v.Index(0))
				b.Set(v.Index(1))
				v.Index(0).Set(b)
				v.Index(1).Set(a)
				return true
			})
			walk(path+"[i]", typ.Elem(), func(root reflect.Value) (out []reflect.Value) {
				for _, v := range get(root) {
					for i := range v.Len() {
						out = append(out, v.Index(i))
					}
				}
				return out
			})
		case reflect.Map:
			try(path+"{}", get, func(v reflect.Value) bool { had := v.Len() > 0; v.SetZero(); return had })
			if typ.Elem().Kind() == reflect.Struct {
				for i := range typ.Elem().NumField() {
					f := typ.Elem().Field(i)
					try(path+"{i}."+f.Name, get, func(v reflect.Value) bool {
						if v.Len() == 0 {
							return false
						}
						k := v.MapKeys()[0]
						x := reflect.New(typ.Elem()).Elem()
						x.Set(v.MapIndex(k))
						if f.Type.Kind() == reflect.String {
							x.Field(i).SetString(x.Field(i).String() + "x")
						} else {
							x.Field(i).SetZero()
						}
						v.SetMapIndex(k, x)
						return true
					})
				}
				return
			}
			try(path+"{i}", get, func(v reflect.Value) bool {
				if v.Len() == 0 {
					return false
				}
				if k := v.MapKeys()[0]; typ.Elem().Kind() == reflect.Int {
					v.SetMapIndex(k, reflect.ValueOf(int(v.MapIndex(k).Int())+1))
				} else {
					v.SetMapIndex(k, reflect.ValueOf(v.MapIndex(k).String()+"x"))
				}
				return true
			})
		case reflect.String:
			try(path, get, func(v reflect.Value) bool { v.SetString(v.String() + "x"); return true })
		case reflect.Bool:
			try(path, get, func(v reflect.Value) bool { v.SetBool(!v.Bool()); return true })
		case reflect.Int, reflect.Int64:
			try(path, get, func(v reflect.Value) bool {
				if typ == reflect.TypeFor[time.Duration]() {
					v.SetInt(v.Int() + int64(24*time.Hour))
				} else {
					v.SetInt((v.Int() + 1) % 7)
				}
				return true
			})
		case reflect.Float64:
			try(path, get, func(v reflect.Value) bool { v.SetFloat(v.Float() + .01); return true })
		default:
			t.Errorf("%s: of a kind the test does not know: %s", path, typ)
		}
	}
	walk("", reflect.TypeFor[flows.Settings](), func(root reflect.Value) []reflect.Value { return []reflect.Value{root} })
	t.Logf("%d ways to be different", n)
}

func TestDifferencesInWords(t *testing.T) {
	for name, c := range map[string]struct {
		pairs []string
		want  []string
	}{
		"the same": {nil, nil},
		"another leader": {[]string{"leader: li\n    stand_ins: [zhou]", "leader: zhou\n    stand_ins: [li]"}, []string{
			"第一网格的网格员：李网格 → 周网格",
			"第一网格的替班人：周网格 → 李网格",
			"李网格的职务：网格员（第一网格） → （没有写）",
			"周网格的职务：网格员（第二网格） → 网格员（第一网格）、网格员（第二网格）",
		}},
		"a new building": {[]string{"buildings: [9, 10, 11, 12]", "buildings: [9, 10, 11, 12, 14]", "households: 388", "households: 400",
			"  # “三号楼", "  - {id: 14, households: 12}\n  # “三号楼"}, []string{"第三网格的户数：388 → 400", "新增：14号楼（第三网格）"}},
		"somebody leaves":     {[]string{"  - {id: qian, name: 钱值班, phone: \"0471-0000006\", posts: [duty]}\n", "", "stand_ins: [qian]", "stand_ins: [zhaos]"}, []string{"去掉：钱值班", "每天的值班的替班人：钱值班 → 赵书记"}},
		"a renamed person":    {[]string{"name: 李网格", "name: 李大网格"}, []string{"李网格的姓名：李网格 → 李大网格"}},
		"another of the name": {[]string{"{id: wu, name: 吴网格", "{id: wu2, name: 吴网格", "leader: wu", "leader: wu2"}, []string{"第三网格的网格员：吴网格（[\"wu\"]） → 吴网格（[\"wu2\"]）", "去掉：吴网格", "新增：吴网格（网格员（第三网格））"}},
		"a number":            {[]string{`gas: "0471-0000000"`, `gas: "0471-0000001"`}, []string{"燃气抢修电话：0471-0000000 → 0471-0000001"}},
		"for ever":            {[]string{"cases: 1095d", "cases: 永远"}, []string{"事情和经过留多久：1095d → 永远"}},
		"order":               {[]string{"  - {id: chen, name: 陈社区, phone: \"0471-0000007\", posts: [staff]}\n", "", "  - {id: he, ", "  - {id: chen, name: 陈社区, phone: \"0471-0000007\", posts: [staff]}\n  - {id: he, "}, []string{"人员的先后：先是陈社区 → 先是郑主任"}},
	} {
		t.Run(name, func(t *testing.T) {
			from, err := parse(t)
			if err != nil {
				t.Fatal(err)
			}
			to, err := parse(t, c.pairs...)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range Differences(from.Settings, to.Settings) {
				got = append(got, x.String())
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func ExampleDifference() {
	fmt.Println(Difference{What: "第一网格的网格员", Before: "李网格", After: "周网格"})
	// Output: 第一网格的网格员：李网格 → 周网格
}
