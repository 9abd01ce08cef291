package weixin

import (
	"crypto/sha256"
	"sync"
	"time"
)

// nonces remembers what each signature stood for while it would still be accepted.
type nonces struct {
	mu    sync.Mutex
	sums  map[string][sha256.Size]byte
	queue []once // in the order in which they came
}

type once struct {
	signature string
	at        time.Time
}

// mostNonces is far more than a platform sends in the time, and a few megabytes.
const mostNonces = 20_000

// same says that the signature stood for nothing before, or for the same.
func (n *nonces) same(signature string, sum [sha256.Size]byte, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if before, ok := n.sums[signature]; ok {
		return before == sum
	}
	// One that came early, from a clock ahead of ours, is good for twice the drift.
	gone := 0
	for gone < len(n.queue) && (now.Sub(n.queue[gone].at) > 2*drift || len(n.queue)-gone >= mostNonces) {
		delete(n.sums, n.queue[gone].signature)
		gone++
	}
	n.queue = append(n.queue[gone:], once{signature, now})
	if n.sums == nil {
		n.sums = map[string][sha256.Size]byte{}
	}
	n.sums[signature] = sum
	return true
}
