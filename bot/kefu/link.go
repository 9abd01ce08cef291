package kefu

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"linli/bot/weixin"
)

// linkFor is how long a link is kept, in days, before the platform is asked for it again. One
// that was given goes on leading here.
const linkFor = 30

var sceneForm = regexp.MustCompile(`^[0-9A-Za-z_-]{0,32}$`)

// Link gives the address that leads residents to the account, for a page or a code that is
// printed. Who comes by it comes as bot.Entered, with the param as its Scene, or with the
// scene where there is no param. A scene has at most 32 letters, digits, "_" and "-"; a
// param at most 128 bytes of anything, and needs a scene. The platform is asked once for
// each scene.
func (k *Kefu) Link(ctx context.Context, scene, param string) (string, error) {
	switch {
	case !sceneForm.MatchString(scene):
		return "", errors.New("kefu: a scene has at most 32 letters, digits, _ and -")
	case len(param) > 128 || !utf8.ValidString(param):
		return "", errors.New("kefu: what a link brings along has at most 128 bytes")
	case param != "" && scene == "":
		return "", errors.New("kefu: only a link with a scene brings something along")
	}
	name := k.shelf("link/" + scene)
	kept, err := k.options.Shelf.Load(ctx, name)
	if err != nil {
		k.log.Warn("a link could not be read from the store", "error", weixin.Clean(err))
	}
	link := string(kept)
	if link == "" {
		var out struct {
			answer
			URL string `json:"url"`
		}
		if err := k.call(ctx, "add_contact_way", map[string]string{"open_kfid": k.options.Account, "scene": scene}, &out); err != nil {
			return "", k.verdict("add_contact_way", err)
		}
		if u, err := url.Parse(out.URL); err != nil || u.Scheme != "https" || u.Host == "" || len(out.URL) > 2048 {
			return "", errors.New("kefu: add_contact_way: the answer has no link")
		}
		link = out.URL
		if err := k.options.Shelf.Save(ctx, name, []byte(link), k.now().AddDate(0, 0, linkFor)); err != nil {
			k.log.Warn("a link could not be written to the store", "error", weixin.Clean(err))
		}
	}
	if param == "" {
		return link, nil
	}
	// The platform tells this part by its name; the rest must stay as it was given.
	between := "&"
	if !strings.Contains(link, "?") {
		between = "?"
	}
	return link + between + "scene_param=" + strings.ReplaceAll(url.QueryEscape(param), "+", "%20"), nil
}
