package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The same commands, while Linli runs and while it does not.
func TestCommandsWhileItRunsAndNot(t *testing.T) {
	path := configured(t, []string{"dongqu"}, nil)
	var out bytes.Buffer
	do := func(args ...string) error {
		out.Reset()
		return run(t.Context(), append(args, "--config", path), &out, &out)
	}
	if err := do("code", "李网格"); err == nil || !strings.Contains(err.Error(), "linli serve") {
		t.Errorf("before there is data: %v", err)
	}
	if err := do("health"); !errors.Is(err, errNotRunning) {
		t.Errorf("health of what does not run: %v", err)
	}
	in := opens(t, path)
	_, stop := running(t, in)
	if info, err := os.Stat(filepath.Join(in.data, controlName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v %v", info, err)
	}
	both := func(t *testing.T) {
		for _, x := range []struct {
			args []string
			want string
		}{
			{[]string{"code", "李网格"}, "/start "},
			{[]string{"code", "3号楼群"}, "居民进网页群的码"},
			{[]string{"trouble"}, "共0件"},
			{[]string{"compact"}, "压缩好了"},
			{[]string{"deletions"}, "共0行"},
			{[]string{"backup"}, "备份好了"},
		} {
			if err := do(x.args...); err != nil || !strings.Contains(out.String(), x.want) {
				t.Errorf("%v: %v %s", x.args, err, &out)
			}
		}
		for _, args := range [][]string{{"code", "没有的人"}, {"code"}, {"erase", "没有的人"}, {"backup", "x"}, {"compact", "x"}, {"trouble", "--nope"}} {
			if err := do(args...); err == nil {
				t.Errorf("%v: no error", args)
			}
		}
	}
	t.Run("running", both)
	if err := do("health"); err != nil {
		t.Error(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if err := in.close(); err != nil {
		t.Fatal(err)
	}
	// Backups of one second have one name.
	if err := os.RemoveAll(filepath.Join(filepath.Dir(path), "backup")); err != nil {
		t.Fatal(err)
	}
	t.Run("not running", both)
}

// One that runs and cannot be asked is told apart from one that does not run.
func TestRunningButNotToBeAsked(t *testing.T) {
	path := configured(t, []string{"dongqu"}, nil)
	opens(t, path)
	err := run(t.Context(), []string{"code", "--config", path, "李网格"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "正在运行，但问不到") {
		t.Error(err)
	}
}

func TestControlKnowsOnlyItsDeeds(t *testing.T) {
	in := opens(t, configured(t, []string{"dongqu"}, nil))
	_, _ = running(t, in)
	err := ask(t.Context(), in.data, "format", nil, io.Discard)
	if err == nil || errors.Is(err, errNotRunning) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ask(ctx, in.data, "state", nil, io.Discard); err == nil {
		t.Error("asked in a context that is over")
	}
}

func TestConfigOf(t *testing.T) {
	for _, x := range []struct {
		in, rest []string
		path     string
	}{
		{[]string{"--config", "a", "x"}, []string{"x"}, "a"},
		{[]string{"x", "--yes", "-config=b"}, []string{"x", "--yes"}, "b"},
		{[]string{"x"}, []string{"x"}, "config.yaml"},
	} {
		path, rest, err := configOf(x.in)
		if err != nil || path != x.path || strings.Join(rest, " ") != strings.Join(x.rest, " ") {
			t.Errorf("%v: %s %v %v", x.in, path, rest, err)
		}
	}
	if _, _, err := configOf([]string{"x", "--config"}); err == nil {
		t.Error("--config without a file")
	}
}

func TestLogFormat(t *testing.T) {
	for format, json1 := range map[string]bool{"json": true, "text": false} {
		var b bytes.Buffer
		c := &Config{Log: Log{Format: format, Level: LogLevel(slog.LevelWarn)}}
		log := c.logger(&b)
		log.Info("not this")
		log.Warn("this", "community", "dongqu")
		var v map[string]any
		if got := json.Unmarshal(b.Bytes(), &v) == nil; got != json1 || !strings.Contains(b.String(), "dongqu") || strings.Contains(b.String(), "not this") {
			t.Errorf("%s: %s", format, &b)
		}
	}
}
