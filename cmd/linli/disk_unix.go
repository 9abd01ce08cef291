//go:build linux || darwin || freebsd

package main

import "syscall"

// freeSpace gives the bytes that this user may still write beside a path.
func freeSpace(path string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
