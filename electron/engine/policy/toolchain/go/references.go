package main

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reference is a name that a policy asks its surroundings for, and the place where it does.
type reference struct {
	Name string `json:"name"`
	File string `json:"file"`
	Row  int    `json:"row"`
}

// references are the variables read from input.env and the actions named by `uses`, each at its first place in a file.
// Those that are only known when the policy runs are in Computed, named by what they compute: `input.env`, `uses`.
type references struct {
	Env      []reference `json:"env"`
	Uses     []reference `json:"uses"`
	Computed []reference `json:"computed"`
	// Whether the action policy may read input.alert.raw: it names it, or takes a document as a whole that holds it.
	ReadsRaw bool `json:"readsRaw"`
}

// The packages whose input has env; those of alert see the event alone. Some of them name actions.
var (
	envEntrypoints  = []string{actionEntrypoint, "authz/http", inspectEntrypoint, "review", emitEntrypoint}
	usesEntrypoints = []string{actionEntrypoint, inspectEntrypoint, emitEntrypoint}
)

const (
	actionEntrypoint  = "action"
	inspectEntrypoint = "inspect"
	emitEntrypoint    = "emit"
)

func findReferences(p *program, entrypoints []string) (references, error) {
	found := references{[]reference{}, []reference{}, []reference{}, false}
	for _, path := range entrypoints {
		if !slices.Contains(envEntrypoints, path) {
			continue
		}
		rules, err := reachable(p.compiler, path)
		if err != nil {
			return found, err
		}
		for rule := range rules {
			s := newRuleScan(rule)
			found.Env = append(found.Env, s.env()...)
			if slices.Contains(usesEntrypoints, path) {
				found.Uses = append(found.Uses, s.uses()...)
			}
			if path == actionEntrypoint {
				found.ReadsRaw = found.ReadsRaw || s.readsRaw()
			}
			found.Computed = append(found.Computed, s.computed...)
		}
	}
	for _, list := range []*[]reference{&found.Env, &found.Uses, &found.Computed} {
		*list = firstPlaces(*list)
	}
	return found, nil
}

func firstPlaces(all []reference) []reference {
	slices.SortFunc(all, func(a, b reference) int {
		if by := strings.Compare(a.File, b.File); by != 0 {
			return by
		}
		if a.Row != b.Row {
			return a.Row - b.Row
		}
		return strings.Compare(a.Name, b.Name)
	})
	seen := map[[2]string]bool{}
	return slices.DeleteFunc(all, func(r reference) bool {
		key := [2]string{r.File, r.Name}
		was := seen[key]
		seen[key] = true
		return was
	})
}

// ruleScan reads one compiled rule (without its else rules, which are nodes of their own). The compiler has moved
// references and calls out of terms into variables: those that stand for a text or for input.env are followed.
type ruleScan struct {
	rule     *ast.Rule
	texts    map[ast.Var]string
	envs     map[ast.Var]bool
	computed []reference
}

var inputEnv = ast.InputRootRef.Append(ast.StringTerm("env"))

func newRuleScan(rule *ast.Rule) *ruleScan {
	s := &ruleScan{rule: rule, texts: map[ast.Var]string{}, envs: map[ast.Var]bool{}}
	for before := -1; before < len(s.envs); { // an alias of an alias may stand before it
		before = len(s.envs)
		s.walk(func(x any) bool {
			if e, ok := x.(*ast.Expr); ok {
				s.learn(e)
			}
			return false
		})
	}
	return s
}

func (s *ruleScan) walk(visit func(any) bool) {
	ast.NewGenericVisitor(func(x any) bool {
		if r, ok := x.(*ast.Rule); ok && r != s.rule {
			return true
		}
		return visit(x)
	}).Walk(s.rule)
}

// definition tells of `x = input.env` and `x = "text"`, either way round.
func (s *ruleScan) definition(e *ast.Expr) (ast.Var, *ast.Term) {
	if !e.IsEquality() && !e.IsAssignment() || len(e.With) > 0 {
		return "", nil
	}
	for i := range 2 {
		if name, ok := e.Operand(i).Value.(ast.Var); ok {
			value := e.Operand(1 - i)
			if _, isText := value.Value.(ast.String); isText || s.isEnv(value) {
				return name, value
			}
		}
	}
	return "", nil
}

