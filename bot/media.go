package bot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"time"

	"linli/bot/photo"
	"linli/flows"
	"linli/storage"
)

// maxMedia is the largest photo or voice note that is kept, in bytes.
const maxMedia = 20 << 20

// fetch answers Ask{"fetch", Media}: it gets a photo or a voice note from its
// channel at once, because platform links expire, and puts it into the media folder
// under its hash, synced before anything refers to it. The answer is the Media
// with its Hash.
func (b *Bot) fetch(ctx context.Context, data json.RawMessage) (json.RawMessage, error) {
	m, err := decode[flows.Media](data)
	if err != nil {
		return nil, Refused{"not a media"}
	}
	if b.media == nil {
		return nil, Refused{"no folder for media"}
	}
	f, ok := b.channels[m.Channel].(Fetcher)
	if !ok {
		return nil, Refused{"the channel has no files"}
	}
	body, err := f.Fetch(ctx, m.Remote, maxMedia)
	if err != nil {
		return nil, err
	}
	if m.Kind == "photo" {
		if bare, err := photo.Bare(body); err == nil {
			body = bare // what cannot be read is kept as it is: it may be all that there is of a matter
		}
	}
	if m.Hash, err = b.keepMedia(body); err != nil {
		return nil, err
	}
	return json.Marshal(m)
}

// KeepPhoto keeps a photo that did not come by a channel, for a message of [Bot.Receive]
// that brings it. [Refused] says that it is no photo, or too large.
func (b *Bot) KeepPhoto(ctx context.Context, data []byte) (flows.Media, error) {
	m := flows.Media{Kind: "photo"}
	if b.media == nil {
		return m, Refused{"no folder for media"}
	}
	if len(data) > maxMedia {
		return m, Refused{"too large"}
	}
	body, err := photo.Bare(data)
	if err != nil {
		return m, Refused{err.Error()}
	}
	if err := ctx.Err(); err != nil {
		return m, err
	}
	m.Hash, err = b.keepMedia(body)
	return m, err
}

// DropPhoto deletes a photo of [Bot.KeepPhoto] whose message led to nothing, unless somebody
// else has sent the same.
func (b *Bot) DropPhoto(ctx context.Context, m flows.Media) error {
	var used map[string]time.Time
	if err := b.store.View(ctx, func(tx storage.Tx) (err error) { used, err = b.used(tx); return err }); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	if _, is := used[m.Hash]; is || b.media == nil || !hashes.MatchString(m.Hash) {
		return nil
	}
	if err := b.media.Remove(mediaName(m.Hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("media: %w", err)
	}
	return nil
}

// keepMedia writes a file under its SHA-256 and syncs it and its folder.
func (b *Bot) keepMedia(body []byte) (string, error) {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	dir, name := hash[:2], mediaName(hash)
	if _, err := b.media.Stat(name); err == nil {
		now := time.Now() // or it might be taken for one that nothing refers to
		if err := b.media.Chtimes(name, now, now); err == nil {
			return hash, nil
		}
	}
	if err := b.media.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("media: %w", err)
	}
	tmp := name + ".part"
	f, err := b.media.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return "", fmt.Errorf("media: %w", err)
	}
	_, err = f.Write(body)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = b.media.Rename(tmp, name)
	}
	if d, err2 := b.media.Open(dir); err == nil && err2 == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return "", fmt.Errorf("media: %w", err)
	}
	return hash, nil
}

// fetched is where a remote file has gone, for messages that were made before
// it had come. It is swept after two days; the cases have the hash by then.
type fetched struct {
	Hash string    `json:"hash"`
	At   time.Time `json:"at"`
}

func mediaKey(channel, remote string) string {
	sum := sha256.Sum256([]byte(channel + "\x00" + remote))
	return "media/" + hex.EncodeToString(sum[:16])
}

// keepFetched notes the answer to a fetch.
func keepFetched(tx storage.Tx, answer json.RawMessage, at time.Time) error {
	m, err := decode[flows.Media](answer)
	if err != nil {
		return err
	}
	return tx.PutKey(mediaKey(m.Channel, m.Remote), flows.Data(fetched{m.Hash, at}))
}

// hashOf finds the file of a media that was not there when the message was made.
func hashOf(tx storage.Tx, m flows.Media) (string, error) {
	raw, err := tx.Key(mediaKey(m.Channel, m.Remote))
	if errors.Is(err, storage.ErrNone) || err == nil && len(raw) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	f, err := decode[fetched](raw)
	return f.Hash, err
}

