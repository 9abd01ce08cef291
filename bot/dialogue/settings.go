package dialogue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"linli/flows"
	"linli/storage"
)

// Set changes the world, by one of the settings that stand in the doc of the package.
func (w *World) Set(ctx context.Context, setting string) error {
	if done, err := w.setLane(ctx, setting); done {
		return err
	}
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
	case strings.HasPrefix(setting, "喜好 "):
		return w.likes(ctx, strings.Fields(strings.TrimPrefix(setting, "喜好 ")))
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

// likes gives somebody the profile that their words name: an interest, an age band, when
// they have time, how often they want to hear.
func (w *World) likes(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return errors.New("喜好 of whom?")
	}
	var p flows.Profile
	ages := map[string]flows.Age{"未成年": flows.Minor, "青年": flows.Young, "中年": flows.Middle, "老人": flows.Elder}
	free := map[string]flows.Free{"晚上": flows.Evenings, "周末": flows.Weekends, "白天": flows.Daytime}
	often := map[string]flows.Often{"一周一次": flows.Weekly, "一月一次": flows.Monthly, "别发": flows.Never}
	for _, word := range words[1:] {
		i := slices.IndexFunc(w.settings.Activities.Interests, func(x flows.Interest) bool { return x.ID == word || x.In("zh-CN") == word })
		switch {
		case ages[word] != "":
			p.Age = ages[word]
		case free[word] != "":
			p.Free = append(p.Free, free[word])
		case often[word] != "":
			p.Often = often[word]
		case word == "带孩子":
			p.Children = true
		case i >= 0:
			p.Likes = append(p.Likes, w.settings.Activities.Interests[i].ID)
		default:
			return fmt.Errorf("喜好: nobody can like %q", word)
		}
	}
	a, err := w.address(words[0])
	if err != nil {
		return err
	}
	return w.again(func() error {
		return w.o.Store.Update(ctx, func(tx storage.Tx) error {
			x, err := tx.PersonAt("play:" + a)
			if err != nil {
				return fmt.Errorf("喜好 %s: %w", words[0], err)
			}
			x.Profile = p
			return tx.PutPerson(x)
		})
	})
}
