package flowstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"linli/flows"
)

const (
	maxState = 64 << 10 // of a case's data, in bytes
	maxData  = 64       // of a button, in bytes
	idLength = 20       // of a case's id, at most: the longest number
	maxMoves = 24       // cases that one event may move; the engine allows some more
)

// failer is a test, or one play of it.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// same runs the rules twice and looks whether they did the same, and whether
// they left alone what they were given.
func same(t failer, f flows.Flow, c flows.Case, e flows.Event) (flows.Case, []flows.Effect) {
	given, was := print(t, e), bytes.Clone(c.Data)
	one, effects, err := f.Step(c, e)
	if err != nil {
		t.Fatalf("%s, %s: %v", c.Stage, flows.Kind(e.What), err)
	}
	if now := print(t, e); now != given {
		t.Fatalf("the rules have changed their event:\n%s", cmp.Diff(given, now))
	}
	if !bytes.Equal(was, c.Data) {
		t.Fatalf("the rules have changed the state they were given")
	}
	two, again, err := f.Step(c, e)
	if err != nil {
		t.Fatalf("the second time: %v", err)
	}
	if !reflect.DeepEqual(one, two) {
		t.Fatalf("the same event led to another state:\n%s", cmp.Diff(one, two))
	}
	if a, b := written(t, effects), written(t, again); !slices.Equal(a, b) {
		t.Fatalf("the same event led to other effects:\n%s", cmp.Diff(a, b))
	}
	return one, effects
}

// print writes down an event, without the settings, which are compared once at
// the end of a run.
func print(t failer, e flows.Event) string {
	e.Settings = nil
	what, err := flows.MarshalWhat(e.What)
	if err != nil {
		t.Fatalf("%v", err)
	}
	e.What = nil
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(b) + string(what)
}

func written(t failer, effects []flows.Effect) []string {
	var out []string
	for _, e := range effects {
		b, err := flows.MarshalEffect(e)
		if err != nil {
			t.Fatalf("an effect cannot be written: %v", err)
		}
		out = append(out, string(b))
	}
	return out
}

// stays looks at what a step may do to a case's summary.
func stays(t failer, before, after flows.Case) {
	switch {
	case before.Done && !after.Done:
		t.Fatalf("a closed case was opened again: %s → %s", before.Stage, after.Stage)
	case before.Done && before.Stage != after.Stage:
		t.Fatalf("a closed case went from %s to %s", before.Stage, after.Stage)
	case before.Numbered && !after.Numbered:
		t.Fatalf("a case with a number is none any more: %s → %s", before.Stage, after.Stage)
	case after.Forget && (before.Numbered || after.Numbered):
		t.Fatalf("a case with a number is forgotten: %s → %s", before.Stage, after.Stage)
	case after.Stage == "":
		t.Fatalf("a case without a stage, after %s", before.Stage)
	case after.Done && len(after.Matter) > 0:
		t.Fatalf("a closed case is found as the same matter: %v", after.Matter)
	case len(after.Data) > maxState:
		t.Fatalf("a state of %d bytes in %s, at most %d", len(after.Data), after.Stage, maxState)
	}
}

// effect looks at one effect of a case's step.
func effect(t failer, s Step, eff flows.Effect) {
	b, err := flows.MarshalEffect(eff)
	if err != nil {
		t.Fatalf("%T cannot be written: %v", eff, err)
	}
	back, err := flows.UnmarshalEffect(b)
	if err != nil {
		t.Fatalf("%T cannot be read: %v", eff, err)
	}
	if !equal(reflect.ValueOf(eff), reflect.ValueOf(back)) {
		t.Fatalf("%T does not survive:\n%s", eff, cmp.Diff(eff, back, cmpopts.EquateEmpty()))
	}
	e := s.Event
	switch eff := eff.(type) {
	case flows.Say:
		say(t, s, eff)
	case flows.Put:
		if eff.Entry.Key == "" || eff.Entry.Tag == "" && !eff.Delete {
			t.Fatalf("an entry without a key or a tag: %+v", eff.Entry)
		}
	case flows.Next:
		if eff.Tag == "" || eff.N <= 0 {
			t.Fatalf("the next %d of %q", eff.N, eff.Tag)
		}
	case flows.Wake:
		if eff.Name == "" {
			t.Fatalf("a wake-up without a name")
		}
		if eff.At.Before(e.At) {
			t.Fatalf("a wake-up %q in the past: %s, now %s", eff.Name, stamp(eff.At), stamp(e.At))
		}
		if eff.At.After(e.At.AddDate(2, 0, 0)) {
			t.Fatalf("a wake-up %q in another age: %s, now %s", eff.Name, stamp(eff.At), stamp(e.At))
		}
	case flows.Ask:
		if eff.Name == "" {
			t.Fatalf("an ask without a name")
		}
	case flows.Open:
		if eff.Flow == "" {
			t.Fatalf("a case of no flow is opened")
		}
	case flows.Tell:
		if eff.Name == "" {
			t.Fatalf("a case is told nothing")
		}
		if (eff.Key == "") != (eff.Flow == "") || eff.Key != "" && eff.Case != "" {
			t.Fatalf("%q is told to the case %q, of the flow %q, under the key %q", eff.Name, eff.Case, eff.Flow, eff.Key)
		}
	case flows.Seal:
		if eff.Sum == "" {
			t.Fatalf("the journal is to keep nothing")
		}
	case flows.Remember:
		own := eff.Consent == nil && eff.Home == nil && eff.Lang == "" && eff.Profile == nil // what others may confirm
		if eff.Person == "" || eff.Person != e.By.Person && !own {
			t.Fatalf("%q is remembered for what %q did", eff.Person, e.By.Person)
		}
	case flows.Find:
		if eff.N <= 0 || eff.N > 200 || eff.Who.Scope.Zero() {
			t.Fatalf("%d people of %+v are looked for", eff.N, eff.Who.Scope)
		}
	default:
		t.Fatalf("an unknown effect %T", eff)
	}
}

