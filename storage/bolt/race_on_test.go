//go:build race

package bolt

// racing says that the race detector looks on.
const racing = true
