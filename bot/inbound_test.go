package bot_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
)

// What is parked, or waits to be read, is all that was heard: each part of an Inbound
// comes back as it was kept.
func TestInboundIsKeptWhole(t *testing.T) {
	var in, back bot.Inbound
	filled(t, "Inbound", reflect.ValueOf(&in).Elem())
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(in, back); d != "" {
		t.Error(d)
	}
}

// filled puts something into every part of a value.
func filled(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC)))
	case v.Kind() == reflect.String:
		v.SetString(name)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(7)
	case v.CanUint():
		v.SetUint(7)
	case v.CanFloat():
		v.SetFloat(7.5)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(t, name, v.Index(0))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(t, name, v.Elem())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			filled(t, v.Type().Field(i).Name, v.Field(i))
		}
	default:
		t.Fatalf("%s is a %s, which does not come back", name, v.Kind())
	}
}
