package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"linli/flows"
	"linli/storage"
)

// Against compares an archive with the community it says it is of: its journal must
// be the beginning of the one in the store, and what is written now must be what it
// holds. The second may change with the directory, so that it is only noted.
func Against(ctx context.Context, store storage.Store, s *flows.Settings, held Held) (r Report, err error) {
	if held.Community != s.Community {
		r.wrong("这份归档是别的社区的")
		return r, nil
	}
	var now *contents
	err = store.View(ctx, func(tx storage.Tx) error {
		journal, err := tx.Journal(held.Case)
		if err != nil {
			return fmt.Errorf("archive: %w", err)
		}
		n := held.Records
		same := n > 0 && len(journal) >= n && journal[n-1].Seq == n && bytes.Equal(journal[n-1].Chain, held.Head)
		if err := storage.Verify(journal); err != nil {
			same = false
			r.wrong("数据里这件事的流水自己就接不上")
		}
		if !r.holds(same, fmt.Sprintf("流水的前%d条和数据里的一样", n), "流水和数据里的不一样：这份归档是另写的，或者不是这件事的") {
			return nil
		}
		if more := len(journal) - n; more > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("归档以后流水又有了%d条", more))
		}
		now, err = gather(tx, s, held.Case)
		if errors.Is(err, ErrNoPoll) || errors.Is(err, ErrNoResult) || errors.Is(err, ErrTooLate) {
			r.Notes = append(r.Notes, "这件事在数据里已经过了保存的时间，只剩流水")
			return nil
		}
		return err
	})
	if err != nil || now == nil {
		return r, err
	}
	files, err := now.files()
	if err != nil {
		return r, err
	}
	var differ []string
	for _, f := range files {
		if f.name != nameManifest && f.name != nameJournal && sumOf(f.data) != held.Files[f.name] {
			differ = append(differ, f.name)
		}
	}
	if len(differ) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s 和现在写出来的不同。归档以后改过名册或规定、有人要求删除资料，会这样；都没有的话，请查是谁改的", strings.Join(differ, "、")))
	} else {
		r.Done = append(r.Done, "其余文件和现在写出来的一样")
	}
	return r, nil
}
