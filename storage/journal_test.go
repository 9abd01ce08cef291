package storage_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"linli/flows"
	"linli/storage"

	"pgregory.net/rapid"
)

func TestVerify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := journal(t)
		head := rs[len(rs)-1].Chain
		for i := range rs {
			if rapid.Bool().Draw(t, "erased") {
				rs[i] = storage.Erase(rs[i])
			}
		}
		if err := storage.VerifyTo(head, rs); err != nil {
			t.Fatalf("an honest journal: %v", err)
		}

		i := rapid.IntRange(0, len(rs)-1).Draw(t, "which")
		bad := slices.Clone(rs)
		switch rapid.SampledFrom([]string{"edit", "delete", "truncate", "swap", "insert", "unerase", "reword", "forge"}).Draw(t, "how") {
		case "edit":
			if bad[i].Erased {
				t.Skip("nothing to edit")
			}
			edit(t, &bad[i])
		case "delete":
			bad = slices.Delete(bad, i, i+1)
		case "truncate":
			bad = bad[:i]
		case "swap":
			j := rapid.IntRange(0, len(rs)-1).Draw(t, "with")
			if i == j {
				t.Skip("the same record")
			}
			bad[i], bad[j] = bad[j], bad[i]
			if rapid.Bool().Draw(t, "renumbered") {
				bad[i].Seq, bad[j].Seq = i+1, j+1
			}
		case "insert":
			bad = slices.Insert(bad, i, bad[i])
		case "unerase":
			bad[i].Erased = !bad[i].Erased
		case "reword":
			bad[i] = storage.Erase(bad[i])
			edit(t, &bad[i])
		case "forge":
			// A record that is sound in itself and not the one the chain was built on.
			bad[i].After += "!"
			bad[i].Erased = false
			chain := bad[i].Chain
			storage.Seal(nil, &bad[i], []byte("another salt"))
			bad[i].Chain = chain
		}
		if err := storage.VerifyTo(head, bad); !errors.Is(err, storage.ErrBrokenChain) {
			t.Fatalf("a tampered journal passed: %v", err)
		}
	})
}

func TestVerifyMissesTheEndOnly(t *testing.T) {
	rs := make([]storage.Record, 3)
	var prev []byte
	for i := range rs {
		rs[i] = storage.Record{Case: "k1", Seq: i + 1, Event: "said", After: "open"}
		storage.Seal(prev, &rs[i], []byte{byte(i)})
		prev = rs[i].Chain
	}
	if err := storage.Verify(rs[:2]); err != nil {
		t.Errorf("without a head a journal may end anywhere: %v", err)
	}
	if err := storage.VerifyTo(prev, rs[:2]); !errors.Is(err, storage.ErrBrokenChain) {
		t.Errorf("the missing end was not seen: %v", err)
	}
	if err := storage.VerifyTo(rs[1].Chain, rs); !errors.Is(err, storage.ErrBrokenChain) {
		t.Errorf("the added end was not seen: %v", err)
	}
	if err := storage.VerifyTo(nil, nil); err != nil {
		t.Errorf("an empty journal: %v", err)
	}
}

// A field of Record that the commitment forgot could be changed unseen.
func TestEveryFieldIsCommitted(t *testing.T) {
	whole := storage.Record{
		Case: "k1", Seq: 1, At: time.Date(2026, 3, 11, 9, 0, 0, 5, time.UTC), Event: "e", Kind: "k", By: "p",
		Detail: "d", Before: "b", After: "a", Settings: "s",
	}
	storage.Seal(nil, &whole, []byte("salt"))
	typ := reflect.TypeFor[storage.Record]()
	for i := range typ.NumField() {
		switch typ.Field(i).Name {
		case "Erased", "Commitment", "Chain":
			continue
		}
		r := whole
		f := reflect.ValueOf(&r).Elem().Field(i)
		if f.IsZero() {
			t.Fatalf("the test does not fill %s", typ.Field(i).Name)
		}
		f.SetZero()
		if err := storage.Verify([]storage.Record{r}); err == nil {
			t.Errorf("%s can be changed unseen", typ.Field(i).Name)
		}
	}
}

func TestEraseKeepsNothing(t *testing.T) {
	r := storage.Record{Case: "k1", Seq: 4, At: time.Now(), Event: "e", Kind: "k", By: "p", Detail: "d", Before: "b", After: "a", Settings: "s"}
	storage.Seal(nil, &r, []byte("salt"))
	got := storage.Erase(r)
	want := storage.Record{Seq: 4, Erased: true, Commitment: r.Commitment, Chain: r.Chain}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestZoneDoesNotMatter(t *testing.T) {
	r := storage.Record{Case: "k1", Seq: 1, At: time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC), After: "a"}
	storage.Seal(nil, &r, []byte("salt"))
	r.At = r.At.In(time.FixedZone("CST", 8*3600))
	if err := storage.Verify([]storage.Record{r}); err != nil {
		t.Error(err)
	}
}

func journal(t *rapid.T) []storage.Record {
	rs := make([]storage.Record, rapid.IntRange(1, 8).Draw(t, "records"))
	word := rapid.StringMatching(`[a-c]{0,2}`)
	var prev []byte
	for i := range rs {
		rs[i] = storage.Record{
			Case: "k1", Seq: i + 1, At: time.Unix(rapid.Int64Range(0, 3).Draw(t, "at"), 0),
			Event: word.Draw(t, "event"), Kind: word.Draw(t, "kind"), By: flows.PersonID(word.Draw(t, "by")),
			Detail: word.Draw(t, "detail"), Before: word.Draw(t, "before"), After: word.Draw(t, "after"),
		}
		salt := sha256.Sum256([]byte{byte(i)})
		storage.Seal(prev, &rs[i], salt[:16])
		if bytes.Equal(prev, rs[i].Chain) {
			t.Fatal("the chain stands still")
		}
		prev = rs[i].Chain
	}
	return rs
}

// edit changes one thing, also by moving bytes from a field to its neighbour.
func edit(t *rapid.T, r *storage.Record) {
	switch rapid.IntRange(0, 6).Draw(t, "field") {
	case 0:
		r.Event, r.Kind = r.Event+r.Kind+"x", ""
	case 1:
		r.By += "x"
	case 2:
		r.At = r.At.Add(time.Nanosecond)
	case 3:
		r.Before, r.After = r.Before+"a", r.After+"b"
	case 4:
		r.Salt = append(bytes.Clone(r.Salt), 1)
	case 5:
		r.Case = "k2"
	case 6:
		r.Commitment = bytes.Clone(r.Commitment)
		r.Commitment[0] ^= 1
	}
}
