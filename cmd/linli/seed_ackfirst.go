//go:build seedackfirst

package main

import (
	"context"
	"time"

	"linli/bot"
)

// received has the fault "acknowledged before it was kept": the platform hears
// yes at once, and the message is taken a moment later. Never ship it.
func received(ctx context.Context, b *bot.Bot, in bot.Inbound) (bot.Answer, error) {
	ctx = context.WithoutCancel(ctx)
	time.AfterFunc(20*time.Millisecond, func() { _, _ = b.Receive(ctx, in) })
	return bot.Answer{}, nil
}
