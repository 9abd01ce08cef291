package weixin

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestReadMessage(t *testing.T) {
	for name, x := range map[string]struct {
		xml  string
		want Message
	}{
		"text": {
			`<?xml version="1.0" encoding="UTF-8"?><xml><ToUserName><![CDATA[gh_1]]></ToUserName>
<FromUserName><![CDATA[o1]]></FromUserName> <CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[3号楼电梯 <停了> & "又" ]] > 停了
😀 ]]></Content><MsgId>9223372036854775809</MsgId></xml>`,
			Message{To: "gh_1", From: "o1", Type: "text", Content: "3号楼电梯 <停了> & \"又\" ]] > 停了\n😀 ", MsgID: "9223372036854775809", Created: time.Unix(1700000000, 0)},
		},
		"text without CDATA": {
			`<xml><FromUserName>o1</FromUserName><MsgType>text</MsgType><Content>a &lt;b&gt; &amp; &#x4e2d;<!-- so -->c<![CDATA[d]]></Content></xml>`,
			Message{From: "o1", Type: "text", Content: "a <b> & 中cd"},
		},
		"menu of a conversation": {
			`<xml><MsgType>text</MsgType><Content>满意</Content><bizmsgmenuid>101</bizmsgmenuid></xml>`,
			Message{Type: "text", Content: "满意", MenuID: "101"},
		},
		"picture": {
			`<xml><MsgType>image</MsgType><PicUrl>http://10.0.0.1/x</PicUrl><MediaId>m1</MediaId><MsgId>7</MsgId></xml>`,
			Message{Type: "image", PicURL: "http://10.0.0.1/x", MediaID: "m1", MsgID: "7"},
		},
		"voice": {
			`<xml><MsgType>voice</MsgType><MediaId>m1</MediaId><Format>amr</Format><Recognition>电梯停了</Recognition></xml>`,
			Message{Type: "voice", MediaID: "m1", Format: "amr", Recognition: "电梯停了"},
		},
		"place": {
			`<xml><MsgType>location</MsgType><Location_X>31.24</Location_X><Location_Y>121.48</Location_Y><Scale>20</Scale><Label>和平路2号</Label></xml>`,
			Message{Type: "location", Lat: 31.24, Lon: 121.48, Label: "和平路2号"},
		},
		"place where they are": {
			`<xml><MsgType>event</MsgType><Event>LOCATION</Event><Latitude>-31.5</Latitude><Longitude>-121</Longitude><Precision>9</Precision></xml>`,
			Message{Type: "event", Event: "LOCATION", Lat: -31.5, Lon: -121},
		},
		"a place that is none": {
			`<xml><MsgType>location</MsgType><Location_X>NaN</Location_X><Location_Y>121.48</Location_Y></xml>`,
			Message{Type: "location"},
		},
		"a place off the map": {
			`<xml><MsgType>location</MsgType><Location_X>31</Location_X><Location_Y>1e9</Location_Y></xml>`,
			Message{Type: "location"},
		},
		"follows by a code": {
			`<xml><MsgType>event</MsgType><Event>subscribe</Event><EventKey>qrscene_b3</EventKey><Ticket>T</Ticket></xml>`,
			Message{Type: "event", Event: "subscribe", EventKey: "qrscene_b3", Ticket: "T"},
		},
		"template is done": {
			`<xml><MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>200163836</MsgID><Status>failed:user block</Status></xml>`,
			Message{Type: "event", Event: "TEMPLATESENDJOBFINISH", MsgID: "200163836", Status: "failed:user block"},
		},
		"客服": {
			`<xml><ToUserName>ww1</ToUserName><CreateTime>1348831860</CreateTime><MsgType>event</MsgType><Event>kf_msg_or_event</Event><Token>ENCApHx</Token><OpenKfId>wk1</OpenKfId></xml>`,
			Message{To: "ww1", Type: "event", Event: "kf_msg_or_event", Token: "ENCApHx", OpenKfID: "wk1", Created: time.Unix(1348831860, 0)},
		},
		"characters that XML cannot hold": {
			"<xml><MsgType>text</MsgType><Content><![CDATA[电梯\x14停了\x00\uffff\t\n]]></Content></xml>",
			Message{Type: "text", Content: "电梯\ufffd停了\ufffd\ufffd\t\n"},
		},
		"a type of next year": {
			`<xml><MsgType>hologram</MsgType><Shape>round</Shape></xml>`,
			Message{Type: "hologram"},
		},
	} {
		got, err := ReadMessage([]byte(x.xml))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(got.Raw) == 0 {
			t.Errorf("%s: nothing is raw", name)
		}
		got.Raw = nil
		if d := cmp.Diff(x.want, *got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// What is inside something else has a name of its own, and never passes for what is outside.
func TestReadMessageInside(t *testing.T) {
	got, err := ReadMessage([]byte(`<xml><MsgType>event</MsgType><Event>pic_weixin</Event>
<SendPicsInfo><Count>2</Count><PicList><item><Sum>a</Sum></item> <item><Sum>b</Sum></item></PicList></SendPicsInfo>
<ScanCodeInfo><ScanType>qrcode</ScanType><FromUserName>somebody else</FromUserName></ScanCodeInfo><Empty></Empty></xml>`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"MsgType": "event", "Event": "pic_weixin", "SendPicsInfo.Count": "2",
		"SendPicsInfo.PicList.item.Sum": "a", "SendPicsInfo.PicList.item#2.Sum": "b",
		"ScanCodeInfo.ScanType": "qrcode", "ScanCodeInfo.FromUserName": "somebody else", "Empty": "",
	}
	if d := cmp.Diff(want, got.Raw); d != "" {
		t.Error(d)
	}
	if got.From != "" {
		t.Errorf("it is from %q", got.From)
	}
}

func nested(n int) string {
	return strings.Repeat("<a>", n) + strings.Repeat("</a>", n)
}

// hostile is what no platform sends, by name.
var hostile = map[string]string{
	"nothing":            "",
	"no XML":             "hello",
	"JSON":               `{"MsgType":"text"}`,
	"no type":            `<xml><Content>x</Content></xml>`,
	"empty type":         `<xml><MsgType></MsgType></xml>`,
	"another root":       `<msg><MsgType>text</MsgType></msg>`,
	"two roots":          `<xml><MsgType>text</MsgType></xml><xml><MsgType>text</MsgType></xml>`,
	"something before":   `x<xml><MsgType>text</MsgType></xml>`,
	"something behind":   `<xml><MsgType>text</MsgType></xml>x`,
	"not closed":         `<xml><MsgType>text</MsgType>`,
	"crossed":            `<xml><MsgType>text</xml></MsgType>`,
	"two senders":        `<xml><MsgType>text</MsgType><FromUserName>a</FromUserName><FromUserName>b</FromUserName></xml>`,
	"DOCTYPE":            `<!DOCTYPE xml><xml><MsgType>text</MsgType></xml>`,
	"DOCTYPE inside":     `<xml><!DOCTYPE xml><MsgType>text</MsgType></xml>`,
	"DOCTYPE behind":     `<xml><MsgType>text</MsgType></xml><!DOCTYPE xml>`,
	"bomb":               `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><MsgType>text</MsgType><Content>&c;</Content></xml>`,
	"external entity":    `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><MsgType>text</MsgType><Content>&e;</Content></xml>`,
	"unknown entity":     `<xml><MsgType>text</MsgType><Content>&nbsp;</Content></xml>`,
	"open entity":        `<xml><MsgType>text</MsgType><Content>a & b</Content></xml>`,
	"instruction":        `<xml><?php echo 1 ?><MsgType>text</MsgType></xml>`,
	"instruction before": `<?php echo 1 ?><xml><MsgType>text</MsgType></xml>`,
	"header late":        `<xml><?xml version="1.0"?><MsgType>text</MsgType></xml>`,
	"two headers":        `<?xml version="1.0"?><?xml version="1.0"?><xml><MsgType>text</MsgType></xml>`,
	"other encoding":     `<?xml version="1.0" encoding="GBK"?><xml><MsgType>text</MsgType></xml>`,
	"XML 1.1":            `<?xml version="1.1"?><xml><MsgType>text</MsgType></xml>`,
	"namespace":          `<xml xmlns="http://x"><MsgType>text</MsgType></xml>`,
	"prefix":             `<xml><x:MsgType>text</x:MsgType></xml>`,
	"depth":              `<xml><MsgType>text</MsgType>` + nested(maxDepth) + `</xml>`,
	"very deep":          `<xml><MsgType>text</MsgType>` + nested(5000) + `</xml>`,
	"many":               `<xml><MsgType>text</MsgType><l>` + strings.Repeat("<a></a>", maxElements-2) + `</l></xml>`,
	"invalid UTF-8":      "<xml><MsgType>text</MsgType><Content>\xff</Content></xml>",
	"UTF-8 in CDATA":     "<xml><MsgType>text</MsgType><Content><![CDATA[\xe4\xb8]]></Content></xml>",
	"UTF-16":             "\xff\xfe<\x00x\x00m\x00l\x00>\x00",
	"control in a name":  "<xml><Msg\x08Type>text</MsgType></xml>",
	"control by number":  "<xml><MsgType>text</MsgType><Content>&#27;</Content></xml>",
	"time in words":      `<xml><MsgType>text</MsgType><CreateTime>now</CreateTime></xml>`,
	"negative time":      `<xml><MsgType>text</MsgType><CreateTime>-1</CreateTime></xml>`,
	"endless time":       `<xml><MsgType>text</MsgType><CreateTime>99999999999999999999</CreateTime></xml>`,
	"far time":           `<xml><MsgType>text</MsgType><CreateTime>9223372036854775807</CreateTime></xml>`,
}

func TestReadMessageRefuses(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		if m, err := ReadMessage([]byte(hostile[name])); err != ErrMessage || m != nil {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
	// Just inside the limits.
	for name, ok := range map[string]string{
		"depth": `<xml><MsgType>text</MsgType>` + nested(maxDepth-1) + `</xml>`,
		"many":  `<xml><MsgType>text</MsgType><l>` + strings.Repeat("<a></a>", maxElements-3) + `</l></xml>`,
	} {
		if _, err := ReadMessage([]byte(ok)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is read is bounded by what was sent, and stays text.
func FuzzMessage(f *testing.F) {
	for _, s := range hostile {
		f.Add([]byte(s))
	}
	f.Add([]byte(`<xml><MsgType><![CDATA[text]]></MsgType><CreateTime>1700000000</CreateTime><Content>&lt;</Content><a><b>1</b><b>2</b></a></xml>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ReadMessage(data)
		if err != nil {
			if err != ErrMessage {
				t.Fatal(err)
			}
			return
		}
		if m.Type == "" || m.Type != m.Raw["MsgType"] {
			t.Fatalf("type %q", m.Type)
		}
		if len(m.Raw) > maxElements {
			t.Fatalf("%d values", len(m.Raw))
		}
		n := 0
		for name, value := range m.Raw {
			if !utf8.ValidString(name) || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				t.Fatalf("%q is %q", name, value)
			}
			n += len(value)
		}
		if n > 3*len(data) { // one control character becomes three bytes
			t.Fatalf("%d bytes became %d", len(data), n)
		}
		if m.Lat < -90 || m.Lat > 90 || m.Lon < -180 || m.Lon > 180 || m.Lat != m.Lat || m.Lon != m.Lon {
			t.Fatalf("at %g, %g", m.Lat, m.Lon)
		}
	})
}