// equal is what cmp.Equal says with times compared as moments and empty values
// taken for none. It is asked so often that cmp would take most of a play's time.
func equal(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() || a.IsValid() && a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Struct:
		if x, ok := a.Interface().(time.Time); ok {
			return x.Equal(b.Interface().(time.Time))
		}
		for i := range a.NumField() {
			if !equal(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for _, k := range a.MapKeys() {
			if !equal(a.MapIndex(k), b.MapIndex(k)) {
				return false
			}
		}
		return true
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return equal(a.Elem(), b.Elem())
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// nobodys finds the number of a case that has none, but not a telephone's.
var nobodys = regexp.MustCompile(`(^|[^-0-9])` + flows.Spoken(0) + `($|[^0-9])`)

func stamp(t time.Time) string { return t.Format("2006-01-02 15:04") }

// say looks at a Say: it reaches somebody, and can be read in every language.
func say(t failer, s Step, say flows.Say) {
	c, e := s.After, s.Event
	if say.To.Zero() && !(say.Toast && e.By.Person == "") {
		t.Fatalf("%q is said to nobody, after %s", say.Words, flows.Kind(e.What))
	}
	parts := 0
	for _, used := range []bool{say.To.Person != "", say.To.Role != "", say.To.Chat != "", !say.To.Groups.Zero(), say.To.Entries != "", say.To.Group != "", !say.To.Nearest.Zero(), !say.To.Homes.Zero()} {
		if used {
			parts++
		}
	}
	if parts > 1 {
		t.Fatalf("%q is said to more than one: %+v", say.Words, say.To)
	}
	if !slices.Contains([]flows.Class{flows.Emergency, flows.Personal, flows.Work, flows.Notice, flows.Invitation}, say.Class) {
		t.Fatalf("%q has the class %q", say.Words, say.Class)
	}
	if !say.Until.IsZero() && say.Until.Before(e.At) {
		t.Fatalf("%q is too late at once", say.Words)
	}
	if say.Expect != "" && say.To.Person == "" {
		t.Fatalf("%q expects an answer of nobody in particular", say.Words)
	}
	if say.Toast && (say.To.Person != e.By.Person || len(say.Buttons)+len(say.Media) > 0 || say.Expect != "" || say.Slot != "") {
		t.Fatalf("%q is a brief notice with more than a text, or for somebody else", say.Words)
	}
	if say.Tidy && say.Slot == "" {
		t.Fatalf("%q only changes a message, but says not which", say.Words)
	}
	if say.React != "" {
		if say.Quote == "" || say.To.Chat == "" || say.Words != "" || len(say.Buttons)+len(say.Media) > 0 || say.Class != flows.Notice {
			t.Fatalf("the sign %q is more than a sign on a message of a group", say.React)
		}
		return
	}
	ballot(t, say)
	seen := map[string]bool{}
	for _, b := range say.Buttons {
		if b.Case != "" && !s.Past.Cases[b.Case] {
			t.Fatalf("%q has a button to the case %q, which never was", say.Words, b.Case)
		}
		if b.Link != "" {
			link(t, say, b)
			continue
		}
		data := strings.Repeat("9", idLength) + "/" + b.Choice
		if len(data) > maxData || !utf8.ValidString(data) {
			t.Fatalf("%q has a button of %d bytes: %q", say.Words, len(data), b.Choice)
		}
		if name, _, _ := strings.Cut(b.Choice, "="); name == "" {
			t.Fatalf("%q has a button that says nothing: %q", say.Words, b.Choice)
		}
		to := string(b.Case) + "/" + b.Choice
		if seen[to] {
			t.Fatalf("%q has the button %q twice", say.Words, to)
		}
		seen[to] = true
	}
	for _, lang := range flows.Languages {
		text, labels, err := Render(s, say, lang)
		if err != nil {
			t.Fatalf("%s, %s after %s: %v", say.Words, c.Stage, flows.Kind(e.What), err)
		}
		if say.Ballot != nil {
			asked, err := s.Flow.Words.Render(lang, say.Ballot.Words, say.Vars, c.No, e.At, s.Settings)
			if err != nil || asked == "" {
				t.Fatalf("%q asks %q in %s: %v", say.Words, asked, lang, err)
			}
			labels = append(labels, asked)
		}
		if text == "" && (say.Slot == "" || say.To.Person == "" || !s.Past.Told[say.To.Person][Slot(say.Slot)]) {
			t.Fatalf("%q is empty in %s", say.Words, lang)
		}
		for i, l := range append([]string{text}, labels...) {
			if i > 0 && i <= len(say.Buttons) && l == "" {
				t.Fatalf("%q has the empty button %q in %s", say.Words, say.Buttons[i-1].Choice+say.Buttons[i-1].Link, lang)
			}
			for _, wrong := range []string{"<no value>", "<nil>", "%!", "map[", "{{"} {
				if strings.Contains(l, wrong) && !slices.ContainsFunc(s.Past.Texts, func(x string) bool { return strings.Contains(x, wrong) }) {
					t.Fatalf("%q reads %q in %s", say.Words, l, lang)
				}
			}
			if c.No == 0 && nobodys.MatchString(l) {
				t.Fatalf("%q names a number that nobody has, in %s: %q", say.Words, c.Stage, l)
			}
		}
	}
}

// ballot looks at what a Say asks in the form that platforms have for it, and at the
// numbers it shows.
func ballot(t failer, say flows.Say) {
	if q := say.Ballot; q != nil {
		data := strings.Repeat("9", idLength) + "/" + q.Choice + "=A"
		if len(q.Options) < 2 || len(q.Options) > 26 || slices.Contains(q.Options, "") || q.Choice == "" || strings.Contains(q.Choice, "=") || len(data) > maxData {
			t.Fatalf("%q asks %q with the choice %q", say.Words, q.Options, q.Choice)
		}
	}
	if say.Chart == nil {
		return
	}
	if len(say.Chart.Bars) == 0 || say.Chart.Of < 0 {
		t.Fatalf("%q shows a picture of nothing", say.Words)
	}
	for _, b := range say.Chart.Bars {
		if b.N < 0 || strings.Trim(b.Label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || b.Label == "" {
			t.Fatalf("%q shows the bar %+v", say.Words, b)
		}
	}
}

// link looks at a button that leads somewhere.
func link(t failer, say flows.Say, b flows.Button) {
	if b.Choice != "" || b.Link != "private" && b.Link != "page" {
		t.Fatalf("%q has a button that leads to %q and brings back %q", say.Words, b.Link, b.Choice)
	}
}

// Render gives a Say of a step as it reads, and the labels of its buttons.
func Render(s Step, say flows.Say, lang string) (text string, labels []string, err error) {
	if say.React != "" {
		return "", nil, nil // a sign is not read
	}
	text, err = s.Flow.Words.Render(lang, say.Words, say.Vars, s.After.No, s.Event.At, s.Settings)
	if err != nil {
		return "", nil, err
	}
	for _, b := range say.Buttons {
		l, err := s.Flow.Words.Render(lang, b.Words, b.Vars, s.After.No, s.Event.At, s.Settings)
		if err != nil {
			return "", nil, fmt.Errorf("button %s: %w", b.Choice+b.Link, err)
		}
		labels = append(labels, l)
	}
	return text, labels, nil
}

// Readers are the people with a post, or the person, that a To selects; nil
// for a chat or for entries.
func Readers(s *flows.Settings, to flows.To) []flows.PersonID {
	var out []flows.PersonID
	switch {
	case to.Person != "":
		out = []flows.PersonID{to.Person}
	case to.Role != "":
		out = s.With(to.Role, to.Scope)
	}
	return slices.DeleteFunc(out, func(p flows.PersonID) bool { return slices.Contains(to.Except, p) })
}
