package webchat

import (
	"slices"
	"time"

	"linli/bot"
	"linli/flows"
)

// Line is one message of a chat as the platform keeps it.
type Line struct {
	ID      string         `json:"id"`  // its reference; grows
	Rev     uint64         `json:"rev"` // grows with every change of any line
	Chat    string         `json:"chat"`
	From    string         `json:"from,omitempty"` // member; empty: Linli
	Name    string         `json:"name,omitempty"`
	Role    string         `json:"role,omitempty"`
	At      time.Time      `json:"at"`
	Text    string         `json:"text,omitempty"`
	Buttons [][]bot.Button `json:"buttons,omitempty"`
	Photos  []string       `json:"photos,omitempty"` // names of files
	Voices  []Voice        `json:"voices,omitempty"`
	Point   *flows.Point   `json:"point,omitempty"`
	Reply   string         `json:"reply,omitempty"` // the line this answers
	Edited  bool           `json:"edited,omitempty"`
	Anew    time.Time      `json:"anew,omitzero"` // when the house changed it last: it is kept from then on
	Neutral bool           `json:"neutral,omitempty"`
	Silent  bool           `json:"silent,omitempty"`
}

// Voice is a voice note of a line.
type Voice struct {
	File    string `json:"file"`
	Seconds int    `json:"seconds,omitempty"` // 0: not known
	Save    bool   `json:"save,omitempty"`    // no browser plays this form: it is there to be saved
}

// files are the names of all files of a line.
func (l Line) files() []string {
	names := slices.Clone(l.Photos)
	for _, v := range l.Voices {
		names = append(names, v.File)
	}
	return names
}
