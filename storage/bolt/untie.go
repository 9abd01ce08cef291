package bolt

import (
	"slices"

	"linli/flows"
)

func (x *tx) DropRefs(chat flows.ChatID) error {
	if err := x.writing(); err != nil {
		return err
	}
	of := map[string]flows.ID{}
	prefix := message(x.here(0), chat, "")
	err := x.walk(refs, prefix, nil, forward, func(k, v []byte, _ error) (bool, error) {
		of[string(k[len(prefix):])] = flows.ID(v) // "" of a damaged row
		return true, nil
	})
	if err != nil {
		return err
	}
	for ref, id := range of {
		n, err := x.number(id)
		if err != nil && id != "" {
			return err
		}
		if err := x.del(refsOf, message(put64(nil, n), chat, ref)); err != nil {
			return err
		}
		if err := x.del(refs, slices.Concat(prefix, []byte(ref))); err != nil {
			return err
		}
	}
	return nil
}
