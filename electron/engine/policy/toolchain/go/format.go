package main

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

type formatAnswer struct {
	Source      string `json:"source"`
	RegoVersion string `json:"regoVersion"`
}

// formatFile keeps the file's generation of Rego.
func formatFile(f sourceFile, _ []byte) (any, []byte, error) {
	parsed, err := parseFile(f)
	if err != nil {
		return nil, nil, err
	}
	if parsed.module == nil {
		return formatAnswer{f.Source, versionName(ast.RegoV1)}, nil, nil
	}
	out, err := format.SourceWithOpts(f.Path, []byte(f.Source), format.Opts{
		RegoVersion: parsed.version, ParserOptions: &ast.ParserOptions{RegoVersion: parsed.version}})
	if err != nil {
		return nil, nil, err
	}
	return formatAnswer{string(out), versionName(parsed.version)}, nil, nil
}
