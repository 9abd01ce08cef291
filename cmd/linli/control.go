package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"linli/flows/community"
	"linli/storage/bolt"
)

// While Linli runs, the file is its own. A command that needs the file asks the
// running Linli to do the work, through a socket in the data folder: who may
// open that folder may do there what they like anyway. While it does not run
// the command opens the file and does the same by itself.

// deed is the work of a command inside an installation. What it has to say it
// writes; its error is for the person at the machine.
type deed func(ctx context.Context, in *installation, args []string, out io.Writer) error

// deeds are those that a running Linli can be asked for.
var deeds = map[string]deed{
	"backup":    backupDeed,
	"code":      codeDeed,
	"compact":   compactDeed,
	"deletions": deletionsDeed,
	"directory": directoryDeed,
	"erase":     eraseDeed,
	"health":    healthDeed,
	"links":     linksDeed,
	"poll":      pollDeed,
	"root":      rootDeed,
	"state":     stateDeed,
	"trouble":   troubleDeed,
	"verify":    verifyDeed,
}

// controlName is the socket in the data folder.
const controlName = "linli.sock"

// done is how a deed ended, on the way back to the command.
type done struct {
	Out   string `json:"out"`
	Error string `json:"error,omitempty"`
}

// controlDoor opens the socket; without it Linli works, but cannot be asked.
func (in *installation) controlDoor(ctx context.Context) net.Listener {
	path := filepath.Join(in.data, controlName)
	// We hold the file's lock, so that a socket which is there is a dead one.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		in.log.Warn("commands cannot ask this process", "err", err)
		return nil
	}
	var l net.ListenConfig
	ln, err := l.Listen(ctx, "unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		in.log.Warn("commands cannot ask this process", "err", err)
		return nil
	}
	return ln
}

// deeds serves the socket.
func (in *installation) deeds() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{deed}", func(w http.ResponseWriter, r *http.Request) {
		do, ok := deeds[r.PathValue("deed")]
		var args []string
		if !ok || json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&args) != nil {
			http.Error(w, "not known", http.StatusNotFound)
			return
		}
		var out bytes.Buffer
		// Who gives up waiting does not stop what was begun.
		err := do(context.WithoutCancel(r.Context()), in, args, &out)
		end := done{Out: out.String()}
		if err != nil {
			end.Error = err.Error()
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(end) // who asked has gone
	})
	return mux
}

// errNotRunning says that no Linli answers at the socket.
var errNotRunning = errors.New("linli is not running")

// ask has a running Linli do something.
func ask(ctx context.Context, data, name string, args []string, out io.Writer) error {
	path := filepath.Join(data, controlName)
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return errNotRunning
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://linli/"+name, bytes.NewReader(body))
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("正在运行的邻里没有答完：%w", err)
	}
	defer res.Body.Close()
	var end done
	if res.StatusCode != http.StatusOK || json.NewDecoder(res.Body).Decode(&end) != nil {
		return errors.New("正在运行的邻里和这个程序不是一个版本，请先重启它")
	}
	if _, err := io.WriteString(out, end.Out); err != nil {
		return err
	}
	if end.Error != "" {
		return errors.New(end.Error)
	}
	return nil
}

// do has a deed done: by the running Linli, or here.
func (c *Config) do(ctx context.Context, files []*community.File, name string, args []string, stdout, stderr io.Writer) error {
	err := ask(ctx, c.Data, name, args, stdout)
	if !errors.Is(err, errNotRunning) {
		return err
	}
	return c.with(ctx, files, stderr, func(in *installation) error { return deeds[name](ctx, in, args, stdout) })
}

// with opens the installation for a command, while Linli itself is not running.
// Nothing is sent and nothing is heard.
func (c *Config) with(ctx context.Context, files []*community.File, stderr io.Writer, do func(*installation) error) error {
	if _, err := os.Stat(filepath.Join(c.Data, "linli.db")); err != nil {
		return fmt.Errorf("%s 里还没有数据：先用 linli serve 启动一次", c.Data)
	}
	plans := c.plans(files, time.Now)
	for i := range plans {
		plans[i].telegram = nil
	}
	in, err := build(ctx, c.Data, slog.New(slog.NewTextHandler(stderr, nil)), plans...)
	if errors.Is(err, bolt.ErrInUse) {
		return errors.New("linli 正在运行，但问不到它（data 文件夹里的 linli.sock）。请先停下它，或重启它再试")
	}
	if err != nil {
		return err
	}
	in.config = c
	return errors.Join(do(in), in.close())
}
