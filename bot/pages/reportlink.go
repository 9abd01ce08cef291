package pages

import (
	"errors"
	"time"

	"linli/bot"
	"linli/flows"
)

// The codes of buildings and groups: a link for the group's chat, a square for the staircase.
// One names a building or a group and no person, proves nothing of who opens it, and has no
// end: what hangs on a wall must stay good. A new key, or another version here, ends them all.

// reportLinks are these codes.
var reportLinks = sealed{version: 5, label: "linli report link\x00", wrong: errReport, over: errReport}

// errReport says that a code is none of ours, or that its building or group is there no more.
var errReport = errors.New("pages: no such place")

// ReportLink gives the address at which something can be reported for a scene, as
// bot.SceneBuilding and bot.SceneGroup write it; "" where the pages' own address is not known.
// "/paper" behind it is the sheet to print.
func (p *Pages) ReportLink(scene string) string {
	return p.public(flows.ID(scene), p.reportPath(scene))
}

func (p *Pages) reportPath(scene string) string {
	return p.o.Base + "/r/" + p.seal(reportLinks, flows.ID(scene), "", time.Time{})
}

// Scene reads the code of a report link; ok says that it is ours, and that the directory has
// the building or the group.
func (p *Pages) Scene(code string) (scene string, ok bool) {
	at, err := p.spot(code)
	return at.scene, err == nil
}

// spot is what a code names.
type spot struct {
	Code, scene string
	place       flows.Place // the building; of a group that of its scope, if it has one
	group       flows.Group // zero of a building
}

func (p *Pages) spot(code string) (spot, error) {
	id, person, err := p.unseal(reportLinks, code)
	if err != nil || person != "" {
		return spot{}, errReport
	}
	at := spot{Code: code, scene: string(id)}
	var ok bool
	if at.place, at.group, ok = bot.SceneOf(p.o.Settings(), at.scene); !ok {
		return spot{}, errReport
	}
	if at.group.ID != "" {
		at.place = flows.Place{Building: at.group.Scope.Building}
	}
	return at, nil
}
