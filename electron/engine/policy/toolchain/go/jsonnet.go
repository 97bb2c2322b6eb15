package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/google/go-jsonnet"
	jsonnetast "github.com/google/go-jsonnet/ast"
)

// Deeper recursion would overflow the host's stack, which costs the instance; this gives a coded error instead.
const maxJsonnetStack = 500

type jsonnetRequest struct {
	sourceFile
	Imports           map[string]string `json:"imports"`
	ExtVars           map[string]string `json:"extVars"`
	TopLevelArguments map[string]string `json:"topLevelArguments"`
}

// confinedImporter knows the files of the request only, relative to the importing file or to the root.
type confinedImporter map[string]jsonnet.Contents

func (files confinedImporter) Import(from, imported string) (jsonnet.Contents, string, error) {
	for _, candidate := range []string{path.Join(path.Dir(from), imported), path.Clean(imported)} {
		if contents, ok := files[candidate]; ok {
			return contents, candidate, nil
		}
	}
	return jsonnet.Contents{}, "", fmt.Errorf("no file %q among those given", imported)
}

// lastError keeps the error itself, where the package would only give its text.
type lastError struct {
	jsonnet.ErrorFormatter
	err error
}

func (l *lastError) Format(err error) string {
	l.err = err
	return err.Error()
}

func evalJsonnet(r jsonnetRequest, _ []byte) (any, []byte, error) {
	vm := jsonnet.MakeVM()
	vm.MaxStack = maxJsonnetStack
	formatter := &lastError{ErrorFormatter: vm.ErrorFormatter}
	vm.ErrorFormatter = formatter
	files := confinedImporter{}
	for name, source := range r.Imports {
		files[path.Clean(name)] = jsonnet.MakeContents(source)
	}
	vm.Importer(files)
	for name, value := range r.ExtVars {
		vm.ExtVar(name, value)
	}
	for name, value := range r.TopLevelArguments {
		vm.TLAVar(name, value)
	}
	text, err := vm.EvaluateSnippet(r.Path, r.Source)
	if err != nil {
		return nil, nil, jsonnetError(formatter.err, err)
	}
	return struct{}{}, []byte(text), nil
}

func jsonnetError(cause, formatted error) error {
	d := diagnostic{Code: "jsonnet_error", Message: formatted.Error()}
	var place jsonnetast.LocationRange
	switch e := cause.(type) {
	case jsonnet.RuntimeError:
		d.Message = e.Msg
		for _, frame := range e.StackTrace {
			if frame.Loc.IsSet() {
				place = frame.Loc
			}
		}
	case interface {
		Loc() jsonnetast.LocationRange
	}:
		place = e.Loc()
		d.Message = strings.TrimPrefix(d.Message, place.String()+" ")
	}
	if place.IsSet() {
		d.File, d.Row, d.Col = place.FileName, place.Begin.Line, place.Begin.Column
	}
	return sourceError{d}
}
