package flows

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// register is a community with n listed households in as many buildings as it
// needs, and one building whose households are not listed.
func register(n int) *Settings {
	s := &Settings{Buildings: []Building{{ID: "free", Units: []string{"1", "2"}, Floors: 12, PerFloor: 4, Households: 96}}}
	for i := range n {
		b := fmt.Sprint(i/60 + 1)
		if i%60 == 0 {
			s.Buildings = append(s.Buildings, Building{ID: b, Units: []string{"1"}})
		}
		h := Household{Building: b, Unit: "1", Room: fmt.Sprint(i%60/4*100 + 101 + i%4), Area: 8000 + i}
		if i%10 == 0 {
			h.Owner = fmt.Sprint("o", i/20)
		}
		s.Households = append(s.Households, h)
	}
	slices.SortFunc(s.Households, Household.Compare)
	return s
}

func TestHouseholdsAreFound(t *testing.T) {
	s := register(1000)
	for i, h := range s.Households {
		if i > 0 && h.Compare(s.Households[i-1]) <= 0 {
			t.Fatalf("%+v after %+v", h, s.Households[i-1])
		}
		for _, unit := range []string{"1", ""} { // with one unit it need not be said
			if got, ok := s.Household(Place{Building: h.Building, Unit: unit, Room: h.Room, Floor: 3}); !ok || got != h {
				t.Fatalf("%+v %v, want %+v", got, ok, h)
			}
		}
		if !slices.Contains(s.Owned(h.OwnerKey(), Scope{Building: h.Building}), h) {
			t.Fatalf("%+v is not among those of its owner", h)
		}
	}
	for _, p := range []Place{{Building: "1", Unit: "1", Room: "199"}, {Building: "1", Unit: "2", Room: "101"}, {Building: "99", Unit: "1", Room: "101"}, {Building: "1", Unit: "1"}, {}} {
		if h, ok := s.Household(p); ok {
			t.Errorf("%+v is found as %+v", p, h)
		}
	}
	if len(s.Doors("free")) > 0 || s.Listed("free") || !s.Listed("17") || len(s.Doors("17")) != 40 || len(s.Doors("1")) != 60 || len(s.Doors("18")) > 0 {
		t.Error("what is listed and what is not")
	}
	if h, ok := s.Household(Place{Building: "free", Unit: "2", Room: "1204"}); !ok || h.Area != 0 {
		t.Error("a building that is not listed is known by its floors", h, ok)
	}
	doors := s.Doors("1")
	if more := append(doors, Household{}); &more[0] == &s.Households[0] {
		t.Error("who appends to the doors of a building writes into the register")
	}
}

func TestOwned(t *testing.T) {
	s := register(60)
	if got := len(s.Owned("o/o0", Everywhere)); got != 2 {
		t.Errorf("%d households of one owner", got)
	}
	if got := s.Owned("o/1/1/102", Everywhere); len(got) != 1 || got[0].Room != "102" {
		t.Error(got)
	}
	for _, key := range []string{"o/1/1/101", "o/o9", "h/1/1/102", "o/1/1/1020", "o/1/1/10", "", "o/", "p1"} {
		if got := s.Owned(key, Everywhere); len(got) > 0 {
			t.Errorf("%s: %v", key, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[0-9a-c]{0,3}`)
		h := Household{Building: word.Draw(t, "b"), Unit: word.Draw(t, "u"), Room: word.Draw(t, "r"), Owner: rapid.SampledFrom([]string{"", "", "a", "1"}).Draw(t, "o")}
		key := rapid.OneOf(rapid.Just(h.OwnerKey()), rapid.StringMatching(`o(/[0-9a-c]{0,3}){1,3}`)).Draw(t, "key")
		if h.owned(key) != (h.OwnerKey() == key) {
			t.Fatalf("%+v and %s", h, key)
		}
	})
}

// Of two matters a question touches, the one that needs more is told, whatever
// order they stand in.
func TestReservedNeedsMore(t *testing.T) {
	list := []Reserved{{ID: "use", Words: []string{"维修资金"}}, {ID: "raise", Words: []string{"续筹"}, Special: true}, {ID: "alter", Words: []string{"加装电梯"}, Special: true}, {ID: "rules", Words: []string{"规约"}}}
	for q, want := range map[string]string{"要不要续筹维修资金？": "raise", "用维修资金加装电梯？": "alter", "用维修资金行吗？": "use", "规约写维修资金吗？": "", "修灯吗？": "none"} {
		got := map[string]bool{}
		for range 2 {
			s := &Settings{Polls: Polls{Reserved: list}}
			r, ok := s.Reserved(q)
			if ok == (want == "none") {
				t.Errorf("%s: %v", q, ok)
			}
			got[r.ID] = true
			slices.Reverse(list)
		}
		if want == "none" {
			want = ""
		} else if want == "" {
			continue // of two that need the same, either
		}
		if d := cmp.Diff(map[string]bool{want: true}, got); d != "" {
			t.Error(q, d)
		}
	}
}

func BenchmarkHousehold(b *testing.B) {
	for _, n := range []int{60, 3000} {
		s := register(n)
		last := s.Households[n-1].Place()
		b.Run(fmt.Sprintf("found of %d", n), func(b *testing.B) {
			for b.Loop() {
				if _, ok := s.Household(last); !ok {
					b.Fatal("not found")
				}
			}
		})
		key := s.Households[n-1].OwnerKey()
		b.Run(fmt.Sprintf("owned of %d", n), func(b *testing.B) {
			for b.Loop() {
				if len(s.Owned(key, Everywhere)) == 0 {
					b.Fatal("not found")
				}
			}
		})
	}
}
