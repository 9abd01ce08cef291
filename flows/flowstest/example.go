package flowstest

import (
	"io/fs"
	"testing/fstest"

	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/community"
)

// Example gives the settings of the example community, which are the caller's to change;
// duty is the list of duties it begins with.
func Example(t rapid.TB, duty []byte) *flows.Settings {
	t.Helper()
	file, err := community.Parse("example.yaml", community.Example(), duty)
	if err != nil {
		t.Fatal(err)
	}
	return file.Settings
}

// Flows makes flows, in the same order.
func Flows(t rapid.TB, makes ...func() (flows.Flow, error)) (all []flows.Flow) {
	t.Helper()
	for _, f := range makes {
		x, err := f()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	return all
}

// Words are those of a flow that a test defines: the same lines in every language.
func Words(lines string) fs.FS {
	words := fstest.MapFS{}
	for _, lang := range flows.Languages {
		words["words/"+lang+".yaml"] = &fstest.MapFile{Data: []byte(lines)}
	}
	return words
}
