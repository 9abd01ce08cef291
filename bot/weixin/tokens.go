package weixin

import (
	"context"
	"time"
)

type Shelf interface {
	Load(ctx context.Context, name string) ([]byte, error)
	Save(ctx context.Context, name string, value []byte, until time.Time) error
}

type Tokens struct{ Now func() time.Time }

func NewTokens(s Shelf, prefix string) *Tokens { return &Tokens{} }

func (t *Tokens) Renew(ctx context.Context, do func() error) error { return do() }

func (t *Tokens) Get(key string) any                                { return nil }
func (t *Tokens) Set(key string, val any, _ time.Duration) error    { return nil }
func (t *Tokens) IsExist(key string) bool                           { return false }
func (t *Tokens) Delete(key string) error                           { return nil }
func (t *Tokens) GetContext(ctx context.Context, key string) any    { return nil }
func (t *Tokens) IsExistContext(ctx context.Context, k string) bool { return false }
func (t *Tokens) DeleteContext(ctx context.Context, k string) error { return nil }
func (t *Tokens) SetContext(ctx context.Context, key string, val any, _ time.Duration) error {
	return nil
}
