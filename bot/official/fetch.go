package official

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"linli/bot"
	"linli/bot/weixin"
)

const (
	photoLimit = 10 << 20 // of one that goes out
	mediaLimit = 20 << 20 // of one that comes in, whatever the caller would take
)

// Fetch gets a photo or a voice note by its media id, of at most limit bytes. It asks the
// platform for the id and follows nothing: neither the address that stands beside a
// photo in the message, nor the one that the platform gives for a video. What is not a
// picture or a recording by its first bytes is Refused, whatever it is called.
func (o *Official) Fetch(ctx context.Context, remote string, limit int64) ([]byte, error) {
	if !mediaForm.MatchString(remote) {
		return nil, bot.Refused{Why: "not the id of a file"}
	}
	limit = min(limit, mediaLimit)
	var data []byte
	err := o.call(ctx, func(token string) (err error) {
		data, err = download(ctx, where("/cgi-bin/media/get", token, url.Values{"media_id": {remote}}), limit)
		return err
	})
	if err != nil {
		return nil, verdict(ctx, err)
	}
	if !wanted(data) {
		return nil, bot.Refused{Why: "neither a picture nor a recording"}
	}
	return data, nil
}

func download(ctx context.Context, address string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, weixin.Clean(err)
	}
	resp, err := weixin.Client().Do(req)
	if err != nil {
		return nil, weixin.Clean(err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
	case resp.StatusCode/100 == 3:
		return nil, bot.Refused{Why: "the download leaves the platform"}
	default:
		return nil, fmt.Errorf("official: download: status %d", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, weixin.Clean(err)
	}
	// An error comes as JSON under any name, and so does the address of a video.
	if text := bytes.TrimSpace(data); bytes.HasPrefix(text, []byte("{")) && json.Valid(text) {
		if err := decode(text, "/cgi-bin/media/get", &struct{}{}); err != nil {
			return nil, err
		}
		return nil, bot.Refused{Why: "the platform gives no file but an address, as of a video"}
	}
	if int64(len(data)) > limit {
		return nil, bot.Refused{Why: fmt.Sprintf("file has more than %d bytes", limit)}
	}
	return data, nil
}

// wanted says that a file begins as a picture or a recording does.
func wanted(data []byte) bool {
	for _, head := range []string{"#!AMR", "#!SILK", "\x02#!SILK", "ID3"} {
		if bytes.HasPrefix(data, []byte(head)) {
			return true
		}
	}
	// A frame of MP3: sync, layer III, a rate that there is.
	if len(data) > 3 && data[0] == 0xff && data[1]&0xe6 == 0xe2 && data[2]>>4 != 0 && data[2]>>4 != 15 && data[2]&0x0c != 0x0c {
		return true
	}
	kind := http.DetectContentType(data)
	switch {
	case strings.HasPrefix(kind, "image/"), strings.HasPrefix(kind, "audio/"), kind == "application/ogg":
		return kind != "image/x-icon" // of four bytes that many other files begin with
	case len(data) > 12 && string(data[4:8]) == "ftyp":
		brand := string(data[8:12])
		return brand == "heic" || brand == "heix" || brand == "mif1" || brand == "M4A "
	}
	return false
}
