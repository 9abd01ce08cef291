package dialogue

import (
	"context"
	"strings"

	"linli/bot"
	"linli/flows"
)

// Buttons on the stage, and where those lead that lead somewhere: to the private chat with Linli, and to pages that
// nobody can open there.

const (
	privately = "https://play.example/private/"
	pages     = "https://play.example/pages/"
)

// Link makes the world a bot.Linker, once the setting says that it has links.
func (w *World) Link(word string) string {
	if !w.links {
		return ""
	}
	return privately + word
}

// page is where a page is.
func (w *World) page(page string, p flows.PersonID, word string) string {
	if !w.links {
		return ""
	}
	return pages + page + "/" + word
}

// follow opens what a button leads to, and presses Start there.
func (w *World) follow(ctx context.Context, who, link string) (done bool, err error) {
	word, ok := strings.CutPrefix(link, privately)
	if !ok {
		return false, nil
	}
	return true, w.Say(ctx, who, "", Line{Text: "/start " + word})
}

// flat is what stands on the buttons of a message, and the buttons in a row.
func (w *World) flat(m bot.Message) (labels []string, all []bot.Button, err error) {
	for _, row := range m.Buttons {
		for _, b := range row {
			labels, all = append(labels, b.Label), append(all, b)
			if len(b.Data) > w.Capabilities().DataBytes {
				return nil, nil, bot.Refused{Why: "a button's data is too long"}
			}
			if b.URL != "" && !strings.HasPrefix(b.URL, "https://") && !strings.HasPrefix(b.URL, "http://") {
				return nil, nil, bot.Refused{Why: "a button's address is none of the web"}
			}
		}
	}
	return labels, all, nil
}
