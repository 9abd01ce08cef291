package fake

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
)

// Limits of files that the account sends.
const (
	imageLimit = 10 << 20
	voiceLimit = 2 << 20
)

// file is something that was uploaded, or that somebody sent.
type file struct {
	kind string
	data []byte
}

// keep gives a file a media id; the lock is held.
func (s *Server) keep(kind string, data []byte) string {
	id := "FAKEMEDIA-" + rand.Text() + "_" + rand.Text()
	s.media[id] = file{kind, data}
	return id
}

func (s *Server) uploadMedia(q *request) (any, *refusal) {
	if q.file == nil {
		return nil, no(41005, "media data missing")
	}
	as := q.r.URL.Query().Get("type")
	kind := http.DetectContentType(q.file.data)
	if bytes.HasPrefix(q.file.data, []byte("#!AMR")) {
		kind = "audio/amr"
	}
	switch {
	case as != "image" && as != "voice":
		return nil, no(40004, "invalid media type")
	case as == "image" && len(q.file.data) > imageLimit:
		return nil, no(40009, "invalid image size")
	case as == "voice" && len(q.file.data) > voiceLimit:
		return nil, no(40010, "invalid voice size") // [U]
	case as == "image" && !slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/bmp"}, kind):
		return nil, no(40005, "invalid file type")
	case as == "voice" && kind != "audio/amr" && kind != "audio/mpeg":
		return nil, no(40004, "invalid media type") // [U]
	case !strings.Contains(q.file.name, "."):
		return nil, no(40005, "invalid file type")
	}
	return object{"type": as, "media_id": s.keep(kind, q.file.data), "created_at": s.Now().Unix()}, nil
}

func (s *Server) getMedia(q *request) (any, *refusal) {
	f, ok := s.media[q.r.URL.Query().Get("media_id")]
	switch {
	case !ok:
		return nil, no(40007, "invalid media_id")
	case f.kind == "video/mp4":
		// A video is given as an address.
		return object{"video_url": string(f.data)}, nil
	}
	return raw(f), nil
}
