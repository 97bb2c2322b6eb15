package main

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

type sourceFile struct {
	Path   string `json:"path"`
	Source string `json:"source"`
}

// parsedFile is a file with the generation of Rego it was read as.
type parsedFile struct {
	sourceFile
	module  *ast.Module
	version ast.RegoVersion
}

func versionName(v ast.RegoVersion) string {
	if v == ast.RegoV0 {
		return "v0"
	}
	return "v1"
}

// A file that says its generation is never read as v0. Looked for in the text, since the file may not parse.
var saysItsVersion = regexp.MustCompile(`(?m)^\s*import\s+rego\.v[12]\b`)

func parseAs(f sourceFile, v ast.RegoVersion) (*ast.Module, error) {
	return ast.ParseModuleWithOpts(f.Path, f.Source, ast.ParserOptions{RegoVersion: v, ProcessAnnotation: true})
}

// parseFile reads a file as v1, else as v0. When both fail, the attempt that got further is the one to report: a
// v1 file fails as v0 at its first `if`, a v0 file fails as v1 at its first rule without one.
func parseFile(f sourceFile) (parsedFile, error) {
	module, errV1 := parseAs(f, ast.RegoV1)
	if errV1 == nil {
		return parsedFile{f, module, ast.RegoV1}, nil
	}
	if saysItsVersion.MatchString(f.Source) {
		return parsedFile{}, errV1
	}
	module, errV0 := parseAs(f, ast.RegoV0)
	if errV0 == nil {
		return parsedFile{f, module, ast.RegoV0}, nil
	}
	if isFurther(errV0, errV1) {
		return parsedFile{}, errV0
	}
	return parsedFile{}, errV1
}

func isFurther(a, b error) bool {
	la, lb := firstLocation(a), firstLocation(b)
	return la != nil && lb != nil && la.Compare(lb) > 0
}

func firstLocation(err error) *ast.Location {
	var first *ast.Location
	var many ast.Errors
	if errors.As(err, &many) {
		for _, e := range many {
			if e.Location != nil && (first == nil || e.Location.Compare(first) < 0) {
				first = e.Location
			}
		}
	}
	return first
}

// parseFiles reads all files, sorted by path; files without any statement are left out. Errors of all files are
// reported together.
func parseFiles(files []sourceFile) ([]parsedFile, error) {
	out := []parsedFile{}
	var all ast.Errors
	for _, f := range files {
		parsed, err := parseFile(f)
		var many ast.Errors
		switch {
		case errors.As(err, &many):
			all = append(all, many...)
		case err != nil:
			all = append(all, ast.NewError(ast.ParseErr, ast.NewLocation(nil, f.Path, 1, 1), "%v", err))
		case parsed.module != nil:
			out = append(out, parsed)
		}
	}
	if len(all) > 0 {
		return nil, all
	}
	slices.SortFunc(out, func(a, b parsedFile) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}
