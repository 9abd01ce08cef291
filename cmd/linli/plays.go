package main

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"linli/bot/dialogue"
	"linli/flows/activity"
	"linli/flows/demand"
	"linli/flows/dispatch"
	"linli/flows/hearing"
	"linli/flows/menu"
	"linli/flows/poll"
	"linli/flows/round"
)

// The dialogues that come along: those of demands by their bare name, those of other
// flows with the flow before it.

var comeAlong = []struct {
	flow  string
	plays embed.FS
}{{"", demand.Dialogues}, {"poll", poll.Dialogues}, {"hearing", hearing.Dialogues}, {"dispatch", dispatch.Dialogues}, {"menu", menu.Dialogues}, {"activity", activity.Dialogues}, {"round", round.Dialogues}}

// plays are the examples that the demo's page offers.
var plays = []string{"main", "two-neighbours", "where", "no-consent", "dissatisfied", "returned", "more-time-twice", "danger-acknowledged", "danger-night",
	"only-household", "fragments", "not-danger", "poll/main", "poll/household", "poll/wish", "hearing/complaints", "hearing/objection", "hearing/group-midnight"}

// ownPlay gives the text of one of them.
func ownPlay(name string) ([]byte, error) {
	flow, bare, other := strings.Cut(name, "/")
	if !other {
		flow, bare = "", name
	}
	for _, x := range comeAlong {
		if x.flow == flow {
			return x.plays.ReadFile("dialogues/" + bare + ".txt")
		}
	}
	return nil, fs.ErrNotExist
}

// readPlay reads one of them.
func readPlay(name string) (*dialogue.Play, error) {
	src, err := ownPlay(name)
	if err != nil {
		return nil, fmt.Errorf("no dialogue %q: %w", name, err)
	}
	return dialogue.Parse(name+".txt", src)
}

func listPlays(w io.Writer) error {
	for _, x := range comeAlong {
		files, err := fs.Glob(x.plays, "dialogues/*.txt")
		if err != nil {
			return err
		}
		for _, file := range files {
			name := strings.Trim(x.flow+"/"+strings.TrimSuffix(filepath.Base(file), ".txt"), "/")
			p, err := readPlay(name)
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%-24s %s\n", name, p.Title)
		}
	}
	return nil
}
