package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Syntax that only one of Go's regexp and OPA's C++ RE2 knows.
var oneSidedRegex = []string{"(?<", `\C`}

// whyNotCompiled says why a compiled policy's own function would not always give the evaluator's result, or nothing.
// What can be told from the values at hand is told there, by the guards of package exact.
func whyNotCompiled(use builtinUse) string {
	switch use.name {
	case ast.RegexIsValid.Name, ast.RegexMatch.Name, ast.RegexMatchDeprecated.Name, ast.RegexFindAllStringSubmatch.Name:
		if use.expr.IsCall() && use.expr.Operator().String() == use.name {
			if pattern, ok := use.expr.Operand(0).Value.(ast.String); ok && isCommonRegex(string(pattern)) {
				return ""
			}
		}
		return use.name + " (its pattern is not fixed, or one that not every evaluator reads)"
	}
	return ""
}

func isCommonRegex(pattern string) bool {
	_, err := regexp.Compile(pattern)
	return err == nil && !slices.ContainsFunc(oneSidedRegex, func(s string) bool { return strings.Contains(pattern, s) })
}

// mixedIterations finds iterations over a part of `data` that has both rules and documents: the evaluator goes through
// the documents first, a compiled policy through the rules.
func mixedIterations(p *program, rule *ast.Rule) []string {
	var out []string
	ast.NewGenericVisitor(func(x any) bool {
		if r, ok := x.(*ast.Rule); ok {
			return r != rule
		}
		ref, ok := x.(ast.Ref)
		if !ok || !ref.HasPrefix(ast.DefaultRootRef) {
			return false
		}
		node := p.compiler.RuleTree.Child(ref[0].Value)
		for i := 1; node != nil && i < len(ref) && len(node.Values) == 0; i++ {
			if !ref[i].IsGround() {
				if len(node.Children) > 0 && p.hasDocument(ref[:i]) {
					out = append(out, fmt.Sprintf("an iteration over %v, which has rules and data", ref[:i]))
				}
				break
			}
			node = node.Child(ref[i].Value)
		}
		return false
	}).Walk(rule)
	return out
}

// hasDocument tells whether there is, or `with` may put, a document at or below the path.
func (p *program) hasDocument(path ast.Ref) bool {
	var at any = p.data
	for _, key := range path[1:] {
		object, _ := at.(map[string]any)
		name, _ := key.Value.(ast.String)
		at = object[string(name)]
	}
	if object, ok := at.(map[string]any); ok && len(object) > 0 {
		return true
	}
	found := false
	for _, m := range p.compiler.Modules {
		ast.WalkWiths(m, func(w *ast.With) bool {
			target, _ := w.Target.Value.(ast.Ref)
			found = found || target.HasPrefix(path)
			return found
		})
	}
	return found
}