func (s *ruleScan) learn(e *ast.Expr) {
	name, value := s.definition(e)
	switch text := valueOf(value).(type) {
	case nil:
	case ast.String:
		s.texts[name] = string(text)
	default:
		s.envs[name] = true
	}
}

func valueOf(t *ast.Term) ast.Value {
	if t == nil {
		return nil
	}
	return t.Value
}

func (s *ruleScan) isEnv(t *ast.Term) bool {
	switch v := t.Value.(type) {
	case ast.Var:
		return s.envs[v]
	case ast.Ref:
		return v.Equal(inputEnv)
	}
	return false
}

// env gives the variables that are read; where input.env goes elsewhere as a whole, that is computed.
func (s *ruleScan) env() []reference {
	var out []reference
	read := func(name *ast.Term, at *ast.Location) {
		if text, ok := s.text(name); ok {
			out = append(out, s.at(text, at))
		} else {
			s.computed = append(s.computed, s.at("input.env", at))
		}
	}
	s.walk(func(x any) bool {
		switch x := x.(type) {
		case *ast.Expr:
			if _, value := s.definition(x); value != nil {
				return true
			}
			if x.IsCall() && x.Operator().String() == ast.ObjectGet.Name && s.isEnv(x.Operand(0)) {
				read(x.Operand(1), x.Location)
				return true
			}
		case *ast.Term:
			ref, isRef := x.Value.(ast.Ref)
			switch {
			case s.isEnv(x):
				s.computed = append(s.computed, s.at("input.env", x.Location))
				return true
			case isRef && len(ref) > len(inputEnv) && ref.HasPrefix(inputEnv):
				read(ref[len(inputEnv)], x.Location)
			case isRef && len(ref) > 1 && s.isEnv(ref[0]):
				read(ref[1], x.Location)
				return true
			}
		}
		return false
	})
	return out
}

// uses gives the actions that are named by objects with `uses`.
func (s *ruleScan) uses() []reference {
	var out []reference
	s.walk(func(x any) bool {
		t, _ := x.(*ast.Term)
		object, ok := valueOf(t).(ast.Object)
		if !ok {
			return false
		}
		if uses := object.Get(ast.StringTerm("uses")); uses != nil {
			at := uses.Location
			if at == nil || at.File == "" {
				at = t.Location
			}
			if text, ok := s.text(uses); ok {
				out = append(out, s.at(text, at))
			} else {
				s.computed = append(s.computed, s.at("uses", at))
			}
		}
		return false
	})
	return out
}

func (s *ruleScan) text(t *ast.Term) (string, bool) {
	switch v := t.Value.(type) {
	case ast.String:
		return string(v), true
	case ast.Var:
		text, ok := s.texts[v]
		return text, ok
	}
	return "", false
}

// at falls back to the rule where the compiler made the term.
func (s *ruleScan) at(name string, place *ast.Location) reference {
	if place == nil || place.File == "" {
		place = s.rule.Location
	}
	return reference{name, place.File, place.Row}
}

// readsRaw tells whether a rule may see input.alert.raw. What stands after a name that is computed counts as all of it.
func (s *ruleScan) readsRaw() bool {
	found := false
	var visit func(any) bool
	visit = func(x any) bool {
		switch x := x.(type) {
		case ast.Var:
			found = found || x == ast.InputRootDocument.Value
		case ast.Ref:
			found = found || holdsRaw(x)
			for i, part := range x {
				if _, isName := part.Value.(ast.Var); !isName || i > 0 {
					ast.NewGenericVisitor(visit).Walk(part)
				}
			}
			return true
		}
		return found
	}
	s.walk(visit)
	return found
}

func holdsRaw(ref ast.Ref) bool {
	if !ref.HasPrefix(ast.InputRootRef) {
		return false
	}
	for i, name := range []ast.String{"alert", "raw"} {
		if len(ref) <= i+1 {
			return true
		}
		if text, isText := ref[i+1].Value.(ast.String); isText && text != name {
			return false
		}
	}
	return true
}
