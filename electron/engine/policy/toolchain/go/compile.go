package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"

	"tocsin/policytools/exact"
)

type compileRequest struct {
	checkRequest
	Hosted      []string `json:"hosted"`
	Print       bool     `json:"print"`
	Entrypoints []string `json:"entrypoints"`
}

type entrypointInfo struct {
	Path      string   `json:"path"`
	Evaluator string   `json:"evaluator"`
	Reasons   []string `json:"reasons"`
}

type compileAnswer struct {
	checkAnswer
	Entrypoints      []entrypointInfo `json:"entrypoints"`
	RequiredBuiltins []string         `json:"requiredBuiltins"`
	References       references       `json:"references"`
	DecidingRules    []decidingRules  `json:"decidingRules"`
}

// compilePolicy makes one policy of all entrypoints that the host can answer for; the body of the answer is empty
// when there is none.
func compilePolicy(r compileRequest, _ []byte) (any, []byte, error) {
	p, err := load(r.checkRequest)
	if err != nil {
		return nil, nil, err
	}
	if r.Entrypoints == nil {
		r.Entrypoints = findEntrypoints(p)
	}
	slices.Sort(r.Entrypoints)
	found, err := findReferences(p, r.Entrypoints)
	if err != nil {
		return nil, nil, err
	}
	answer := compileAnswer{describe(p), []entrypointInfo{}, []string{}, found, findDecidingRules(p, r.Entrypoints)}
	required := map[string]bool{}
	hosted := []string{}
	sets := newSetFlow(p.compiler)
	for _, path := range r.Entrypoints {
		rules, err := reachable(p.compiler, path)
		if err != nil {
			return nil, nil, err
		}
		asked, reasons := judge(p, rules, r, sets)
		info := entrypointInfo{path, "full", reasons}
		if len(reasons) == 0 {
			info.Evaluator = "wasm"
			hosted = append(hosted, path)
			for _, name := range asked {
				required[name] = true
			}
		}
		answer.Entrypoints = append(answer.Entrypoints, info)
	}
	if len(hosted) == 0 {
		return answer, nil, nil
	}
	for name := range required {
		answer.RequiredBuiltins = append(answer.RequiredBuiltins, name)
	}
	slices.Sort(answer.RequiredBuiltins)
	wasm, err := buildWithRules(p, hosted, answer.DecidingRules, r)
	return answer, wasm, err
}

// buildWithRules adds the entrypoints that say which rule made what. Where that cannot be built the policy is built without,
// and nothing tells its rules apart.
func buildWithRules(p *program, hosted []string, rules []decidingRules, r compileRequest) ([]byte, error) {
	inPolicy := []decidingRules{}
	for _, one := range rules {
		if one.ByRule != "" && slices.Contains(hosted, one.Entrypoint) {
			inPolicy = append(inPolicy, one)
		}
	}
	if len(inPolicy) == 0 {
		return build(p, hosted, r)
	}
	all := slices.Clone(hosted)
	for _, one := range inPolicy {
		all = append(all, one.ByRule)
	}
	more := *p
	more.files = append(slices.Clone(p.files), ruleModules(p, inPolicy)...)
	if wasm, err := build(&more, all, r); err == nil {
		return wasm, nil
	}
	for i := range rules {
		if slices.Contains(hosted, rules[i].Entrypoint) {
			rules[i].ByRule = ""
		}
	}
	return build(p, hosted, r)
}

