package local

import (
	"testing"

	"linli/flows"
	"linli/prompts"
)

// A place is also known by its name in a second script, and a room names the
// place it is in.
func TestRoomsAndSecondNames(t *testing.T) {
	s := town()
	s.Buildings[4].Other = "ᠲᠠᠪᠤ ᠪᠠᠶᠢᠰᠢᠩ"
	s.Spots[0].Other = "ᠵᠡᠭᠦᠨ ᠬᠠᠭᠠᠯᠭ\u180eᠠ"
	s.Rooms = []flows.Room{
		{ID: "linli", Name: "邻里室", Where: flows.Place{Building: "11", Unit: "1", Floor: 2}},
		{ID: "tea", Name: "茶室", Where: flows.Place{Spot: "square"}},
		{ID: "lost", Name: "无处室"},
	}
	for text, want := range map[string]flows.Place{
		"ᠲᠠᠪᠤ ᠪᠠᠶᠢᠰᠢᠩ 没水了":         {Building: s.Buildings[4].ID},
		"ᠵᠡᠭᠦᠨ ᠬᠠᠭᠠᠯᠭ\u180eᠠ 路灯不亮": {Spot: s.Spots[0].ID},
		"邻里室的灯不亮了":                 {Building: "11"},
		"茶室门口的路灯不亮":                {Spot: "square"},
		"无处室的灯不亮了":                 {},
		"3号楼的灯不亮了":                 {Building: "3"},
	} {
		if got := New().Read(text, prompts.Context{At: noon, Settings: s}).Place; got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}
