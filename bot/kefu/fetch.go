package kefu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/silenceper/wechat/v2/util"

	"linli/bot"
	"linli/bot/weixin"
)

// remoteForm is what the channel calls a file: what the platform said it is, and its media id.
var remoteForm = regexp.MustCompile(`^(image|voice)/([0-9A-Za-z_@.=+-]{1,512})$`)

// Fetch gets what a resident has sent, a photo or a voice note, of at most limit bytes. The
// platform has it for three days. What is not, by how it begins, what the platform said that
// it is, is Refused: no page and no program comes in as a photo. Nothing here looks any
// further into it.
func (k *Kefu) Fetch(ctx context.Context, remote string, limit int64) ([]byte, error) {
	m := remoteForm.FindStringSubmatch(remote)
	if m == nil {
		return nil, bot.Refused{Why: "not the id of a file"}
	}
	limit = min(limit, fileLimit)
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	var data []byte
	err := k.tokens.Renew(ctx, func() error {
		token, err := k.access.GetAccessTokenContext(ctx)
		if err != nil {
			return err
		}
		data, err = download(ctx, url.Values{"access_token": {token}, "media_id": {m[2]}}, limit)
		return err
	})
	if err != nil {
		return nil, k.verdict("media/get", err)
	}
	if !is[m[1]](data) {
		return nil, bot.Refused{Why: "the file is not what it is said to be"}
	}
	return data, nil
}

func download(ctx context.Context, query url.Values, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, host+"media/get?"+query.Encode(), nil)
	if err != nil {
		return nil, errors.New("kefu: the address of a file cannot be made")
	}
	resp, err := weixin.Client().Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	tooLarge := bot.Refused{Why: fmt.Sprintf("file has more than %d bytes", limit)}
	switch {
	case resp.StatusCode != http.StatusOK:
		return nil, weixin.Status{Code: resp.StatusCode}
	case resp.ContentLength > limit:
		return nil, tooLarge
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	// A refusal comes with 200, in the place of the file.
	var a answer
	if bytes.HasPrefix(bytes.TrimSpace(data[:min(len(data), 64)]), []byte("{")) && json.Unmarshal(data, &a) == nil && a.Code != 0 {
		return nil, util.NewCommonError("kefu", a.Code, a.Text)
	}
	if int64(len(data)) > limit {
		return nil, tooLarge
	}
	return data, nil
}

// is says by how a file begins whether it is what the platform said.
var is = map[string]func([]byte) bool{
	"image": func(b []byte) bool {
		switch http.DetectContentType(b) {
		case "image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp":
			return true
		}
		return len(b) > 12 && string(b[4:8]) == "ftyp" && slices.Contains([]string{"heic", "heix", "heif", "mif1", "msf1", "avif"}, string(b[8:12]))
	},
	"voice": func(b []byte) bool {
		for _, begin := range []string{"#!AMR", "#!SILK_V3", "\x02#!SILK_V3", "OggS"} {
			if bytes.HasPrefix(b, []byte(begin)) {
				return true
			}
		}
		return http.DetectContentType(b) == "audio/mpeg"
	},
}
