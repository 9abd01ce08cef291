package archive

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// ErrNotArchive says that a file is no archive of a poll.
var ErrNotArchive = errors.New("archive: not the archive of a poll")

// maxFile is how large one file of an archive may be.
const maxFile = 256 << 20

// Report is what came of verifying an archive, in Chinese, for people.
type Report struct {
	Held          // what [Against] compares with the store
	Name   string // of the community
	Number int
	Title  string   // the question
	Done   []string // what was checked, and holds
	Wrong  []string // what does not hold
	Notes  []string
}

// Held is what an archive says of itself that a store can be asked about.
type Held struct {
	Community string            `json:"community"`
	Case      flows.ID          `json:"case"`
	Records   int               `json:"records"`
	Head      []byte            `json:"head"`
	Files     map[string]string `json:"files"` // name → hex SHA-256
}

// Sound says that nothing was found.
func (r Report) Sound() bool { return len(r.Wrong) == 0 }

func (r *Report) wrong(format string, args ...any) {
	r.Wrong = append(r.Wrong, fmt.Sprintf(format, args...))
}

// holds notes what was checked: done if it holds, else wrong.
func (r *Report) holds(ok bool, done, wrong string) bool {
	if ok {
		r.Done = append(r.Done, done)
	} else {
		r.Wrong = append(r.Wrong, wrong)
	}
	return ok
}

// String writes the report, line by line.
func (r Report) String() string {
	var out strings.Builder
	if r.Title != "" {
		fmt.Fprintf(&out, "%s %04d号：%s\n", r.Name, r.Number, r.Title)
	}
	for _, l := range r.Done {
		fmt.Fprintf(&out, "  对：%s\n", l)
	}
	for _, l := range r.Wrong {
		fmt.Fprintf(&out, "  不对：%s\n", l)
	}
	for _, l := range r.Notes {
		fmt.Fprintf(&out, "  说明：%s\n", l)
	}
	return out.String()
}

// Verify works out again everything in an archive that can be worked out. It finds
// every change of any of its files, also where the manifest was made to fit. It
// cannot find that all of it was written anew, journal and all: that takes [Against], or a
// head of the journal that somebody has kept. Its error says that this is no archive.
func Verify(r io.ReaderAt, size int64) (Report, error) {
	found, err := unpack(r, size)
	if err != nil {
		return Report{}, err
	}
	rep := Report{Held: Held{Files: map[string]string{}}}
	for name, data := range found {
		rep.Files[name] = sumOf(data)
	}
	if !rep.whole(found) {
		return rep, nil
	}
	c, ok := rep.read(found)
	if !ok {
		return rep, nil
	}
	rep.Community, rep.Case, rep.Name, rep.Number, rep.Title = c.asked.Community, c.asked.Case, c.asked.Name, c.asked.Number, c.asked.Question
	rep.Records, rep.Head = len(c.journal), c.head()
	rep.hashes(found)
	rep.written(c, found)
	rep.chain(c)
	rep.voters(c)
	rep.sums(c)
	rep.roll(c)
	if rep.Sound() {
		rep.wrapping(c, r, size)
	}
	return rep, nil
}

// unpack reads the files.
func unpack(r io.ReaderAt, size int64) (map[string][]byte, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, ErrNotArchive
	}
	if !slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == nameManifest || f.Name == namePoll }) {
		return nil, ErrNotArchive
	}
	found := map[string][]byte{}
	for _, f := range z.File {
		if _, twice := found[f.Name]; twice || len(found) > 2*len(names) {
			return nil, fmt.Errorf("%w: a file is in it twice", ErrNotArchive)
		}
		in, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%w: a file cannot be read", ErrNotArchive)
		}
		data, err := io.ReadAll(io.LimitReader(in, maxFile))
		if err != nil {
			found[f.Name] = nil // its own checksum does not fit
			continue
		}
		found[f.Name] = data
	}
	return found, nil
}

