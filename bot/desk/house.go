package desk

import (
	"net/http"
	"slices"
	"time"

	"linli/bot"
	"linli/flows"
	"linli/storage"
)

// The pages about the house itself: its groups, its directory, what it deleted.

// group is a group as staff see it.
type group struct {
	ID     string // in the directory
	Name   string
	Last   time.Time
	State  string // key of the words for how it stands
	Bad    bool
	Silent bool
	Code   bool // a code can be given that binds it
}

// silent is how long a group may say nothing before somebody should look.
const silent = 7 * 24 * time.Hour

// given is a code that was just made.
type given struct{ Code, For string }

func (d *Desk) groups(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showGroups(w, r, v, given{})
}

func (d *Desk) showGroups(w http.ResponseWriter, r *http.Request, v *visitor, made given) error {
	sight := v.sight()
	list, err := d.desk.Groups(r.Context(), sight)
	if err != nil {
		return err
	}
	p := d.page(r, v, "nav-groups")
	p.Here = "/desk/groups"
	out := make([]group, 0, len(list))
	for _, h := range list {
		g := group{ID: h.Group.ID, Name: h.Group.Name, Last: h.Last, State: "group-fine"}
		if g.Name == "" {
			g.Name = h.Chat.Title
		}
		switch {
		case h.Chat.ID == "":
			g.State, g.Bad, g.Code = "group-absent", true, d.o.NewCode != nil
		case h.Chat.Left:
			g.State, g.Bad, g.Code = "group-left", true, d.o.NewCode != nil && g.ID != ""
		case h.Group.ID == "":
			g.State, g.Bad = "group-unbound", true
		case h.Chat.Deaf:
			g.State, g.Bad = "group-deaf", true
		case h.Last.IsZero():
			g.State, g.Silent = "group-mute", true
		case v.now.Sub(h.Last) > silent:
			g.State, g.Silent = "group-silent", true
		}
		out = append(out, g)
	}
	p.Data = struct {
		List []group
		Made given
	}{out, made}
	return p.render(w, http.StatusOK, "groups.html")
}

// groupCode makes a code that binds a chat to a group of the directory.
func (d *Desk) groupCode(w http.ResponseWriter, r *http.Request, v *visitor) error {
	g, ok := v.s.Group(r.PathValue("id"))
	if !ok || d.o.NewCode == nil || !v.s.May(v.actor, flows.Invite, g.Scope) {
		return storage.ErrNone
	}
	code, err := d.o.NewCode(r.Context(), "group", g.ID)
	if err != nil {
		return err
	}
	return d.showGroups(w, r, v, given{code, g.Name})
}

// waiting is the directory that waits to be put in force.
type waiting struct {
	InForce string
	Version string
	Lines   []string
	Wrong   string
}

func (d *Desk) directory(w http.ResponseWriter, r *http.Request, v *visitor) error {
	return d.showDirectory(w, r, v, "")
}

func (d *Desk) showDirectory(w http.ResponseWriter, r *http.Request, v *visitor, notice string) (err error) {
	p := d.page(r, v, "nav-directory")
	p.Here = "/desk/directory"
	if err := p.Note(notice); err != nil {
		return err
	}
	data := waiting{InForce: d.o.Settings().Version}
	if d.o.Directory != nil {
		lines, version, err := d.o.Directory.Pending(r.Context())
		if err != nil {
			data.Wrong = err.Error() // of the directory's own file: for those who write it
		} else if len(lines) > 0 {
			data.Lines, data.Version = lines, version
		}
	}
	p.Data = data
	return p.render(w, http.StatusOK, "directory.html")
}

// apply puts the directory in force that the visitor was shown.
func (d *Desk) apply(w http.ResponseWriter, r *http.Request, v *visitor) error {
	version := r.PostForm.Get("version")
	if d.o.Directory == nil || version == "" {
		return errChoice
	}
	_, now, err := d.o.Directory.Pending(r.Context())
	switch {
	case err != nil:
		return d.showDirectory(w, r, v, "")
	case d.o.Settings().Version == version:
		return d.showDirectory(w, r, v, "directory-applied") // the form was sent twice
	case now != version:
		return d.showDirectory(w, r, v, "directory-changed")
	}
	if err := d.o.Directory.Apply(r.Context(), version, v.actor.Person); err != nil {
		return err
	}
	return d.showDirectory(w, r, v, "directory-applied")
}

// maxDeletions is how many lines of the register one page shows.
const maxDeletions = 200

func (d *Desk) deletions(w http.ResponseWriter, r *http.Request, v *visitor) error {
	p := d.page(r, v, "nav-deletions")
	p.Here = "/desk/deletions"
	var list []bot.Deletion
	if d.o.Deletions != nil {
		var err error
		if list, err = d.o.Deletions(r.Context()); err != nil {
			return err
		}
	}
	list = slices.Clone(list[max(0, len(list)-maxDeletions):])
	slices.Reverse(list)
	p.Data = list
	return p.render(w, http.StatusOK, "deletions.html")
}
