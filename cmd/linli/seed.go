//go:build !seedackfirst

package main

import (
	"context"

	"linli/bot"
)

// received takes what a channel heard. It is apart because a fault is put in
// here on purpose, to see that the crash test finds it.
func received(ctx context.Context, b *bot.Bot, in bot.Inbound) (bot.Answer, error) {
	return b.Receive(ctx, in)
}
