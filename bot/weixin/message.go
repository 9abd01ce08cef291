package weixin

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// Message is what the platform pushed, decoded. What a message of its type does not have
// is empty.
type Message struct {
	To, From    string // ToUserName, FromUserName
	Type        string // MsgType; "event" for an Event
	Event       string
	EventKey    string
	Ticket      string
	MsgID       string // MsgId, or MsgID of an event: text, for a number would lose digits
	Content     string
	MediaID     string
	PicURL      string // never fetched
	Format      string
	Recognition string
	Label       string
	MenuID      string // bizmsgmenuid: which entry of a menu in the conversation was clicked
	Token       string // of kf_msg_or_event
	OpenKfID    string
	Status      string
	Created     time.Time
	Lat, Lon    float64 // of a place; both 0 where there is none
	// Raw is every value by the name of its element. One inside another is named with a
	// dot ("SendLocationInfo.Label"), the second of a name "#2" ("Item#2.Key").
	Raw map[string]string
}

// What a message of the platform never comes near.
const (
	maxDepth    = 8
	maxElements = 200
)

// ErrMessage says that something is no message of the platform. It says no more: the rest
// would be a resident's words.
var ErrMessage = errors.New("weixin: not a message of the platform")

// ReadMessage decodes the XML of a message. There must be nothing in it that a message
// does not need: no DOCTYPE, no entities but the five of XML, no deep nesting.
func ReadMessage(data []byte) (*Message, error) {
	raw, err := readXML(data)
	if err != nil {
		return nil, err
	}
	m := &Message{
		To: raw["ToUserName"], From: raw["FromUserName"], Type: raw["MsgType"],
		Event: raw["Event"], EventKey: raw["EventKey"], Ticket: raw["Ticket"], MsgID: raw["MsgId"],
		Content: raw["Content"], MediaID: raw["MediaId"], PicURL: raw["PicUrl"], Format: raw["Format"],
		Recognition: raw["Recognition"], Label: raw["Label"], MenuID: raw["bizmsgmenuid"],
		Token: raw["Token"], OpenKfID: raw["OpenKfId"], Status: raw["Status"], Raw: raw,
	}
	if m.Type == "" {
		return nil, ErrMessage
	}
	if m.MsgID == "" {
		m.MsgID = raw["MsgID"]
	}
	if s, ok := raw["CreateTime"]; ok {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || n > 1<<40 {
			return nil, ErrMessage
		}
		m.Created = time.Unix(n, 0)
	}
	m.Lat, m.Lon = place(raw["Location_X"], raw["Location_Y"])
	if m.Lat == 0 && m.Lon == 0 {
		m.Lat, m.Lon = place(raw["Latitude"], raw["Longitude"])
	}
	return m, nil
}

// place is nowhere rather than at a number that is none.
func place(x, y string) (lat, lon float64) {
	lat, err := strconv.ParseFloat(x, 64)
	if err != nil || math.IsNaN(lat) || math.Abs(lat) > 90 {
		return 0, 0
	}
	lon, err = strconv.ParseFloat(y, 64)
	if err != nil || math.IsNaN(lon) || math.Abs(lon) > 180 {
		return 0, 0
	}
	return lat, lon
}

// readXML gives the values of a document <xml>…</xml>.
func readXML(data []byte) (map[string]string, error) {
	if !utf8.Valid(data) {
		return nil, ErrMessage
	}
	// People do send control characters, and the platform passes them on as they are. Their
	// words are worth more than the rules of XML.
	if bytes.ContainsFunc(data, odd) {
		data = bytes.Map(func(r rune) rune {
			if odd(r) {
				return utf8.RuneError
			}
			return r
		}, data)
	}
	type open struct {
		name   string // with those around it
		inside bool   // there are elements in it
		text   []byte
		seen   map[string]int
	}
	var (
		stack    []open
		values   = map[string]string{}
		elements int
		closed   bool // the root
		d        = xml.NewDecoder(bytes.NewReader(data))
	)
	for first := true; ; first = false {
		at := d.InputOffset()
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, ErrMessage
		}
		switch token := token.(type) {
		case xml.Directive:
			return nil, ErrMessage
		case xml.ProcInst:
			if token.Target != "xml" || !first || at != 0 {
				return nil, ErrMessage
			}
		case xml.CharData:
			if len(stack) == 0 {
				if len(bytes.TrimSpace(token)) > 0 {
					return nil, ErrMessage
				}
				continue
			}
			top := &stack[len(stack)-1]
			top.text = append(top.text, token...)
		case xml.StartElement:
			elements++
			if closed || elements > maxElements || len(stack) == maxDepth || token.Name.Space != "" {
				return nil, ErrMessage
			}
			if len(stack) == 0 {
				if token.Name.Local != "xml" {
					return nil, ErrMessage
				}
				stack = append(stack, open{})
				continue
			}
			top := &stack[len(stack)-1]
			top.inside = true
			if top.seen == nil {
				top.seen = map[string]int{}
			}
			name := token.Name.Local
			top.seen[name]++
			if n := top.seen[name]; n > 1 {
				// Two senders, or two texts: who else reads this may read the other one.
				if len(stack) == 1 {
					return nil, ErrMessage
				}
				name += "#" + strconv.Itoa(n)
			}
			if top.name != "" {
				name = top.name + "." + name
			}
			stack = append(stack, open{name: name})
		case xml.EndElement:
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if len(stack) == 0 {
				closed = true
			} else if !top.inside {
				values[top.name] = string(top.text)
			}
		}
	}
	if !closed {
		return nil, ErrMessage
	}
	return values, nil
}

// odd says that XML cannot hold a character.
func odd(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
}
