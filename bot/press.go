package bot

// pressedHouse takes a button of the engine's own: its case part is "~" and the
// name of what it belongs to.
func (b *Bot) pressedHouse(st *step, h *heard, name, choice, value string) error {
	switch name {
	case "me":
		return b.pressedMine(st, h, choice)
	case "self":
		return b.pressedSelf(st, h, choice, value)
	case "leave":
		return b.pressedLeave(st, h, choice, value)
	case "voice":
		return b.pressedVoice(st, h, choice, value)
	case "t":
		return b.pressedTrouble(st, h, choice, value)
	}
	return st.brief(House, "button-unknown", nil)
}
