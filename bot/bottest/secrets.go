package bottest

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode"

	"linli/bot/dialogue"
)

// Planted is what no log line and no error may ever hold, one on a line: the names
// and numbers of the people of the example community, and every token and secret that
// a test uses. What people say is planted by the test that lets them say it; a few of
// those sentences stand here, for whoever searches the output of a whole run.
const Planted = `李网格
周网格
吴网格
刘楼长
唐楼长
孙值班
钱值班
陈社区
郑主任
赵书记
冯物业
何服务
韩审核
许监督
蒋议事
沈议事
吕调解
梅社工
宁师傅
田互助
王阿姨
张大爷
小林
马姐
小赵
高叔
Anna
苏日娜
郭爷爷
郭叔
郭婷
严姨
白叔
0471-0000001
0471-0000002
0471-0000003
0471-0000004
0471-0000005
0471-0000006
0471-0000007
0471-0000008
0471-0000009
0471-0000010
0471-0000011
0471-0000012
0471-0000017
0471-0000018
0471-0000019
0471-0000020
0471-0000013
0471-0000014
0471-0000015
0471-0000016
AAFakeTokenOfATestBot-1234567890_ab
secret-of-a-test
Hook_secret-4711
下水道又堵了
老人下不了楼
好大一股煤气味
我爸又打我妈了
楼上天天装修到半夜`

// window is how many letters in a row of what somebody said give it away.
const window = 6

// Secrets are things that must not be found in what a program writes for its
// operators. The zero value knows none.
type Secrets struct {
	mu     sync.Mutex
	whole  []string
	pieces map[string]bool
}

// NewSecrets knows everything Planted, and what people say.
func NewSecrets(said ...string) *Secrets {
	s := &Secrets{whole: strings.Split(Planted, "\n")}
	s.Said(said...)
	return s
}

// Names adds names, numbers and the like, which are looked for as they are.
func (s *Secrets) Names(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole = append(s.whole, names...)
}

// Said adds what people say. Six Chinese letters of it in a row are too much; a
// text without any Chinese is looked for as a whole.
func (s *Secrets) Said(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pieces == nil {
		s.pieces = map[string]bool{}
	}
	for _, text := range texts {
		han := false
		windows(text, func(piece string) {
			s.pieces[piece] = true
			han = true
		})
		if !han && len(text) >= 3*window {
			s.whole = append(s.whole, text)
		}
	}
}

// In gives what of the secrets a text holds, nothing if all is well.
func (s *Secrets) In(text string) (found []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.whole {
		if x != "" && strings.Contains(text, x) {
			found = append(found, x)
		}
	}
	windows(text, func(piece string) {
		if s.pieces[piece] {
			found = append(found, piece)
		}
	})
	return found
}

// windows gives all pieces of a text that are as long as a window and hold more
// than one Chinese letter.
func windows(text string, use func(string)) {
	r := []rune(text)
	for i := 0; i+window <= len(r); i++ {
		n := 0
		for _, x := range r[i : i+window] {
			if unicode.Is(unicode.Han, x) {
				n++
			}
		}
		if n > 1 {
			use(string(r[i : i+window]))
		}
	}
}

// Logger is a logger for tests: a line that holds something planted, in its
// message or in any attribute, fails the test. With LINLI_TEST_LOGS set to a
// folder every line is also kept there, for a search over the whole run.
func Logger(t testing.TB, said ...string) *slog.Logger {
	return NewSecrets(said...).Logger(t)
}

// Logger is one that looks for these secrets. More may be added later.
func (s *Secrets) Logger(t testing.TB) *slog.Logger {
	l := &listener{t: t, secrets: s, file: logFile(t)}
	o := &slog.HandlerOptions{Level: slog.LevelDebug}
	// Two ways to write a line down show different things of a value: %+v stops
	// at a pointer, JSON at what is not exported.
	return slog.New(slog.NewMultiHandler(slog.NewTextHandler(l, o), slog.NewJSONHandler(l, o)))
}

// listener reads log lines. A handler writes each of them in one piece.
type listener struct {
	t       testing.TB
	secrets *Secrets
	file    *os.File
}

func (l *listener) Write(line []byte) (int, error) {
	if found := l.secrets.In(string(line)); len(found) > 0 {
		l.t.Errorf("a log line holds %q:\n%s", found, line)
	}
	if l.file != nil {
		if _, err := l.file.Write(line); err != nil {
			l.t.Errorf("LINLI_TEST_LOGS: %v", err)
		}
	}
	return len(line), nil
}

var logs struct {
	once sync.Once
	file *os.File
	err  error
}

// logFile is the file of this test binary, nil if none is asked for.
func logFile(t testing.TB) *os.File {
	dir := os.Getenv("LINLI_TEST_LOGS")
	if dir == "" {
		return nil
	}
	logs.once.Do(func() {
		logs.file, logs.err = os.CreateTemp(dir, filepath.Base(os.Args[0])+"-*.log")
	})
	if logs.err != nil {
		t.Fatalf("LINLI_TEST_LOGS: %v", logs.err)
	}
	return logs.file
}

// KeepLog puts what a program has written for its operators beside the lines of the
// loggers, and fails the test where it holds a secret.
func (s *Secrets) KeepLog(t testing.TB, name, log string) {
	t.Helper()
	if found := s.In(log); len(found) > 0 {
		t.Errorf("%s: the output holds %d secrets, the first: %q", name, len(found), found[:min(len(found), 5)])
		shown := 0
		for line := range strings.Lines(log) {
			if shown < 5 && s.In(line) != nil {
				t.Logf("%s: %s", name, line)
				shown++
			}
		}
	}
	if f := logFile(t); f != nil {
		if _, err := f.WriteString(log); err != nil {
			t.Errorf("LINLI_TEST_LOGS: %v", err)
		}
	}
}

// spoken is what the people of a play say.
func spoken(p *dialogue.Play) (said []string) {
	for _, a := range p.Acts {
		if a.Kind == dialogue.Speak {
			said = append(said, a.Text)
		}
	}
	return said
}
