package kefu

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/kefu/fake"
	"linli/bot/weixin"
)

// counter takes everything and forgets it.
type counter struct {
	n    atomic.Int64
	want int64
	done chan struct{}
}

func (c *counter) Receive(context.Context, bot.Inbound) (bot.Answer, error) {
	if c.n.Add(1) == c.want {
		close(c.done)
	}
	return bot.Answer{}, nil
}

func benched(b *testing.B, r Receiver) (*fake.Server, *Kefu) {
	s := fake.New()
	if err := weixin.Connect(weixin.Lines{Work: s.Start()}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	k, err := New(Options{CorpID: fake.CorpID, Secret: fake.Secret, Token: fake.Token, AESKey: fake.AESKey, Account: fake.Account,
		Receive: r, Shelf: &bottest.Shelf{Now: time.Now}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return s, k
}

// BenchmarkCallback is 256 callbacks at a time while nobody takes what they tell of.
func BenchmarkCallback(b *testing.B) {
	s, k := benched(b, &counter{})
	query, body := s.Callback([]byte(xmlOf(fake.Account, "T")))
	var (
		mu   sync.Mutex
		took []time.Duration
	)
	b.SetParallelism(256)
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			r := httptest.NewRequest(http.MethodPost, "/hook/kefu?"+query.Encode(), strings.NewReader(string(body)))
			w := httptest.NewRecorder()
			began := time.Now()
			k.ServeHTTP(w, r)
			mine = append(mine, time.Since(began))
			if w.Code != http.StatusOK {
				b.Error(w.Code)
			}
		}
		mu.Lock()
		took = append(took, mine...)
		mu.Unlock()
	})
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "callbacks/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkSync is what a hundred people say, from the platform to a receiver that keeps
// nothing.
func BenchmarkSync(b *testing.B) {
	c := &counter{want: int64(b.N), done: make(chan struct{})}
	s, k := benched(b, c)
	s.Quiet = true
	var people []*fake.Person
	for range 100 {
		people = append(people, s.AddPerson())
	}
	for i := range b.N {
		people[i%len(people)].Say("3号楼2单元的电梯停了，有老人下不了楼")
	}
	k.word.note(s.Word(), time.Now(), time.Now())
	b.ResetTimer()
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- k.Run(ctx) }()
	<-c.done
	b.StopTimer()
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
