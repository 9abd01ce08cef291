package official

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"linli/bot"
)

// Template is the form in which somebody is told of a message whose window is shut: one
// that the platform has approved for the account.
type Template struct {
	ID        string
	Subscribe bool // 订阅通知, which each person must allow, once for each message or for good; else 模板消息
	// The fields as the account's console names them: "thing2", "character_string1",
	// "time3". What is required, the others may be empty.
	No, What, At string
	Fixed        map[string]string // fields that always say the same
}

var (
	templateForm = regexp.MustCompile(`^[0-9A-Za-z_-]{8,64}$`)
	fieldForm    = regexp.MustCompile(`^([a-z_]+)([0-9]{1,3})$`)
)

// kinds of fields, with how many characters they hold. [U]: the list is that of 订阅通知.
var kinds = map[string]int{
	"thing": 20, "short_thing": 5, "character_string": 32, "number": 32, "letter": 32, "symbol": 5, "phrase": 5, "name": 10,
	"time": 32, "date": 32, "const": 20, "keyword": 20,
}

func kindOf(field string) string {
	if m := fieldForm.FindStringSubmatch(field); m != nil {
		return m[1]
	}
	return ""
}

func (t Template) check() error {
	if t.ID == "" {
		if t.No+t.What+t.At != "" || len(t.Fixed) > 0 {
			return errors.New("official: fields of a template, and no template")
		}
		return nil
	}
	if !templateForm.MatchString(t.ID) {
		return errors.New("official: not the id of a template")
	}
	if t.What == "" {
		return errors.New("official: the template has no field for what it is about")
	}
	used := map[string]bool{}
	fields := []struct {
		name string
		may  []string
	}{
		{t.What, []string{"thing", "short_thing", "phrase", "const", "keyword"}},
		{t.No, []string{"character_string", "number", "thing", "keyword"}},
		{t.At, []string{"time", "date", "thing", "keyword"}},
	}
	for name := range t.Fixed {
		fields = append(fields, struct {
			name string
			may  []string
		}{name, nil})
	}
	for _, f := range fields {
		if f.name == "" {
			continue
		}
		kind := kindOf(f.name)
		if _, known := kinds[kind]; !known || f.may != nil && !slices.Contains(f.may, kind) {
			return fmt.Errorf("official: the field %q of the template cannot hold this", f.name)
		}
		if used[f.name] {
			return fmt.Errorf("official: the field %q of the template stands twice", f.name)
		}
		used[f.name] = true
	}
	for name, value := range t.Fixed {
		if value == "" || fitting(kindOf(name), value) != value {
			return fmt.Errorf("official: what the field %q of the template always says does not fit", name)
		}
	}
	return nil
}

// Knock tells somebody of a message by the template. Closed says that they have not allowed
// it, or that the account has no template. What became of it comes back as
// bot.Undelivered, unless it arrived. A 模板消息 is sent once however often it is
// attempted within ten minutes; a 订阅通知 has no such key.
func (o *Official) Knock(ctx context.Context, address string, f bot.Form) (string, error) {
	t := o.options.Template
	switch {
	case t.ID == "" || o.options.Passive:
		return "", bot.Closed{Why: "the account has no form for this"}
	case !openidForm.MatchString(address):
		return "", bot.Gone{Why: "not the openid of anybody"}
	}
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("official: %w", err)
	}
	values := t.fill(f)
	page, _ := webAddress(f.URL)
	var answer struct {
		ID json.RawMessage `json:"msgid"` // a number of 64 bits, which must not become a float
	}
	var err error
	if t.Subscribe {
		m := &message.SubscribeMessage{ToUser: address, TemplateID: t.ID, Page: page, Data: map[string]*message.SubscribeDataItem{}}
		for k, v := range values {
			m.Data[k] = &message.SubscribeDataItem{Value: v}
		}
		err = o.post(ctx, "/cgi-bin/message/subscribe/bizsend", m, &answer)
	} else {
		m := &message.TemplateMessage{ToUser: address, TemplateID: t.ID, URL: page, Data: map[string]*message.TemplateDataItem{}}
		if f.Key != "" {
			m.ClientMsgID = shortened(f.Key)
		}
		for k, v := range values {
			m.Data[k] = &message.TemplateDataItem{Value: v}
		}
		err = o.post(ctx, "/cgi-bin/message/template/send", m, &answer)
	}
	if err != nil {
		return "", verdict(ctx, err)
	}
	id := strings.Trim(string(answer.ID), `"`)
	if id == "" || id == "null" || id == "0" {
		id = rand.Text() // [U]: whether a 订阅通知 has an id before its end is told
	}
	return knockRef(id), nil
}

// knockRef is the reference of a notice; no message has such a one.
func knockRef(id string) string { return "t" + id }

// fill gives the fields of the template for a message. None may be empty.
func (t Template) fill(f bot.Form) map[string]string {
	values := map[string]string{t.What: fitting(kindOf(t.What), f.What)}
	for name, value := range t.Fixed {
		values[name] = value
	}
	if t.No != "" {
		values[t.No] = fitting(kindOf(t.No), f.No)
	}
	if t.At != "" {
		layout := "1月2日 15:04"
		switch kindOf(t.At) {
		case "time":
			layout = "2006年1月2日 15:04"
		case "date":
			layout = "2006年1月2日"
		}
		values[t.At] = f.At.Format(layout)
	}
	return values
}

// fitting makes a value one that the platform takes in a field of a kind.
func fitting(kind, value string) string {
	value = strings.Join(strings.Fields(plain(value)), " ")
	keep := func(ok func(rune) bool) {
		value = strings.Map(func(r rune) rune {
			if ok(r) {
				return r
			}
			return -1
		}, value)
	}
	empty := "-"
	switch kind {
	case "number":
		keep(func(r rune) bool { return r >= '0' && r <= '9' || r == '.' })
		empty = "0"
	case "letter":
		keep(func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
		empty = "x"
	case "character_string":
		keep(func(r rune) bool { return r > ' ' && r <= '~' })
	case "phrase":
		keep(func(r rune) bool { return unicode.Is(unicode.Han, r) })
		empty = "通知"
	}
	if value == "" {
		return empty
	}
	most := kinds[kind]
	if utf8.RuneCountInString(value) <= most {
		return value
	}
	cut := []rune(value)
	if kind == "thing" || kind == "keyword" {
		return strings.TrimSpace(string(cut[:most-1])) + "…"
	}
	return strings.TrimSpace(string(cut[:most]))
}
