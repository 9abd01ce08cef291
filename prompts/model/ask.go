package model

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sashabaranov/go-openai"

	"linli/prompts"
)

//go:embed tasks/*.txt
var taskFiles embed.FS

// task is a prompt: a file of tasks, whose first line is its version.
type task struct{ name, version, text string }

func readTasks() (map[string]task, error) {
	out := map[string]task{}
	files, err := taskFiles.ReadDir("tasks")
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	for _, f := range files {
		b, err := taskFiles.ReadFile(path.Join("tasks", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("model: %w", err)
		}
		head, text, _ := strings.Cut(string(b), "\n")
		version, ok := strings.CutPrefix(head, "version: ")
		if !ok || version == "" || strings.TrimSpace(text) == "" {
			return nil, fmt.Errorf("model: %s does not begin with its version", f.Name())
		}
		name := strings.TrimSuffix(f.Name(), ".txt")
		out[name] = task{name, version, strings.TrimSpace(text)}
	}
	return out, nil
}

// tries is how often a call is made that fails for a reason that may pass.
const tries = 3

// words asks for an answer of a form. Content is masked already; take reads the answer and
// says why it does not hold. A nil error means that take has taken one.
func (m *Model) words(ctx context.Context, name, content string, schema json.RawMessage, most int, take func(string) error) error {
	t := m.tasks[name]
	key := sha256.Sum256([]byte(strings.Join([]string{m.o.Model, t.name, t.version, t.text, content}, "\x00")))
	c := prompts.Call{Task: t.name, Version: t.version, Model: m.o.Model}
	if got, ok := m.cache.get(key); ok {
		if take(got) == nil {
			return m.end(ctx, c, prompts.Cached)
		}
	}
	c.Sent = t.text + "\n\n" + content
	in := utf8.RuneCountInString(c.Sent) + 64 // a token is a sign of Chinese, or more of one of English
	guess := prompts.Use{Calls: 1, Tokens: in + most, Money: m.cost(in, most)}
	plain := false // without the form: this server does not know it
	return m.tried(ctx, c, guess, func(ctx context.Context) (string, prompts.Use, error) {
		for {
			r := openai.ChatCompletionRequest{
				Model: m.o.Model, Temperature: 0.2,
				//lint:ignore SA1019 servers of one's own know this name; not all of them know the newer one
				MaxTokens: most,
				Messages:  []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleSystem, Content: t.text}, {Role: openai.ChatMessageRoleUser, Content: content}},
			}
			if !plain {
				r.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
					JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: t.name, Schema: schema, Strict: true}}
			}
			res, err := m.client.CreateChatCompletion(ctx, r)
			if f := failed(ctx, err, nil); err != nil && !plain && (f.status == 400 || f.status == 422 || f.status == 501) {
				plain = true
				continue
			}
			if err != nil {
				return "", prompts.Use{}, err
			}
			use := prompts.Use{Calls: 1, Tokens: max(0, res.Usage.PromptTokens) + max(0, res.Usage.CompletionTokens), Money: m.cost(max(0, res.Usage.PromptTokens), max(0, res.Usage.CompletionTokens))}
			if len(res.Choices) == 0 {
				return "", use, nil
			}
			return strings.TrimSpace(res.Choices[0].Message.Content), use, nil
		}
	}, func(got string) error {
		err := take(got)
		if err == nil {
			m.cache.put(key, got)
		}
		return err
	})
}

// cost is what tokens cost, in millionths, rounded up.
func (m *Model) cost(in, out int) int64 {
	return (int64(in)*m.o.Price.In + int64(out)*m.o.Price.Out + 999_999) / 1_000_000
}

