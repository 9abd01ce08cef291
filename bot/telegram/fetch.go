package telegram

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	tg "github.com/go-telegram/bot"

	"linli/bot"
)

var fileForm = regexp.MustCompile(`^[A-Za-z0-9_.\-/]{1,500}$`)

// idForm is what Telegram calls a file: no address of anything.
var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,400}$`)

// Fetch downloads a photo or a voice note by its file id, of at most limit
// bytes and never more than the 20 MB that Telegram gives a bot. It reads from
// the files of the configured Bot API and from nowhere else: an id or a path that
// is an address, and a redirect, are Refused. Nothing here looks into a file.
func (t *Telegram) Fetch(ctx context.Context, remote string, limit int64) ([]byte, error) {
	if !idForm.MatchString(remote) {
		return nil, bot.Refused{Why: "not the id of a file"}
	}
	limit = min(limit, fileLimit)
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	f, err := t.calls.GetFile(ctx, &tg.GetFileParams{FileID: remote})
	if err != nil {
		return nil, t.verdict("getFile", err)
	}
	if f.FileSize > limit {
		return nil, bot.Refused{Why: fmt.Sprintf("file has %d bytes, more than %d", f.FileSize, limit)}
	}
	// A path that climbs or names a host could send the token, or us, anywhere.
	p := f.FilePath
	if !fileForm.MatchString(p) || path.Clean("/"+p) != "/"+p || strings.HasPrefix(p, "/") {
		return nil, bot.Refused{Why: "path of the file leaves the Bot API"}
	}
	return t.wire.download(ctx, p, limit)
}

func (w *wire) download(ctx context.Context, file string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+"/file/bot"+w.token+"/"+file, nil)
	if err != nil {
		return nil, fmt.Errorf("telegram: download: %w", w.clean(err))
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("telegram: download: %w", w.clean(err))
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK:
	case resp.StatusCode == http.StatusTooManyRequests:
		return nil, bot.Busy{After: max(retryAfter(resp.Header), 5*time.Second)}
	case resp.StatusCode/100 == 3:
		return nil, bot.Refused{Why: "download leaves the Bot API"}
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone:
		return nil, bot.Refused{Why: "file is not there any more"}
	default:
		return nil, fmt.Errorf("telegram: download: status %d", resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("telegram: download: %w", w.clean(err))
	}
	if int64(len(data)) > limit {
		return nil, bot.Refused{Why: fmt.Sprintf("file has more than %d bytes", limit)}
	}
	return data, nil
}
