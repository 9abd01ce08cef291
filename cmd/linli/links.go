package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"linli/bot"
	"linli/bot/official"
	"linli/bot/pages"
	"linli/flows"
	"linli/storage"
)

// The signposts of a community: for each building and each group the address of its report
// page, and the links and codes by which WeChat leads to Linli from there. The platforms are
// asked for theirs by the command only, and what they give is kept: of codes that hold for ever
// an account has 100,000, and a page that somebody opens must call nobody.

// signpost is what the platforms have given for one scene.
type signpost struct {
	Picture string `json:"picture,omitempty"` // of the code of the public account
	Follow  string `json:"follow,omitempty"`  // what that code says
	AppID   string `json:"app_id,omitempty"`  // whose it is
	Kefu    string `json:"kefu,omitempty"`    // link to the customer service
	Account string `json:"account,omitempty"` // whose it is
}

func signpostKey(scene string) string { return "signpost/" + scene }

func (h *house) signpost(ctx context.Context, scene string) (s signpost, err error) {
	err = h.store.View(ctx, func(tx storage.Tx) error {
		s = signpost{}
		raw, err := tx.Key(signpostKey(scene))
		if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &s)
	})
	return s, err
}

// signposts are the ways that a page of a scene shows: those that are kept, of accounts that
// are in use.
func (h *house) signposts(ctx context.Context, scene string) (list []pages.Way, err error) {
	s, err := h.signpost(ctx, scene)
	if err != nil {
		return nil, err
	}
	if h.official != nil && s.Follow != "" && s.AppID == h.appID {
		list = append(list, pages.Way{Channel: official.Name, URL: s.Follow})
	}
	if h.kefu != nil && s.Kefu != "" && s.Account == h.account {
		list = append(list, pages.Way{Channel: kefuName, URL: s.Kefu, Tap: true})
	}
	return list, nil
}

// putUp asks the platforms for what is missing of a scene's signpost, and keeps it. What one of
// them does not give is said, and the rest is there.
func (h *house) putUp(ctx context.Context, scene string) (s signpost, err error) {
	if s, err = h.signpost(ctx, scene); err != nil {
		return s, err
	}
	var wrong error
	if h.official != nil && h.qr && (s.Follow == "" || s.AppID != h.appID) {
		if picture, link, err := h.official.QR(ctx, scene, true); err == nil {
			s.Picture, s.Follow, s.AppID = picture, link, h.appID
		} else {
			wrong = errors.Join(wrong, fmt.Errorf("公众号没有给二维码：%w", err))
		}
	}
	if h.kefu != nil && (s.Kefu == "" || s.Account != h.account) {
		if link, err := h.kefu.Link(ctx, scene, ""); err == nil {
			s.Kefu, s.Account = link, h.account
		} else {
			wrong = errors.Join(wrong, fmt.Errorf("微信客服没有给链接：%w", err))
		}
	}
	if s == (signpost{}) {
		return s, wrong
	}
	return s, errors.Join(wrong, h.store.Update(ctx, func(tx storage.Tx) error { return tx.PutKey(signpostKey(scene), flows.Data(s)) }))
}

// linksDeed is "linli links": a table to copy from, one line for each building and group.
func linksDeed(ctx context.Context, in *installation, args []string, out io.Writer) error {
	h, rest, err := scoped(in, "links", args, nil)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("links: unexpected argument %q", rest[0])
	}
	s := h.settings()
	if h.pages.ReportLink(bot.SceneBuilding("")) == "" {
		return errors.New("没有写 public_url：链接和二维码要有大家打得开的网址，写在配置里再来")
	}
	head := []string{"楼或群", "报修页", "要打印的码"}
	if h.kefu != nil {
		head = append(head, "微信客服")
	}
	if h.official != nil && h.qr {
		head = append(head, "公众号二维码图片")
	}
	fmt.Fprintln(out, strings.Join(head, "\t"))
	var wrong []string
	line := func(name, scene string) {
		x, err := h.putUp(ctx, scene)
		for _, text := range fixesOf(err) {
			if !slices.Contains(wrong, text) {
				wrong = append(wrong, text)
			}
		}
		report := h.pages.ReportLink(scene)
		row := []string{name, report, report + "/paper"}
		if h.kefu != nil {
			row = append(row, x.Kefu)
		}
		if h.official != nil && h.qr {
			row = append(row, x.Picture)
		}
		fmt.Fprintln(out, strings.Join(row, "\t"))
	}
	for _, b := range s.Buildings {
		line(b.Name, bot.SceneBuilding(b.ID))
	}
	for _, g := range s.Groups {
		line(g.Name, bot.SceneGroup(g.ID))
	}
	if h.official != nil && !h.qr {
		fmt.Fprintln(out, "\n这个公众号只能被动回复，没有带参数的二维码：贴公众号自己的二维码就行。")
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\n") + "\n处理好以后再来一次，有了的不会重新要。")
	}
	return nil
}

// fixesOf says what is wrong, with what to do where the platform's answer tells it.
func fixesOf(err error) (list []string) {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			list = append(list, fixesOf(err)...)
		}
		return list
	}
	var halted bot.Halted
	switch {
	case err == nil:
	case errors.As(err, &halted) && halted.Fix != "":
		list = append(list, err.Error()+"。"+halted.Fix)
	default:
		list = append(list, err.Error())
	}
	return list
}