// judge says which built-ins the rules ask of a host, and why a compiled policy and its host cannot answer as the
// evaluator does.
func judge(p *program, rules map[*ast.Rule]bool, r compileRequest, sets *setFlow) (asked, reasons []string) {
	floats, isShown := []string{}, false
	for rule := range rules {
		reasons = append(reasons, mixedIterations(p, rule)...)
		floats = append(floats, floatsThatGoOn(rule)...)
		for _, use := range builtinUses(rule) {
			isShown = isShown || use.name == ast.Sprintf.Name || use.name == ast.InternalPrint.Name && r.Print
			switch {
			case use.replaced:
				if slices.Contains(shadowedByHost, use.name) { // the planner does not know the renamed one in `with`
					reasons = append(reasons, use.name+" (replaced by `with`)")
				}
			case inCompiledPolicy[use.name]:
				if why := whyNotCompiled(use); why != "" {
					reasons = append(reasons, why)
				}
			case use.name == ast.InternalTemplateString.Name:
				reasons = append(reasons, "template strings")
			case use.name == ast.InternalPrint.Name:
				if r.Print {
					asked = append(asked, use.name)
				}
			case !slices.Contains(r.Hosted, use.name):
				reasons = append(reasons, use.name)
			case sets.mayReach(rule, use):
				reasons = append(reasons, use.name+" (a set may reach it)")
			default:
				asked = append(asked, hostName(use.name))
			}
		}
	}
	if isShown {
		for _, text := range floats {
			reasons = append(reasons, fmt.Sprintf("sprintf or print (the number written %s may reach it)", text))
		}
	}
	slices.Sort(asked)
	slices.Sort(reasons)
	return slices.Compact(asked), append([]string{}, slices.Compact(reasons)...)
}

func hostName(builtin string) string {
	if slices.Contains(shadowedByHost, builtin) {
		return renamedPrefix + builtinPathless(builtin)
	}
	return builtin
}

// A dot would make OPA read the name as a path.
func builtinPathless(name string) string { return strings.ReplaceAll(name, ".", "_") }

func build(p *program, entrypoints []string, r compileRequest) ([]byte, error) {
	b := &bundle.Bundle{Data: map[string]any{}}
	b.Manifest.Init()
	b.SetRegoVersion(ast.RegoV1)
	shadows := packagesThatShadow(p)
	for _, f := range p.files {
		module := f.module.Copy()
		shortenLiterals(module)
		if !shadows[packageName(module)] {
			rename(module)
		}
		b.Modules = append(b.Modules, bundle.ModuleFile{URL: f.Path, Path: f.Path, Parsed: module, Raw: []byte(f.Source)})
	}
	capabilities := capabilities(r.Allow)
	for _, name := range shadowedByHost {
		capabilities.Builtins = append(capabilities.Builtins, &ast.Builtin{Name: hostName(name), Decl: ast.BuiltinMap[name].Decl})
	}
	c := compile.New().WithBundle(b).WithTarget(compile.TargetWasm).WithEntrypoints(entrypoints...).
		WithPruneUnused(true). // else rules that use an entrypoint are added, and functions among them fail
		WithEnablePrintStatements(r.Print).WithCapabilities(capabilities).WithRegoVersion(ast.RegoV1)
	if err := c.Build(context.Background()); err != nil {
		return nil, err
	}
	return exact.Policy(c.Bundle().WasmModules[0].Raw)
}

// packagesThatShadow have a rule or an import named like the first word of a renamed built-in; there the word does
// not mean the built-in.
func packagesThatShadow(p *program) map[string]bool {
	words := map[string]bool{}
	for _, name := range shadowedByHost {
		word, _, _ := strings.Cut(name, ".")
		words[word] = true
	}
	out := map[string]bool{}
	for _, f := range p.files {
		for _, rule := range f.module.Rules {
			if words[rule.Head.Ref()[0].Value.String()] {
				out[packageName(f.module)] = true
			}
		}
		for _, i := range f.module.Imports {
			if words[string(i.Name())] {
				out[packageName(f.module)] = true
			}
		}
	}
	return out
}

// rename changes the operators of calls and the targets of `with`, in place.
func rename(m *ast.Module) {
	renamed := func(t *ast.Term) *ast.Term {
		if ref, ok := t.Value.(ast.Ref); ok && slices.Contains(shadowedByHost, ref.String()) {
			return ast.NewTerm(ast.Ref{ast.VarTerm(hostName(ref.String()))}).SetLocation(t.Location)
		}
		return t
	}
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Expr:
			if terms, ok := x.Terms.([]*ast.Term); ok && len(terms) > 0 {
				terms[0] = renamed(terms[0])
			}
		case ast.Call:
			x[0] = renamed(x[0])
		case *ast.With:
			x.Target = renamed(x.Target)
			x.Value = renamed(x.Value)
		}
		return false
	}).Walk(m)
}