// dropFilesOf deletes the files of somebody who is being erased, unless somebody
// else has sent the same. It notes which before it does.
func (b *Bot) dropFilesOf(ctx context.Context, id flows.PersonID) error {
	var gone []string
	err := b.store.Update(ctx, func(tx storage.Tx) error {
		gone = nil
		raw, err := tx.Key(erasingKey(id))
		if err != nil {
			return err
		}
		k, err := decode[erasing](raw)
		if err != nil || b.media == nil {
			return err
		}
		used := map[string]time.Time{}
		if len(k.Hashes) > 0 {
			if used, err = b.used(tx); err != nil {
				return err
			}
		}
		var others []string
		for _, hash := range k.Hashes {
			if _, still := used[hash]; still {
				others = append(others, hash)
			} else {
				k.Dropped = append(k.Dropped, hash)
			}
		}
		k.Hashes, k.Files, gone = others, len(k.Dropped), k.Dropped
		return tx.PutKey(erasingKey(id), flows.Data(k))
	})
	if errors.Is(err, storage.ErrNone) {
		return nil
	}
	for _, hash := range gone {
		if err := b.media.Remove(mediaName(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("media: %w", err)
		}
	}
	return err
}

var hashes = regexp.MustCompile(`[0-9a-f]{64}`)

// used finds the files that something refers to, with the time at which the
// last case that does was over: zero for one that goes on, or a row.
func (b *Bot) used(tx storage.Tx) (map[string]time.Time, error) {
	used := map[string]time.Time{}
	note := func(data []byte, over time.Time) {
		for _, h := range hashes.FindAll(data, -1) {
			if was, seen := used[string(h)]; !seen || !was.IsZero() && (over.IsZero() || over.After(was)) {
				used[string(h)] = over
			}
		}
	}
	if _, err := tx.Cases(1, func(c flows.Case) bool { note(c.Data, c.Ended); return false }); err != nil {
		return nil, err
	}
	jobs, err := tx.Jobs()
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		note(j.Body, time.Time{})
	}
	list, err := tx.Troubles()
	for _, t := range list {
		note(t.Body, time.Time{})
	}
	return used, err
}

// dropFiles deletes the files that nothing refers to, and those that only
// cases refer to that were over before a time (zero: none), and says how many. What
// has just come is not referred to yet.
func (b *Bot) dropFiles(ctx context.Context, before time.Time) (n int, err error) {
	if b.media == nil {
		return 0, nil
	}
	var used map[string]time.Time
	if err := b.store.View(ctx, func(tx storage.Tx) (err error) { used, err = b.used(tx); return err }); err != nil {
		return 0, err
	}
	now := time.Now() // the folder has the clock of the machine
	err = fs.WalkDir(b.media.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		i, err := d.Info()
		if err != nil || now.Sub(i.ModTime()) < time.Hour {
			return nil // it went meanwhile, or came just now
		}
		if over, is := used[path.Base(name)]; is && (over.IsZero() || !over.Before(before)) {
			return nil
		}
		n++
		return b.media.Remove(name)
	})
	if err != nil {
		return n, fmt.Errorf("media: %w", err)
	}
	return n, nil
}

func mediaName(hash string) string { return hash[:2] + "/" + hash }

// files reads what of a Say has been fetched: the photos or the voice notes.
func (b *Bot) files(kind string, list []flows.Media) []Photo {
	var out []Photo
	for _, m := range list {
		if m.Kind != kind || len(m.Hash) != sha256.Size*2 || b.media == nil {
			continue
		}
		body, err := b.media.ReadFile(mediaName(m.Hash))
		if err != nil {
			b.log.Warn("a photo or voice note is missing", "err", err)
			continue
		}
		out = append(out, Photo{Name: m.Hash[:8] + Extension(body), Data: body, Seconds: m.Seconds})
	}
	return out
}

// Extension names the type of a file as its first bytes show it.
func Extension(body []byte) string {
	if bytes.HasPrefix(body, []byte("#!AMR")) { // a voice note of WeChat
		return ".amr"
	}
	switch http.DetectContentType(body) {
	case "image/png":
		return ".png"
	case "image/webp":
		return ".webp"
	case "image/jpeg":
		return ".jpg"
	case "application/ogg":
		return ".ogg"
	case "video/webm", "audio/webm":
		return ".webm"
	case "video/mp4", "audio/mp4":
		return ".m4a"
	case "audio/mpeg":
		return ".mp3"
	}
	return ".bin"
}
