package demand

import "linli/flows"

// What is brought to a complaint meeting (吐槽大会) is filed there and then: whoever leads the
// meeting has heard it, so that nothing is asked back, and the meeting hears the number.

// brought files what somebody has said at a meeting, or what was put down for them.
func (t *turn) brought(b flows.Brought) {
	t.At, t.Reporter, t.Private, t.Meeting = t.e.At, b.By, true, b.Meeting
	if t.Reporter == "" {
		t.Reporter, t.Behalf = t.e.By.Person, true
	}
	t.Item, t.Place, t.Words, t.First, t.Media = b.Matter, b.Place, cut(b.Text), cut(b.Text), b.Media
	if t.Item == "" {
		t.Item = "8-3"
	}
	if t.About = b.About; t.About == "" {
		t.About = t.item().About
	}
	t.Asked, t.Other = true, true
	t.put("reporter", t.Reporter, "")
	t.file()
}

// tellMeeting tells the meeting the number it was filed under, once.
func (t *turn) tellMeeting(no int) {
	if t.Meeting == "" {
		return
	}
	t.do(flows.Tell{Case: t.Meeting, Name: "filed", Data: flows.Data(flows.TopicNews{No: no})})
	t.Meeting = ""
}
