package hearing

import "linli/flows"

func rules(_ string, s State, e flows.Event) (State, []flows.Effect) { return s, nil }

func hear(flows.Event) []flows.Effect { return nil }