// whole says that every file is there, and no other.
func (r *Report) whole(found map[string][]byte) bool {
	for _, name := range names {
		if data, ok := found[name]; !ok {
			r.wrong("少了 %s", name)
		} else if data == nil {
			r.wrong("%s 读不出来", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if !slices.Contains(names, name) {
			r.wrong("多了 %q", name)
		}
	}
	return r.Sound()
}

// read takes the files apart that are not worked out from others.
func (r *Report) read(found map[string][]byte) (*contents, bool) {
	c := &contents{}
	var version struct {
		Format int `json:"format"`
	}
	if json.Unmarshal(found[namePoll], &version) == nil && version.Format > format {
		r.wrong("这是更新的邻里写的，这个程序认不得：用新的程序查")
		return nil, false
	}
	if err := strict(found[namePoll], &c.asked); err != nil || c.asked.Format != format {
		r.wrong("poll.json 读不出来")
	}
	for line := range bytes.Lines(found[nameJournal]) {
		var rec storage.Record
		if err := strict(line, &rec); err != nil {
			r.wrong("journal.jsonl 第%d行读不出来", len(c.journal)+1)
			break
		}
		c.journal = append(c.journal, rec)
	}
	if err := c.readRoster(found[nameRoster]); err != nil {
		r.wrong("roster.csv 读不出来：%v", err)
	}
	return c, r.Sound()
}

func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}

func (c *contents) readRoster(b []byte) error {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte(withBOM))))
	width := len(rosterHead)
	if c.asked.Named {
		width += len(namedHead)
	}
	in.FieldsPerRecord = width
	lines, err := in.ReadAll()
	if err != nil || len(lines) == 0 {
		return errors.New("不是这样的表")
	}
	for i, line := range lines[1:] {
		for j := range line {
			line[j] = plain(line[j])
		}
		r := row{key: line[0], listed: line[4] == yes, homes: strings.Fields(line[5]), voted: line[6] == yes, receipt: line[7], how: wayOf(line[9]), proxy: line[10]}
		if r.voted {
			r.building = line[1]
			if r.at, err = time.Parse(moment, line[8]); err != nil {
				return fmt.Errorf("第%d行的时间", i+2)
			}
		}
		if c.asked.Named {
			r.choice = line[11]
			if r.area, err = readArea(line[12]); err != nil {
				return fmt.Errorf("第%d行的面积", i+2)
			}
		}
		c.rows = append(c.rows, r)
	}
	return nil
}

func readArea(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	whole, part, _ := strings.Cut(s, ".")
	return strconv.Atoi(whole + part)
}

// hashes compares the files with the manifest.
func (r *Report) hashes(found map[string][]byte) {
	var m manifest
	if err := strict(found[nameManifest], &m); err != nil {
		r.wrong("manifest.json 读不出来")
		return
	}
	good := 0
	for _, f := range m.Files {
		if data, ok := found[f.Name]; !ok || sumOf(data) != f.Sha256 || len(data) != f.Bytes {
			r.wrong("%s 和 manifest.json 里的指纹不符", f.Name)
		} else {
			good++
		}
	}
	r.holds(good == len(names)-1, fmt.Sprintf("%d个文件的指纹都相符", good), "manifest.json 里不是每个文件都有相符的指纹")
}

// written compares the files with what would be written now from what they say.
func (r *Report) written(c *contents, found map[string][]byte) {
	files, err := c.files()
	if err != nil {
		r.wrong("内容写不回去")
		return
	}
	good := true
	for _, f := range files {
		if !bytes.Equal(f.data, found[f.name]) {
			r.wrong("%s 和其他文件合不上", f.name)
			good = false
		}
	}
	if good {
		r.Done = append(r.Done, "说明、分楼表、计票表和清单重算一遍，和里面的一样")
	}
}

// chain verifies the journal, and that it holds the proof.
func (r *Report) chain(c *contents) {
	erased := 0
	of := true
	for _, rec := range c.journal {
		if rec.Erased {
			erased++
		} else if rec.Case != c.asked.Case {
			of = false
		}
	}
	if err := storage.Verify(c.journal); err != nil || len(c.journal) == 0 || !of {
		r.wrong("流水接不上：有的记录改过、少了、多了或换了位置")
	} else {
		r.Done = append(r.Done, fmt.Sprintf("流水%d条，一条扣一条，最后一条的指纹 %x", len(c.journal), c.head()))
	}
	if erased > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("流水里有%d条按规定删去了内容，只留下指纹", erased))
	}
	nameless := c.nameless() // the proof was made anew when they were let go of
	sealed := slices.ContainsFunc(c.journal, func(rec storage.Record) bool {
		return !rec.Erased && (rec.At.Equal(c.asked.Outcome.At) || nameless > 0 && rec.At.After(c.asked.Outcome.At)) && sealOf(rec) == c.asked.Proof && rec.Settings == c.asked.Settings
	})
	r.holds(len(c.asked.Proof) == 64 && sealed, "流水在计票那一步记下了计票指纹", "流水里计票那一步没有这个计票指纹")
	if nameless > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("有%d位投票人在计票以后要求删除资料：票还在，是哪一户已经删去，计票指纹跟着重做过", nameless))
	}
	r.holds(c.proof() == c.asked.Proof, "由问题、规则、票数和每张票的存根重算的计票指纹相同", "由问题、规则、票数和每张票的存根重算，计票指纹不同")
}

// nameless counts the votes whose voters had themselves erased after the count.
func (c *contents) nameless() (n int) {
	for _, x := range c.rows {
		if strings.HasPrefix(x.key, poll.ErasedKey) {
			n++
		}
	}
	return n
}

// sealOf gives the sum that the journal has kept with a record, see [flows.Seal]: the
// last word of it.
func sealOf(rec storage.Record) string {
	return rec.Detail[strings.LastIndexByte(rec.Detail, ' ')+1:]
}

