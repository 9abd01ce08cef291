package fake

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// file is one that a person sent, or that was uploaded to be sent.
type file struct {
	kind string // of ours: "image", "voice"
	data []byte
	at   time.Time
	ours bool
}

func (s *Server) mediaGet(id string) ([]byte, *refusal) {
	f, ok := s.files[id]
	switch {
	case id == "":
		return nil, lacks("media_id")
	case !ok || s.Now().Sub(f.at) > kept:
		return nil, noMedia
	}
	return f.data, nil
}

// maxImage is the largest picture that is taken; [U] of the facts, the documentation of
// uploads says 10 MB, and JPG and PNG.
const maxImage = 10 << 20

// maxVoice is the largest voice note that is taken, by the documentation of uploads, which
// says AMR.
const maxVoice = 2 << 20

func (s *Server) mediaUpload(r *http.Request, kind string) (object, *refusal) {
	if r.Method != http.MethodPost {
		return nil, notPost
	}
	if kind != "image" && kind != "voice" {
		return nil, &refusal{40005, "invalid type"}
	}
	part, head, err := r.FormFile("media")
	if err != nil {
		return nil, &refusal{41005, "media data missing"}
	}
	defer part.Close()
	if head.Filename == "" {
		return nil, &refusal{44001, "empty media data"}
	}
	data, err := io.ReadAll(part)
	switch is := http.DetectContentType(data); {
	case err != nil || len(data) <= 5:
		return nil, &refusal{44001, "empty media data"}
	case kind == "image" && len(data) > maxImage:
		return nil, tooLarge
	case kind == "voice" && len(data) > maxVoice:
		return nil, tooLoud
	case kind == "image" && is != "image/png" && is != "image/jpeg", kind == "voice" && !bytes.HasPrefix(data, []byte("#!AMR")):
		return nil, noFile
	}
	id := s.next("media_")
	s.files[id] = file{kind: kind, data: data, at: s.Now(), ours: true}
	return object{"type": kind, "media_id": id, "created_at": "1380000000"}, nil
}
