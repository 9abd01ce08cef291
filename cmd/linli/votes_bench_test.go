package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/flows/poll"
	"linli/storage"
)

// What a vote costs when nobody has voted, and when ten thousand have:
//
//	go test -run - -bench 'Vote$/' -count 10 ./cmd/linli | benchstat -col /voted -
//
// and how many a second the engine takes from many at once (BenchmarkVotes).

// asked has an engine put a question to everybody, of which each account has one vote.
func asked(b *testing.B) (x *bench, id flows.ID) {
	b.Helper()
	x = newBench(b)
	hear := func(i int, in bot.Inbound) {
		b.Helper()
		in.Channel, in.Keys, in.At = x.channel.Name(), []string{fmt.Sprintf("ask/%d", i)}, weekday
		in.Chat, in.From = bot.Peer{Address: "chen", Name: "陈社区", Person: true}, bot.Peer{Address: "chen", Name: "陈社区", Person: true}
		if _, err := x.engine.Receive(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
	hear(0, bot.Inbound{Kind: bot.Said, Message: flows.Message{Ref: "1", Text: "要不要在小区门口装充电桩？要/不要/再商量，周五晚八点截止"}})
	stage := func() (stage string) {
		b.Helper()
		err := x.store.View(b.Context(), func(tx storage.Tx) error {
			list, err := tx.Cases(1, func(c flows.Case) bool { return c.Flow == poll.Name })
			for _, c := range list {
				id, stage = c.ID, c.Stage
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		return stage
	}
	if s := stage(); s != poll.Preview {
		b.Fatalf("the line led to %q", s)
	}
	hear(1, bot.Inbound{Kind: bot.Pressed, Press: string(id) + "/unit=person"})
	hear(2, bot.Inbound{Kind: bot.Pressed, Press: string(id) + "/send"})
	if s := stage(); s != poll.Open {
		b.Fatalf("it is not open but %q", s)
	}
	return x, id
}

// press is a button under the question in one group, pressed by an account.
func (x *bench) press(id flows.ID, from, letter string, n int64) bot.Inbound {
	return bot.Inbound{
		Channel: x.channel.Name(), Keys: []string{fmt.Sprintf("u/%d", n), fmt.Sprintf("c/%d", n)}, At: weekday, Kind: bot.Pressed,
		Chat: bot.Peer{Address: "-1000", Name: "居民群", Group: true}, From: bot.Peer{Address: from, Name: "居民" + from, Person: true},
		Message: flows.Message{Ref: "1"}, Press: string(id) + "/v!=" + letter,
	}
}

// votes has so many accounts that nobody knows yet vote, many at once.
func (x *bench) votes(b *testing.B, id flows.ID, n, at int) (took []time.Duration) {
	b.Helper()
	each := make([][]time.Duration, at)
	var next atomic.Int64
	var all sync.WaitGroup
	for g := range at {
		all.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				began := time.Now()
				if _, err := x.engine.Receive(context.Background(), x.press(id, fmt.Sprintf("v%d", i), poll.Letter(int(i)%3), i)); err != nil {
					b.Error(err)
					return
				}
				each[g] = append(each[g], time.Since(began))
			}
		})
	}
	all.Wait()
	return slices.Concat(each...)
}

func (x *bench) turnout(b *testing.B, id flows.ID) (n int) {
	b.Helper()
	err := x.store.View(b.Context(), func(tx storage.Tx) error {
		counts, err := tx.Tally(id)
		n = poll.Turnout(counts)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func BenchmarkVote(b *testing.B) {
	for _, before := range []int{0, 10000} {
		b.Run(fmt.Sprintf("voted=%d", before), func(b *testing.B) {
			x, id := asked(b)
			defer x.stop()
			x.votes(b, id, before, 64)
			serial := int64(1) << 32
			do := func(i int, letter string) {
				serial++
				if _, err := x.engine.Receive(b.Context(), x.press(id, fmt.Sprint(i%4096), letter, serial)); err != nil {
					b.Fatal(err)
				}
			}
			var took []time.Duration
			for i := 0; b.Loop(); i++ {
				began := time.Now()
				do(i, "A")
				b.StopTimer()
				took = append(took, time.Since(began))
				if got := x.turnout(b, id); got != before+1 {
					b.Fatalf("%d have voted, want %d", got, before+1)
				}
				do(i, "") // taken back, so that the next one is of the same number
				b.StartTimer()
			}
			figures(b, took)
			if got := x.turnout(b, id); got != before {
				b.Errorf("%d have voted, want %d", got, before)
			}
		})
	}
}

func BenchmarkVotes(b *testing.B) {
	for _, at := range crowds {
		b.Run(fmt.Sprintf("accounts=%d", at), func(b *testing.B) {
			x, id := asked(b)
			defer x.stop()
			b.ResetTimer()
			took := x.votes(b, id, b.N, at)
			b.StopTimer()
			figures(b, took)
			if got := x.turnout(b, id); got != b.N {
				b.Errorf("%d of %d votes are in", got, b.N)
			}
		})
	}
}