// tried makes a call, again where that may help, within the limits of time and of the day,
// and writes down how it ended. Guess is what a try may use at most; what it did use
// replaces it as soon as that is known.
func (m *Model) tried(ctx context.Context, c prompts.Call, guess prompts.Use, call func(context.Context) (string, prompts.Use, error), take func(string) error) error {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	default:
		return ErrBusy
	}
	began := m.o.Now()
	limited, cancel := context.WithTimeout(ctx, m.o.Limit)
	defer cancel()
	deadline := began.Add(m.o.Limit)
	end := func(how string) error {
		c.Took = m.o.Now().Sub(began)
		return m.end(ctx, c, how)
	}
	for c.Tries = 1; ; c.Tries++ {
		if !m.rest.allow(m.o.Now()) {
			if c.Tries == 1 {
				c.Sent, c.Tries = "", 0
			}
			return end(prompts.Resting)
		}
		day := m.day()
		ok, err := m.o.Book.Take(ctx, day, guess, m.o.Day)
		if err != nil || !ok {
			m.rest.let()
			if c.Tries == 1 {
				c.Sent, c.Tries = "", 0
			}
			return end(prompts.Spent)
		}
		head := ""
		got, use, err := call(context.WithValue(limited, afterKey{}, &head))
		if err == nil {
			m.rest.well()
			if use.Tokens == 0 && use.Money == 0 {
				use = guess // the server does not count: it may have been as much
			}
			c.Use = c.Use.Plus(use)
			m.correct(ctx, day, use.Minus(guess))
			return m.taken(ctx, c, began, got, take)
		}
		after := asked(head, m.o.Now())
		f := failed(limited, err, &after)
		m.rest.ill(m.o.Now())
		if f.status > 0 {
			m.correct(ctx, day, prompts.Use{}.Minus(guess).Plus(prompts.Use{Calls: 1})) // it refused: nothing was written
		} else {
			c.Use = c.Use.Plus(guess) // what it has done of it nobody knows
		}
		d := pause(c.Tries, f.after)
		if !f.again() || c.Tries == tries || limited.Err() != nil || m.o.Now().Add(d).After(deadline) || m.o.Wait(limited, d) != nil {
			return end(f.end)
		}
	}
}

// taken ends a call that was answered.
func (m *Model) taken(ctx context.Context, c prompts.Call, began time.Time, got string, take func(string) error) error {
	c.Got, c.Took = got, m.o.Now().Sub(began)
	if got == "" {
		return m.end(ctx, c, prompts.Empty)
	}
	if err := take(got); err != nil {
		var w wrong
		if c.Why = "form"; errors.As(err, &w) {
			c.Why = w.why
		}
		return m.end(ctx, c, prompts.Wrong)
	}
	return m.end(ctx, c, prompts.Done)
}

func (m *Model) correct(ctx context.Context, day string, by prompts.Use) {
	if err := m.o.Book.Correct(context.WithoutCancel(ctx), day, by); err != nil {
		m.o.Log.Warn("what a language model used could not be kept", "err", err)
	}
}

// longestNoted is how much of a text the book keeps, in bytes.
const longestNoted = 32 << 10

// end writes a call down. The error is nil where there is an answer.
func (m *Model) end(ctx context.Context, c prompts.Call, how string) error {
	c.At, c.End = m.o.Now(), how
	c.Sent, c.Got = cut(c.Sent), cut(c.Got)
	if err := m.o.Book.Note(context.WithoutCancel(ctx), c); err != nil {
		m.o.Log.Warn("a call to a language model could not be written down", "err", err)
		return ErrNone // what is in no book did not happen
	}
	if how != prompts.Done && how != prompts.Cached {
		return ErrNone
	}
	return nil
}

func cut(s string) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= longestNoted {
		return s
	}
	return strings.ToValidUTF8(s[:longestNoted], "") + "…"
}

// strictly reads an answer: one JSON value of the form, with nothing else in it or around it.
// Only the fence that models put around code may be there.
func strictly(got string, into any) error {
	if rest, ok := strings.CutPrefix(got, "```json"); ok {
		got = strings.TrimSuffix(strings.TrimSpace(rest), "```")
	}
	d := json.NewDecoder(bytes.NewReader([]byte(got)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return wrong{"form"}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return wrong{"behind"}
	}
	return nil
}
