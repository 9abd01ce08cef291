package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot/dialogue"
	"linli/flows"
	"linli/flows/community"
	"linli/flows/demand"
	"linli/storage"
	"linli/storage/bolt"
)

// shelf is a directory file on the disk with a store beside it.
type shelf struct {
	t     *testing.T
	path  string
	store storage.Store
	now   time.Time
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	dir := t.TempDir()
	db, err := bolt.Open(filepath.Join(dir, "linli.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s := &shelf{t: t, path: filepath.Join(dir, "dir.yaml"), store: db.In("example"), now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	s.write()
	return s
}

// write writes the example with some text replaced; pairs are old and new.
func (s *shelf) write(pairs ...string) {
	s.t.Helper()
	text := string(community.Example())
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			s.t.Fatalf("the example does not contain %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	if err := os.WriteFile(s.path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) load() *directory {
	s.t.Helper()
	d, err := loadDirectory(s.t.Context(), s.store, nil, func() (*community.File, error) { return community.Read(s.path, demand.DutyList()) }, func() time.Time { return s.now })
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// pending are the lines that wait, and the version.
func (s *shelf) pending(d *directory) ([]string, string) {
	s.t.Helper()
	lines, version, err := d.Pending(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return lines, version
}

func phone(f *community.File) string { return f.Settings.Phones.Gas }

func TestTheFirstFileIsTakenAsItIs(t *testing.T) {
	s := newShelf(t)
	world(t, s.store, time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC)) // people and groups of the time before there were versions
	d := s.load()
	if lines, version := s.pending(d); len(lines) > 0 || version != "" {
		t.Error(lines, version)
	}
	e, err := d.current(t.Context())
	if err != nil || e.N != 1 || e.Text != string(community.Example()) || !e.At.Equal(s.now) || e.By != "" {
		t.Errorf("%+v %v", e, err)
	}
	if d = s.load(); d.File().Settings.Version == "" {
		t.Error("nothing is in force")
	}
	if list, err := d.history(t.Context()); err != nil || len(list) != 1 {
		t.Error("a start made a version:", len(list), err)
	}
}

func TestAChangedFileWaitsUntilItIsApplied(t *testing.T) {
	s := newShelf(t)
	s.load()
	s.write("leader: li\n    stand_ins: [zhou]", "leader: li\n    stand_ins: [wu]", "0471-0000000", "0471-0000099")
	d := s.load()
	want := []string{"燃气抢修电话：0471-0000000 → 0471-0000099", "第一网格的替班人：周网格 → 吴网格"}
	lines, version := s.pending(d)
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if phone(d.File()) != "0471-0000000" {
		t.Error("it came into force by itself")
	}

	var force *flows.Settings
	d.Changed = func(f *flows.Settings) { force = f }
	if err := d.Apply(t.Context(), "", "chen"); !errors.Is(err, errChanged) {
		t.Error("applied unseen:", err)
	}
	s.write("0471-0000000", "0471-0000098") // changed since it was shown
	if err := d.Apply(t.Context(), version, "chen"); !errors.Is(err, errChanged) || force != nil {
		t.Error("applied what nobody saw:", err)
	}
	_, version = s.pending(d)
	if err := d.Apply(t.Context(), version, "chen"); err != nil {
		t.Fatal(err)
	}
	if force == nil || force.Phones.Gas != "0471-0000098" || phone(d.File()) != "0471-0000098" {
		t.Errorf("in force: %+v", force)
	}
	if lines, _ := s.pending(d); len(lines) > 0 {
		t.Error("still waiting:", lines)
	}
	if d = s.load(); phone(d.File()) != "0471-0000098" {
		t.Error("lost at the next start")
	}
	list, err := d.history(t.Context())
	if err != nil || len(list) != 2 || list[0].By != "chen" || list[0].Note != fromFile || list[1].N != 1 {
		t.Errorf("%+v %v", list, err)
	}
}

func TestAFileWithMistakesIsNotOffered(t *testing.T) {
	s := newShelf(t)
	d := s.load()
	s.write("leader: li", "leader: nobody")
	_, version, err := d.Pending(t.Context())
	var wrong community.Mistakes
	if !errors.As(err, &wrong) || version != "" || !strings.Contains(err.Error(), "dir.yaml:") {
		t.Error(version, err)
	}
	s.write("id: example ", "id: elsewhere ")
	_, version, err = d.Pending(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Apply(t.Context(), version, "chen"); err == nil || !strings.Contains(err.Error(), "社区编号不能改") {
		t.Error(err)
	}
}

func TestAVersionThatIsNotGoodAnyMore(t *testing.T) {
	s := newShelf(t)
	d := s.load()
	e, err := d.current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e.Text = strings.Replace(e.Text, "leader: li", "leader: nobody", 1) // as if an earlier program had allowed it
	packed, err := pack(e)
	if err == nil {
		err = s.store.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey("directory/1", packed) })
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = loadDirectory(t.Context(), s.store, nil, d.read, d.now)
	if !errors.Is(err, errOutdated) || !strings.Contains(err.Error(), "名册第1版:") || !strings.Contains(err.Error(), "linli directory apply") {
		t.Error(err)
	}
	if err := s.store.Update(t.Context(), func(tx storage.Tx) error { return tx.PutKey("directory/1", packed[:20]) }); err != nil {
		t.Fatal(err)
	}
	if _, err = loadDirectory(t.Context(), s.store, nil, d.read, d.now); err == nil || errors.Is(err, storage.ErrNone) {
		t.Error("a damaged version was taken for none:", err)
	}
}

// Earlier versions explain what was done and lead back, but not for ever, and not
// at the price of a name that was to be forgotten.
func TestEarlierVersionsGo(t *testing.T) {
	s := newShelf(t)
	d := s.load()
	apply := func(by flows.PersonID, pairs ...string) {
		t.Helper()
		s.now = s.now.AddDate(1, 0, 0)
		s.write(pairs...)
		_, version := s.pending(d)
		if err := d.Apply(t.Context(), version, by); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() (out []int) {
		t.Helper()
		list, err := d.history(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			out = append(out, e.N)
		}
		return out
	}
	qian := []string{"  - {id: qian, name: 钱值班, phone: \"0471-0000006\", posts: [duty]}\n", "", "stand_ins: [qian]", "stand_ins: [zhaos]"}
	apply("qian", "0471-0000000", "0471-0000091")
	apply("qian", qian...)
	apply("qian", append(qian, "0471-0000000", "0471-0000092")...)
	if n, err := d.forget(t.Context(), "chen"); n != 0 || err != nil {
		t.Error("somebody who is in the directory was forgotten:", n, err)
	}
	if n, err := d.forget(t.Context(), "qian"); n != 3 || err != nil {
		t.Error(n, err)
	}
	if diff := cmp.Diff([]int{4}, kept()); diff != "" {
		t.Error(diff)
	}
	if e, err := d.current(t.Context()); err != nil || e.By != "" || !e.At.Equal(s.now) {
		t.Errorf("%+v %v", e, err)
	}
	apply("chen", "0471-0000000", "0471-0000093")
	apply("chen", "0471-0000000", "0471-0000094")
	s.now = s.now.AddDate(2, 6, 0)
	if n, err := d.expire(t.Context()); n != 1 || err != nil { // the 4th was replaced three and a half years ago
		t.Error(n, err)
	}
	if diff := cmp.Diff([]int{6, 5}, kept()); diff != "" {
		t.Error(diff)
	}
	if s.load().File().Settings.Phones.Gas != "0471-0000094" {
		t.Error("the one in force was lost")
	}
}

// Two who apply at the same time: one of them does, the other is told.
func TestTwoApplyAtOnce(t *testing.T) {
	s := newShelf(t)
	d := s.load()
	s.write("0471-0000000", "0471-0000099")
	_, version := s.pending(d)
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() { errs <- d.put(context.Background(), d.File(), 1, "", edition{}) }()
	}
	good := 0
	for range cap(errs) {
		if err := <-errs; err == nil {
			good++
		} else if !errors.Is(err, errChanged) {
			t.Error(err)
		}
	}
	if good != 1 {
		t.Errorf("%d versions 2", good)
	}
	if err := d.Apply(t.Context(), version, "chen"); err != nil {
		t.Error(err)
	}
}

// With work in hand: what the differences mean for it is told with them.
func TestDifferencesTellOfOpenWork(t *testing.T) {
	s := newShelf(t)
	d := s.load()
	w := world(t, s.store, time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC))
	p, err := dialogue.Parse("play", []byte(`> 王阿姨@3号楼群: 3号楼遛狗不牵绳没人管吗，吓着孩子了
> 李网格: [接单]
> 王阿姨@3号楼群: 3号楼2单元楼道堆满了杂物，过不去人
> 小林@3号楼群: 3号楼2单元电梯又停了，老人下不了楼
`))
	if err != nil {
		t.Fatal(err)
	}
	if went, _, _, err := dialogue.Run(t.Context(), w, p); err != nil {
		t.Fatalf("%v\n%s", err, went)
	}
	has := func(want string) {
		t.Helper()
		lines, _ := s.pending(d)
		if !strings.Contains(strings.Join(lines, "\n")+"\n", want+"\n") {
			t.Errorf("want %s\ngot  %s", want, strings.Join(lines, "\n     "))
		}
	}
	s.write("  - {id: li, name: 李网格, phone: \"0471-0000001\"}\n", "", "leader: li", "leader: wu", "stand_ins: [li]", "stand_ins: [wu]")
	has("去掉：李网格")
	has("李网格手上还有2件没办完，会转给吴网格")
	s.write("leader: li", "leader: wu", "  - {id: li, name: 李网格,", "  - {id: li, name: 李网格, posts: [station],")
	has("李网格手上还有2件没办完，还由李网格办；要换人，请本人点“不归我”转给别人")
	s.write("  - {id: feng, name: 冯物业, phone: \"0471-0000010\", posts: [property]}\n", "")
	has("冯物业手上还有1件没办完，会转给李网格")
	s.write("  - {id: 3, name: 3号楼, units: 2, floors: 12, per_floor: 4}\n", "", "buildings: [1, 2, 3, 4]", "buildings: [1, 2, 4]", "households: 318", "households: 222",
		"    home: 3-1-201           # 楼-单元-室 · building-unit-room\n    posts: [{role: captain, building: 3}]", "    posts: [{role: captain, building: 4}]", "name: 3号楼群, building: 3", "name: 3号楼群, grid: g1",
		", home: 3-2-501", "", ", home: 3-2-602", "", ", home: 3-1-1203", "", ", home: 3-2-302", "", ", home: 3-1-402", "", ", home: 3-1-402", "", ", home: 3-1-402", "")
	has("3号楼还有3件没办完，照常办完")
}

// TestDirectoryCommand goes the way of a committee worker at the machine.
func TestDirectoryCommand(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the command dozens of times: not in short runs")
	}
	dir := t.TempDir()
	put := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put("dir.yaml", string(community.Example()))
	config := put("config.yaml", "data: data\ncommunity: dir.yaml\nwebchat: {enabled: true}\n")
	linli := func(args ...string) (string, error) {
		var out, errs bytes.Buffer
		err := run(t.Context(), append(append([]string{"directory"}, args...), "--config", config), &out, &errs)
		return out.String(), err
	}
	good := func(args ...string) string {
		t.Helper()
		out, err := linli(args...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	has := func(out string, wants ...string) {
		t.Helper()
		for _, w := range wants {
			if !strings.Contains(out, w) {
				t.Errorf("not told: %s\n%s", w, out)
			}
		}
	}
	if _, err := linli("show"); err == nil || !strings.Contains(err.Error(), "linli serve") {
		t.Error("before the first start:", err)
	}
	c, files, err := load(config)
	if err != nil {
		t.Fatal(err)
	}
	in, err := build(t.Context(), c.Data, c.logger(&bytes.Buffer{}), c.plans(files, time.Now)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.close(); err != nil {
		t.Fatal(err)
	}

	has(good("show"), "第1版", "在这台机器上  第一次启动时的文件", "网格3个，楼13栋")
	has(good("diff"), "没有不同")
	people := put("人员.csv", "姓名,电话,职务\n陈社区,0471-0000042,\n新社工,0471-0000043,社工\n")
	has(good("import", people), "陈社区的电话：0471-0000007 → 0471-0000042", "新增：新社工（社区）", "要换上，加 --apply。")
	has(good("show"), "第1版")
	has(good("import", "--apply", people), "换上了。没办完的事照常办。")
	has(good("show"), "第2版", "导入人员.csv", "人员21人")
	has(good("import", people), "没有要换的")
	has(good("diff"), "没有不同") // the file has not changed since it was taken

	// A file that is changed now does not know of the import, and that is said.
	put("dir.yaml", strings.Replace(string(community.Example()), "0471-0000000", "0471-0000099", 1))
	has(good("diff"), "燃气抢修电话", "去掉：新社工", "这些改动，换上就没有了", "取出来，在它上面改：陈社区的电话：0471-0000042 → 0471-0000007；去掉：新社工")
	put("dir.yaml", strings.Replace(good("export"), "0471-0000000", "0471-0000099", 1))
	if out := good("diff"); strings.Contains(out, "注意") {
		t.Error("a file that knows of the import is warned of:", out)
	}
	has(good("apply"), "燃气抢修电话：0471-0000000 → 0471-0000099", "要换上，加 --yes。")
	has(good("show"), "第2版", "文件改过，还没有换上")
	has(good("apply", "--yes"), "换上了")
	if _, err := linli("apply", "--yes"); !errors.Is(err, errNothing) {
		t.Error(err)
	}
	has(good("back", "1"), "燃气抢修电话：0471-0000099 → 0471-0000000", "去掉：新社工", "加 --yes")
	has(good("back", "1", "--yes"), "换回了")
	has(good("history"), "第4版", "换回第1版", "第3版", fromFile, "第2版", "第1版")
	if good("export") != string(community.Example()) {
		t.Error("version 1 did not come back as it was")
	}

	wrong := put("楼.csv", "楼号,网格\n3,第九网格\n")
	big := put("大.csv", strings.Repeat("x", 11<<20))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a mistake":   {[]string{"import", wrong}, "楼.csv:2: 没有“第九网格”这个网格"},
		"a large one": {[]string{"import", big}, "太大，超过了10兆"},
		"no file":     {[]string{"import", "/nowhere.csv"}, "读不到 /nowhere.csv"},
		"nothing":     {[]string{"import"}, "用法"},
		"what":        {[]string{"frob"}, "用法"},
		"no version":  {[]string{"back", "99"}, "名册没有第99版"},
		"no number":   {[]string{"back", "x"}, "用法"},
		"elsewhere":   {[]string{"show", "--community", "else"}, "没有“else”这个社区"},
	} {
		if _, err := linli(c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	has(good("show"), "第4版", "户册：1栋楼6户，出租1户；面积写全的1栋；另外12栋按楼层和每层户数算")

	homes := put("户册.csv", "楼,单元,室,业主姓名,面积,出租\n13号楼,1,302,某某人,80.5,是\n")
	has(good("import", "--apply", homes), "“业主姓名”这一列没有用到", "13号楼的户册：6户（6户有面积，1户出租） → 6户（6户有面积，2户出租），1户改成出租（13-1-302），13-1-302面积76.20→80.50", "换上了")
	has(good("show"), "第5版", "户册：1栋楼6户，出租2户")
	if strings.Contains(good("export"), "某某人") {
		t.Error("the name of an owner is kept")
	}
}

// A version that was kept before there were rules for hearings gets those that are
// built in, and a file that says nothing else proposes nothing.
func TestAVersionOfBeforeGetsTheRulesForHearings(t *testing.T) {
	s := newShelf(t)
	old := string(community.Example())
	for _, cut := range [][2]string{{"\nhearings: {}", "\ncast:"}, {"\n  - {id: han,", "\n  # 请假这样写"}} {
		head, rest, ok := strings.Cut(old, cut[0])
		_, tail, ok2 := strings.Cut(rest, cut[1])
		if !ok || !ok2 {
			t.Fatalf("the example has no %q", cut[0])
		}
		old = head + cut[1] + tail
	}
	old = strings.Replace(old, "[secretary, duty, reviewer]", "[secretary, duty]", 1)
	if strings.Contains(old, "hearing") || strings.Contains(old, "reviewer") || strings.Contains(old, "supervisor") {
		t.Fatal("the old version knows of hearings")
	}
	packed, err := pack(edition{N: 4, At: s.now.AddDate(0, -1, 0), By: "chen", Text: old})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.Update(t.Context(), func(tx storage.Tx) error {
		return errors.Join(tx.PutKey(directoryRoot+"4", packed), tx.PutKey(directoryNow, []byte("4")), tx.PutKey(directoryFile, []byte("of then")))
	}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh, err := community.Parse("example.yaml", community.Example(), demand.DutyList())
	if err != nil {
		t.Fatal(err)
	}
	d := s.load()
	if e, err := d.current(t.Context()); err != nil || e.N != 4 {
		t.Fatalf("%+v %v", e, err)
	}
	in := d.File().Settings
	if diff := cmp.Diff(fresh.Settings.Hearings, in.Hearings); diff != "" || in.Hearings.Clear.Days() != 3 {
		t.Errorf("%s\n%+v", diff, in.Hearings)
	}
	if diff := cmp.Diff([]flows.PersonID{"zhaos"}, in.Reviewers()); diff != "" {
		t.Error(diff)
	}
	if lines, version := s.pending(d); len(lines) > 0 || version != "" {
		t.Error("waiting:", lines)
	}
	s.write("hearings: {}", "hearings: {followers: 5}")
	if lines, _ := s.pending(d); len(lines) < 2 || !slices.Contains(lines, "议事会的多少人都说就建议议一议（followers）：8 → 5") {
		t.Error("waiting:", lines)
	}
}
