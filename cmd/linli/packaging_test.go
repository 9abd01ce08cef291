package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What stands in the unit, the container file and the page on upgrading must
// be what the program has.
func TestPackagingNamesWhatThereIs(t *testing.T) {
	commands := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  linli ([a-z]+)`).FindAllStringSubmatch(usage, -1) {
		commands[m[1]] = true
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	for c := range commands {
		if !bytes.Contains(source, []byte(`"`+c+`"`)) {
			t.Errorf("the usage names %q, which main does not know", c)
		}
	}
	example, err := os.ReadFile(exampleConfig)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := yaml.Unmarshal(example, &keys); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"linli.service", "Containerfile", "UPGRADE.md"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		found := 0
		for _, m := range regexp.MustCompile("(?:`|bin/|/)linli\"?,? \"?(demo|[a-z]+)\\b").FindAllStringSubmatch(text, -1) {
			found++
			if !commands[m[1]] {
				t.Errorf("%s: there is no command %q", file, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`["\[](serve|health|[a-z]+)", "--config"`).FindAllStringSubmatch(text, -1) {
			found++
			if !commands[m[1]] {
				t.Errorf("%s: there is no command %q", file, m[1])
			}
		}
		if found == 0 {
			t.Errorf("%s names no command", file)
		}
		for _, m := range regexp.MustCompile(`--(config|yes|[a-z-]+) `).FindAllStringSubmatch(text, -1) {
			switch m[1] {
			case "config", "now": // ours, and systemctl's
			case "from", "chown", "interval", "timeout", "name", "env-file": // of the container file
				if file == "Containerfile" {
					continue
				}
				fallthrough
			default:
				t.Errorf("%s: no flag --%s", file, m[1])
			}
		}
		// Keys of the configuration, as "backup.dir: …" or "data: …".
		for _, m := range regexp.MustCompile(`\b(data|listen|backup\.dir): /?[a-z0-9]`).FindAllStringSubmatch(text, -1) {
			var at any = keys
			for k := range strings.SplitSeq(m[1], ".") {
				at = at.(map[string]any)[k]
			}
			if at == nil {
				t.Errorf("%s: no key %s in the configuration", file, m[1])
			}
		}
		// Paths of the project.
		for _, m := range regexp.MustCompile(`cmd/linli[A-Za-z/.]*`).FindAllString(text, -1) {
			if _, err := os.Stat(filepath.Join("../..", m)); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	upgrade, _ := os.ReadFile("UPGRADE.md")
	for _, name := range append([]string{"linli.db", "the file was written by a newer version"}, oldFiles...) {
		if !bytes.Contains(upgrade, []byte(name)) {
			t.Errorf("UPGRADE.md does not speak of %s", name)
		}
	}
}

func TestUnitVerifies(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd here")
	}
	raw, err := os.ReadFile("linli.service")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "linli.service")
	text := strings.Replace(string(raw), "ExecStart=/usr/local/bin/linli", "ExecStart="+self, 1)
	text = strings.Replace(text, "EnvironmentFile=-/etc/linli/secrets.env\n", "", 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", path).CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// The binary of the container stands alone.
func TestBuildsWithoutC(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the program")
	}
	out := filepath.Join(t.TempDir(), "linli")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", out, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if b, err := exec.CommandContext(t.Context(), out, "check", "--config", exampleConfig).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}
