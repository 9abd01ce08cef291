package kefu

import "context"

// Account is one of the customer service that the app sees.
type Account struct {
	ID   string // open_kfid
	Name string // that residents see
}

// Accounts gives the accounts that the app sees, for who does not know the id of theirs yet:
// the console does not show it everywhere.
func (k *Kefu) Accounts(ctx context.Context) ([]Account, error) {
	var list struct {
		answer
		Accounts []struct {
			ID   string `json:"open_kfid"`
			Name string `json:"name"`
		} `json:"account_list"`
	}
	if err := k.call(ctx, "account/list", map[string]int{"offset": 0, "limit": 100}, &list); err != nil {
		return nil, k.verdict("account/list", err)
	}
	out := make([]Account, 0, len(list.Accounts))
	for _, a := range list.Accounts {
		out = append(out, Account{a.ID, a.Name})
	}
	return out, nil
}
