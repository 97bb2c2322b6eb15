package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Packages that are entrypoints as they are; every package below `alert` is one too.
var fixedEntrypoints = []string{"action", "authz/http", "inspect", "review", "emit"}

// findEntrypoints lists the packages that the product asks for and that have a rule with a value. Files named
// *_test.rego make no entrypoint of their own: their packages exist for `test`.
func findEntrypoints(p *program) []string {
	found := map[string]bool{}
	for _, f := range p.files {
		if strings.HasSuffix(f.Path, "_test.rego") {
			continue
		}
		for _, rule := range f.module.Rules {
			if len(rule.Head.Args) > 0 {
				continue
			}
			path := pathOf(f.module.Package.Path)
			switch {
			case slices.Contains(fixedEntrypoints, path) || strings.HasPrefix(path, "alert/"):
				found[path] = true
			case path == "alert":
				// `aws.alert contains …` in package alert is the same as `alert contains …` in package alert.aws.
				if ref := rule.Head.Ref().GroundPrefix(); len(ref) > 1 {
					found[path+"/"+pathOf(append(ast.Ref{ast.DefaultRootDocument, ast.StringTerm(string(ref[0].Value.(ast.Var)))}, ref[1:len(ref)-1]...))] = true
				}
			}
		}
	}
	out := []string{}
	for path := range found {
		out = append(out, path)
	}
	slices.Sort(out)
	return out
}

// pathOf writes data.alert["my-schema"] as alert/my-schema.
func pathOf(ref ast.Ref) string {
	parts := []string{}
	for _, t := range ref[1:] {
		if s, ok := t.Value.(ast.String); ok {
			parts = append(parts, string(s))
		}
	}
	return strings.Join(parts, "/")
}

// refOf is the reverse. The path is never parsed as Rego.
func refOf(path string) ast.Ref {
	ref := ast.Ref{ast.DefaultRootDocument}
	for _, part := range strings.Split(path, "/") {
		ref = append(ref, ast.StringTerm(part))
	}
	return ref
}

// reachable lists the rules that an evaluation of the entrypoint may run.
func reachable(c *ast.Compiler, entrypoint string) (map[*ast.Rule]bool, error) {
	seen := map[*ast.Rule]bool{}
	queue := c.GetRulesDynamic(refOf(entrypoint))
	if len(queue) == 0 {
		return nil, fmt.Errorf("no rules at entrypoint %s", entrypoint)
	}
	for len(queue) > 0 {
		rule := queue[0]
		queue = queue[1:]
		if seen[rule] {
			continue
		}
		seen[rule] = true
		if rule.Else != nil {
			queue = append(queue, rule.Else)
		}
		for dependency := range c.Graph.Dependencies(rule) {
			queue = append(queue, dependency.(*ast.Rule))
		}
	}
	return seen, nil
}
