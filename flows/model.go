package flows

import "time"

// What flows ask a language model for, by the effect [Ask], and what it answers. Whoever runs
// Linli without one gets Answered.Failed, and the flow goes on without.

// WordingTask asks for the words of an invitation ("wording"): the facts, and nobody's name.
type WordingTask struct {
	Title    string    `json:"title"`
	When     time.Time `json:"when"`
	Where    string    `json:"where"`
	Left     int       `json:"left"`          // places
	Not      []string  `json:"not,omitempty"` // what it is not: "拉群", "拍合影"
	Audience string    `json:"audience"`      // "young", "children", "elder", "all"
	Lang     string    `json:"lang"`
}

// WordingDraft is its answer. A person reads it before anybody else does.
type WordingDraft struct {
	Text  string `json:"text"`
	Model string `json:"model,omitempty"` // by which it was written
}

// MinutesTask asks for better words for the minutes of a hearing ("minutes"). The rules name
// the hearing; who answers reads the lines, because what people have said is in its entries.
type MinutesTask struct {
	Case  ID            `json:"case"`
	Sum   string        `json:"sum"` // of the draft, so that an answer to an older one is none
	Lang  string        `json:"lang,omitempty"`
	Names []string      `json:"names,omitempty"` // of people who stand in it besides the directory's
	Lines []MinutesLine `json:"lines,omitempty"`
}

// MinutesLine is a sentence of the draft. Keep is what must stand in the better words as it
// is: a decision, a count.
type MinutesLine struct {
	Text string   `json:"text"`
	Keep []string `json:"keep,omitempty"`
}

// MinutesDraft is its answer. The chair reads it before anybody else does.
type MinutesDraft struct {
	Sum   string `json:"sum"`
	Text  string `json:"text"`
	Model string `json:"model,omitempty"`
}

// VoiceTask asks what is said in a voice note that has been fetched ("transcribe").
type VoiceTask struct {
	Hash    string `json:"hash"`
	Seconds int    `json:"seconds,omitempty"`
}

// VoiceText is its answer. It is shown to who spoke, and is nobody's words before they have said so.
type VoiceText struct {
	Text  string `json:"text"`
	Model string `json:"model,omitempty"`
}
