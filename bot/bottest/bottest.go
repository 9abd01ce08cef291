// Package bottest is how channels and flows are tried: the suite that every
// channel passes, and the dialogues that every flow is written down in, played
// with every message delivered three times and every transaction failing once.
//
// It is for tests only; nothing of it belongs into a program.
package bottest
