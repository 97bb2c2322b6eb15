package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

type formatAnswer struct {
	Source      string `json:"source"`
	RegoVersion string `json:"regoVersion"`
}

// The code of a file that OPA's formatter would change in more than its form.
const formatErr = "format_error"

// formatFile keeps the file's generation of Rego. What OPA's formatter wrote is read again: it has changed the meaning of
// chained bodies and has written text that is no Rego, so it is believed only where the syntax tree is the same.
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
	after, err := parseAs(sourceFile{f.Path, string(out)}, parsed.version)
	if err != nil {
		return nil, nil, unformatted(parsed.module, nil)
	}
	if !isSame(parsed.module, after) {
		return nil, nil, unformatted(parsed.module, after)
	}
	return formatAnswer{string(out), versionName(parsed.version)}, nil, nil
}

// isSame compares what two modules say, wherever in the file they say it. The formatter sorts imports and leaves out those
// that are there twice.
func isSame(a, b *ast.Module) bool {
	return a.Package.Equal(b.Package) && slices.Equal(imports(a), imports(b)) && slices.Equal(comments(a), comments(b)) &&
		slices.EqualFunc(a.Rules, b.Rules, isSameRule)
}

func isSameRule(a, b *ast.Rule) bool {
	treeA, errA := tree(a)
	treeB, errB := tree(b)
	return errA == nil && errB == nil && bytes.Equal(treeA, treeB)
}

// tree is the rule as JSON, which has no places. The formatter writes `:=` in heads that have `=`, leaves out the body
// `true`, and writes 0.0 for .0 and p["x"] for p.x; each means the same.
func tree(rule *ast.Rule) ([]byte, error) {
	rule = rule.Copy()
	for r := rule; r != nil; r = r.Else {
		r.Head.Assign = true
		if r.Head.Value != nil {
			r.Head.Key = nil // the reference has it
		}
	}
	ast.WalkExprs(rule, func(e *ast.Expr) bool {
		e.Generated = false
		return false
	})
	rewriteNumbers(rule, shortestNumber)
	return json.Marshal(rule)
}

func imports(m *ast.Module) []string {
	out := []string{}
	for _, i := range m.Imports {
		out = append(out, i.String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func comments(m *ast.Module) []string {
	out := []string{}
	for _, c := range m.Comments {
		out = append(out, strings.TrimSpace(string(c.Text)))
	}
	slices.Sort(out)
	return out
}

// unformatted blames the first rule that is another one afterwards. Where the text written is no Rego, it blames the first
// chained body, which is a rule that begins with a brace.
func unformatted(before, after *ast.Module) error {
	place := before.Package.Location
	for i, rule := range before.Rules {
		if after == nil && !bytes.HasPrefix(rule.Location.Text, []byte("{")) ||
			after != nil && i < len(after.Rules) && isSameRule(rule, after.Rules[i]) {
			continue
		}
		place = rule.Location
		break
	}
	return ast.Errors{ast.NewError(formatErr, place,
		"OPA's formatter would change what this says, not only its form: the file stays as it is. Write chained bodies as rules of their own.")}
}
