package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// decidingRules are the rules that make one document of an entrypoint, as `alert` of alert/aws, `run` of action and of emit.
type decidingRules struct {
	Entrypoint string         `json:"entrypoint"`
	Document   string         `json:"document"`
	Rules      []decidingRule `json:"rules"`
	// The entrypoint that evaluates each of several rules by itself: an object of what they give, by ruleName. ''
	// where one rule is all there is, or where more than the rules of this very name make the document.
	ByRule string `json:"byRule"`
}

type decidingRule struct {
	File   string `json:"file"`
	Row    int    `json:"row"`
	EndRow int    `json:"endRow"`
	// The title of the rule's METADATA, where no other of these rules has it; else its number in its file, from 1.
	Label     string `json:"label"`
	IsDefault bool   `json:"isDefault"`
	// As it was parsed, with the file that it stands in.
	parsed *ast.Rule
	file   *parsedFile
}

// No policy can spell it: the first word of a package is a variable.
const rulesPackage = "tocsin:rules"

// What an entrypoint's document of alerts and actions is called. Its name may be written in any case (AlertChain).
func documentOf(entrypoint string) string {
	switch {
	case entrypoint == actionEntrypoint || entrypoint == emitEntrypoint:
		return "run"
	case strings.HasPrefix(entrypoint, "alert/"):
		return "alert"
	}
	return ""
}

func ruleName(at int) string { return fmt.Sprintf("rule:%d", at) }

// findDecidingRules lists, by entrypoint, what makes alerts and actions. Files named *_test.rego are no part of it.
func findDecidingRules(p *program, entrypoints []string) []decidingRules {
	out := []decidingRules{}
	for _, path := range entrypoints {
		name := documentOf(path)
		if name == "" {
			continue
		}
		found := decidingRules{Entrypoint: path, Document: name, Rules: []decidingRule{}}
		document := refOf(path).Append(ast.StringTerm(name))
		isPlain := true
		for i := range p.files {
			f := &p.files[i]
			if strings.HasSuffix(f.Path, "_test.rego") {
				continue
			}
			number := 0
			for _, rule := range f.module.Rules {
				ref := absolute(f.module, rule)
				if !isBelow(ref, document) || givesNothing(rule) {
					continue
				}
				isPlain = isPlain && ref.Equal(document) && len(rule.Head.Args) == 0
				number++
				end := rule.Location.Row + strings.Count(string(rule.Location.Text), "\n")
				found.Rules = append(found.Rules, decidingRule{f.Path, rule.Location.Row, end, fmt.Sprint(number), rule.Default, rule, f})
			}
		}
		useTitles(found.Rules)
		if isPlain && len(found.Rules) > 1 {
			found.ByRule = rulesPackage + "/" + path
		}
		out = append(out, found)
	}
	return out
}

// absolute is where a rule's value stands, as far as it is known before it runs.
func absolute(m *ast.Module, rule *ast.Rule) ast.Ref {
	ref := m.Package.Path.Copy()
	for i, t := range rule.Head.Ref().GroundPrefix() {
		if name, isVar := t.Value.(ast.Var); isVar && i == 0 {
			t = ast.StringTerm(string(name))
		}
		ref = append(ref, t)
	}
	return ref
}

// isBelow tells whether a rule at ref is the document or a part of it, its last name in any case.
func isBelow(ref, document ast.Ref) bool {
	last := len(document) - 1
	if len(ref) <= last || !ref[:last].Equal(document[:last]) {
		return false
	}
	name, isText := ref[last].Value.(ast.String)
	return isText && strings.EqualFold(string(name), string(document[last].Value.(ast.String)))
}

// givesNothing: `default alert := []` makes no alert.
func givesNothing(rule *ast.Rule) bool {
	if !rule.Default || rule.Head.Value == nil {
		return false
	}
	switch value := rule.Head.Value.Value.(type) {
	case *ast.Array:
		return value.Len() == 0
	case ast.Set:
		return value.Len() == 0
	}
	return false
}

func useTitles(rules []decidingRule) {
	count := map[string]int{}
	for _, r := range rules {
		count[titleOf(r.parsed)]++
	}
	for i := range rules {
		if title := titleOf(rules[i].parsed); title != "" && count[title] == 1 {
			rules[i].Label = title
		}
	}
}

func titleOf(rule *ast.Rule) string {
	for _, a := range rule.Annotations {
		if a.Scope == "rule" && a.Title != "" {
			return a.Title
		}
	}
	return ""
}

// ruleModules are the rules of ByRule, each under a name of its own. They stand in a package of their own, so that the
// document that is asked for does not evaluate them as well; names of their first package mean there what they meant.
func ruleModules(p *program, all []decidingRules) []parsedFile {
	out := []parsedFile{}
	for _, one := range all {
		if one.ByRule == "" {
			continue
		}
		byFile := map[string]*ast.Module{}
		for at, r := range one.Rules {
			m := byFile[r.File]
			if m == nil {
				m = moduleBeside(p, r.file, one.ByRule)
				byFile[r.File] = m
				out = append(out, parsedFile{sourceFile{one.ByRule + "/" + r.File, r.file.Source}, m, r.file.version})
			}
			rule := r.parsed.Copy()
			for part := rule; part != nil; part = part.Else {
				part.Module = m
				part.Annotations = nil
				rename := ast.Var(ruleName(at))
				part.Head.Name = rename
				part.Head.SetRef(ast.Ref{ast.NewTerm(rename).SetLocation(part.Head.Location)})
			}
			m.Rules = append(m.Rules, rule)
		}
	}
	return out
}

// moduleBeside is an empty module that sees what the file sees: its imports, and the rules of its package as imports.
func moduleBeside(p *program, f *parsedFile, path string) *ast.Module {
	m := f.module.Copy()
	m.Package.Path = refOf(path)
	m.Rules, m.Annotations, m.Comments = nil, nil, nil
	taken := map[ast.Var]bool{}
	for _, i := range m.Imports {
		taken[i.Name()] = true
	}
	for _, other := range p.files {
		if !other.module.Package.Path.Equal(f.module.Package.Path) {
			continue
		}
		for _, rule := range other.module.Rules {
			name, isVar := rule.Head.Ref()[0].Value.(ast.Var)
			if !isVar || taken[name] {
				continue
			}
			taken[name] = true
			target := append(f.module.Package.Path.Copy(), ast.StringTerm(string(name)))
			m.Imports = append(m.Imports, &ast.Import{
				Location: rule.Location, Path: ast.NewTerm(target).SetLocation(rule.Location), Alias: name,
			})
		}
	}
	return m
}

// addRules gives the program with the rules of ByRule beside the others, checked again.
func (p *program) addRules() (*program, error) {
	all := findDecidingRules(p, findEntrypoints(p))
	out := &program{files: append(slices.Clone(p.files), ruleModules(p, all)...), data: p.data, store: p.store, allow: p.allow}
	if errs := out.compile(); len(errs) > 0 {
		return nil, errs
	}
	return out, nil
}
