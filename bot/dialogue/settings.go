package dialogue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"linli/storage"
)

// Set changes the world, by one of the settings that stand in the doc of the package.
func (w *World) Set(ctx context.Context, setting string) error {
	switch {
	case setting == "有自带投票":
		w.polls = true
		return nil
	case setting == "有链接":
		w.links = true
		return nil
	case setting == "不能先写私信":
		w.far = true
		return w.again(func() error {
			return w.o.Store.Update(ctx, func(tx storage.Tx) error {
				people, err := tx.People()
				if err != nil {
					return err
				}
				for _, p := range people {
					if _, post := w.settings.Official(p.ID); !post {
						p.Reach = nil
						if err := tx.PutPerson(p); err != nil {
							return err
						}
					}
				}
				return nil
			})
		})
	case strings.HasPrefix(setting, "能委托 "):
		n, err := strconv.Atoi(strings.TrimPrefix(setting, "能委托 "))
		if err != nil {
			return fmt.Errorf("setting %q: %w", setting, err)
		}
		other := *w.settings
		other.Polls.Proxies = n
		w.settings = &other
		w.Bot.SetSettings(w.settings)
		return nil
	case strings.HasPrefix(setting, "没有账号 "):
		name := strings.TrimPrefix(setting, "没有账号 ")
		a, err := w.address(name)
		if err != nil {
			return err
		}
		return w.again(func() error {
			return w.o.Store.Update(ctx, func(tx storage.Tx) error {
				p, err := tx.PersonAt("play:" + a)
				if errors.Is(err, storage.ErrNone) {
					return nil
				}
				if err != nil {
					return err
				}
				p.Addresses, p.Reach = nil, nil
				return tx.PutPerson(p)
			})
		})
	}
	return fmt.Errorf("unknown setting %q", setting)
}
