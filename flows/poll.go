package flows

import "time"

// What a reader finds in words about polls (征询, 投票, 接龙).

// PollMatter begins the keys under which open polls are found (Summary.Matter), so that
// what was read as a list, a slip or another poll meets them.
const PollMatter = "#poll/"

// PollLine is a poll in one line, as a captain writes it: "要不要在楼前装充电桩？要/不要/
// 再商量，周五晚八点截止". What the line leaves open is empty.
type PollLine struct {
	Question string    `json:"question"`          // with its question mark: "要不要在楼前装充电桩？"
	Options  []string  `json:"options,omitempty"` // as written, without the marks between them
	Until    time.Time `json:"until,omitzero"`    // the deadline; one in the past is given as written
	Unread   string    `json:"unread,omitempty"`  // the words of a deadline that could not be read as a time
}

// Slip is a vote that somebody puts in for a household: on paper, by telephone,
// or by proxy.
type Slip struct {
	Place  Place     `json:"place"`           // the household that votes
	Choice string    `json:"choice"`          // as written: an option, or its letter
	Paper  bool      `json:"paper,omitempty"` // 纸质; else by telephone (电话)
	Proxy  Place     `json:"proxy,omitzero"`  // 委托: the household that votes for it
	Signed time.Time `json:"signed,omitzero"` // the day on the paper, where it is named
}

// Polled is what a poll tells the case that opened it: "polling" when it was sent, and
// "polled" when it has a result, in words.
type Polled struct {
	Text string `json:"text,omitempty"`
}

// Asked is what a poll is opened with by another case, whose line is read as that of a
// captain: for whom, and what it can bind.
type Asked struct {
	Scope Scope `json:"scope"`
	Force Force `json:"force,omitempty"`
}
