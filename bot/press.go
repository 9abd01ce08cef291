package bot

// pressedHouse takes a button of the engine's own: its case part is "~" and the
// name of what it belongs to.
func (b *Bot) pressedHouse(st *step, h *heard, name, choice, value string) error {
	return st.brief(House, "button-unknown", nil)
}