// voters checks that nobody was counted twice.
func (r *Report) voters(c *contents) {
	keys, receipts := map[string]bool{}, map[string]bool{}
	voted, twice := 0, 0
	for _, x := range c.rows {
		if keys[x.key] || x.voted && receipts[x.receipt] {
			twice++
		}
		keys[x.key] = true
		if x.voted {
			voted++
			receipts[x.receipt] = true
			if x.receipt == "" {
				r.wrong("名册里有一行投了票而没有凭证")
			}
		} else if x.receipt != "" || x.how != "" || x.proxy != "" || x.choice != "" || x.area != 0 || !x.listed {
			r.wrong("名册里没投票的一行写着别的")
		}
	}
	r.holds(twice == 0, "没有谁算了两次，凭证各不相同", fmt.Sprintf("名册里有%d行是重复的", twice))
	r.holds(voted == c.asked.Outcome.Voters, fmt.Sprintf("名册里投了的%d行，和结果里的数相同", voted),
		fmt.Sprintf("名册里投了的是%d行，结果里是%d", voted, c.asked.Outcome.Voters))
}

// sums adds up again.
func (r *Report) sums(c *contents) {
	o, n := c.asked.Outcome, len(c.asked.Options)
	add := func(list []int) (sum int) {
		for _, x := range list {
			sum += x
		}
		return sum
	}
	switch {
	case len(o.Votes) == n:
		r.holds(add(o.Votes) == o.Voters, fmt.Sprintf("各选项相加是%d，和投了的相同", o.Voters), "各选项相加和投了的不同")
		r.holds(o.Area == nil && o.AreaIn == 0 || len(o.Area) == n && add(o.Area) == o.AreaIn, "面积相加也相同", "面积相加不同")
	case len(o.Votes) == 0 && !c.asked.Named && o.Voters < c.asked.Floor:
		r.Notes = append(r.Notes, fmt.Sprintf("不记名而只有%d票，不分选项", o.Voters))
	default:
		r.wrong("选项和票数对不上")
	}
	votes, areas := make([]int, n), make([]int, n)
	by, proxies := map[poll.How]int{}, 0
	s, _ := c.asked.state()
	for _, x := range c.rows {
		if !x.voted {
			continue
		}
		by[x.how]++
		if x.proxy != "" {
			proxies++
		}
		if i := s.Option(x.choice); i >= 0 {
			votes[i]++
			areas[i] += x.area
		}
	}
	r.holds(maps.Equal(by, o.Ways) && proxies == o.Proxies, "按方式和代投数的也相同", "按方式或代投数的和结果不同")
	if c.asked.Named {
		r.holds(slices.Equal(votes, o.Votes) && (o.Area == nil || slices.Equal(areas, o.Area)), "记名：由名册逐行重数，票数相同", "记名：由名册逐行重数，票数不同")
	}
}

// roll checks that the roster is the one of the day on which the poll was sent.
func (r *Report) roll(c *contents) {
	var all []flows.Household
	listed := 0
	for _, x := range c.rows {
		if x.listed {
			listed++
			all = append(all, x.households()...)
			if c.asked.Unit == flows.PerOwner && slices.ContainsFunc(x.households(), func(h flows.Household) bool { return h.OwnerKey() != x.key }) {
				r.wrong("名册里有一行的业主不是这样写的")
			}
		}
	}
	switch c.asked.Roster {
	case rosterListed:
		r.holds(c.asked.Roll.Sum != "" && flows.RollSum(all, c.asked.Unit) == c.asked.Roll.Sum, fmt.Sprintf("在册%d行，和发出那天的名册一样", listed), "在册的和发出那天的名册不一样")
	case rosterChanged:
		r.holds(c.asked.Roll.Sum != "" && listed == 0, "没投的没有列出：名册在发出之后改过", "名册写着在册的，又说改过")
	case rosterNone:
		r.holds(c.asked.Roll.Sum == "" && listed == 0, "没投的没有列出：没有逐户名册", "名册写着在册的，又说没有")
	default:
		r.wrong("poll.json 里的名册不是这样写的")
	}
}

// wrapping says whether the zip itself is as we write it. Another program may have
// packed the same files again; or it holds for other programs something else than for us.
func (r *Report) wrapping(c *contents, in io.ReaderAt, size int64) {
	want, err := c.zip()
	got := make([]byte, size)
	if _, e := in.ReadAt(got, 0); err != nil || e != nil && !errors.Is(e, io.EOF) || !bytes.Equal(want, got) {
		r.Notes = append(r.Notes, "压缩包不是邻里原来打的那个，可能用别的程序重新打过；里面的文件都对")
	}
}

// HeadText is the journal's head as people write it down.
func (h Held) HeadText() string { return hex.EncodeToString(h.Head) }
