package main

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

// A host sees sets as arrays. holds says where in a value a set may be, so that a call that would notice the
// difference is left to the full evaluator. Input and data are JSON and hold none; the checker's types say nothing
// about values that come through functions and `any`, so the flow of values is followed from where sets are made.
type holds byte

const (
	isSet   holds = 1 // the value itself may be a set
	hasSets holds = 2 // a value inside it may be one
)

func inContainer(h holds) holds {
	if h != 0 {
		return hasSets
	}
	return 0
}

func element(h holds) holds {
	if h&hasSets != 0 {
		return isSet | hasSets
	}
	return 0
}

type ruleVar struct {
	root *ast.Rule // the first of an else chain
	name ast.Var
}

// setFlow is the least solution over all rules: it ignores order and conditions, so it errs towards sets.
type setFlow struct {
	compiler *ast.Compiler
	roots    map[*ast.Rule]*ast.Rule
	vars     map[ruleVar]holds
	values   map[*ast.Rule]holds // a root's document
	input    holds
	data     holds
	mocked   bool
	changed  bool
	solved   bool
}

func newSetFlow(c *ast.Compiler) *setFlow {
	return &setFlow{compiler: c, roots: map[*ast.Rule]*ast.Rule{}, vars: map[ruleVar]holds{}, values: map[*ast.Rule]holds{}}
}

// mayReach says whether a set may reach an argument for which the built-in declares no type.
func (f *setFlow) mayReach(rule *ast.Rule, use builtinUse) bool {
	f.solve()
	if f.mocked {
		return true
	}
	b := ast.BuiltinMap[use.name]
	operands := use.expr.Operands()
	if !use.expr.IsCall() || use.expr.Operator().String() != use.name {
		return true // named by `with`: its arguments are not here
	}
	for i, declared := range b.Decl.FuncArgs().Args {
		if i < len(operands) && f.typed(declared, isSet|hasSets, true)&f.term(f.roots[rule], operands[i]) != 0 && hasAny(declared) {
			return true
		}
	}
	return false
}

func unnamed(t types.Type) types.Type {
	if n, ok := t.(*types.NamedType); ok {
		return n.Type
	}
	return t
}

func hasAny(t types.Type) bool {
	switch t := unnamed(t).(type) {
	case types.Any:
		if len(t) == 0 {
			return true
		}
		for _, one := range t {
			if hasAny(one) {
				return true
			}
		}
	case *types.Array:
		for i := range t.Len() {
			if hasAny(t.Select(i)) {
				return true
			}
		}
		return t.Dynamic() != nil && hasAny(t.Dynamic())
	case *types.Object:
		return t.DynamicValue() != nil && hasAny(t.DynamicValue())
	case *types.Set:
		return t.Of() != nil && hasAny(t.Of())
	}
	return false
}

func (f *setFlow) solve() {
	if f.solved {
		return
	}
	f.solved = true
	for _, m := range f.compiler.Modules {
		for _, root := range m.Rules {
			for rule := root; rule != nil; rule = rule.Else {
				f.roots[rule] = root
			}
		}
	}
	for f.changed = true; f.changed; {
		f.changed = false
		for rule, root := range f.roots {
			f.visit(root, rule)
		}
	}
}

// join adds to what is known of a variable, a rule, input or data.
func join[K comparable](f *setFlow, to map[K]holds, key K, h holds) {
	if to[key]|h != to[key] {
		to[key] |= h
		f.changed = true
	}
}

func (f *setFlow) joinRoot(to *holds, h holds) {
	if *to|h != *to {
		*to |= h
		f.changed = true
	}
}

func (f *setFlow) visit(root, rule *ast.Rule) {
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Rule:
			return x != rule
		case ast.Ref:
			for i := 1; i < len(x); i++ {
				f.assign(root, x[i], element(f.ref(root, x[:i])))
			}
		case *ast.Every:
			h := element(f.term(root, x.Domain))
			f.assign(root, x.Key, h)
			f.assign(root, x.Value, h)
		case *ast.Expr:
			f.call(root, x)
			for _, w := range x.With {
				f.with(root, w)
			}
		}
		return false
	}).Walk(rule)
	for _, key := range rule.Head.Ref()[1:] {
		if f.term(root, key) != 0 {
			join(f, f.values, root, isSet|hasSets)
		}
	}
	if rule.Head.RuleKind() == ast.MultiValue {
		join(f, f.values, root, isSet|inContainer(f.term(root, rule.Head.Key)))
	} else if rule.Head.Value != nil {
		join(f, f.values, root, f.term(root, rule.Head.Value))
	}
}

func (f *setFlow) with(root *ast.Rule, w *ast.With) {
	h := f.term(root, w.Value)
	target, _ := w.Target.Value.(ast.Ref)
	switch {
	case target.HasPrefix(ast.InputRootRef):
		f.joinRoot(&f.input, h|inContainer(h))
	case target.HasPrefix(ast.DefaultRootRef) && len(f.compiler.GetRulesDynamic(target)) == 0:
		f.joinRoot(&f.data, h|inContainer(h))
	case h|f.replacement(w.Value) != 0: // a function or a rule gives sets now; to whom, is not followed
		f.mocked = true
	}
}

// replacement gives what a function named by `with` returns; it may be called with anything.
func (f *setFlow) replacement(t *ast.Term) holds {
	ref, ok := t.Value.(ast.Ref)
	if !ok {
		return 0
	}
	if b := ast.BuiltinMap[ref.String()]; b != nil && b.Decl.Result() != nil {
		return f.typed(b.Decl.Result(), isSet|hasSets, true)
	}
	var h holds
	for _, callee := range f.compiler.GetRulesExact(ref) {
		for rule := callee; rule != nil; rule = rule.Else {
			for _, parameter := range rule.Head.Args {
				f.assign(callee, parameter, isSet|hasSets)
			}
		}
		h |= f.values[callee]
	}
	return h
}

func (f *setFlow) call(root *ast.Rule, e *ast.Expr) {
	if !e.IsCall() {
		return
	}
	operands := e.Operands()
	if e.IsEquality() || e.IsAssignment() {
		if len(operands) == 2 {
			f.assign(root, operands[0], f.term(root, operands[1]))
			f.assign(root, operands[1], f.term(root, operands[0]))
		}
		return
	}
	arity := f.compiler.GetArity(e.Operator())
	if arity < 0 || len(operands) < arity {
		return
	}
	h := f.result(root, e.Operator(), operands[:arity])
	for _, out := range operands[arity:] {
		f.assign(root, out, h)
	}
}

// result passes the arguments on to a rule's parameters and gives the holds of what the function returns.
func (f *setFlow) result(root *ast.Rule, operator ast.Ref, arguments []*ast.Term) holds {
	var all, out holds
	for _, a := range arguments {
		all |= f.term(root, a)
	}
	if b := ast.BuiltinMap[operator.String()]; b != nil {
		if b.Decl.Result() == nil {
			return 0
		}
		if b.Relation && all != 0 { // walk: its argument itself is in the result
			return isSet | hasSets
		}
		return f.typed(b.Decl.Result(), all|element(all), true)
	}
	for _, callee := range f.compiler.GetRulesExact(operator) {
		for rule := callee; rule != nil; rule = rule.Else {
			for i, parameter := range rule.Head.Args {
				if i < len(arguments) {
					f.assign(callee, parameter, f.term(root, arguments[i]))
				}
			}
		}
		out |= f.values[callee]
	}
	return out | f.data
}

// typed gives the holds of a declared type, where values of no declared type hold what `unknown` says.
func (f *setFlow) typed(t types.Type, unknown holds, outermost bool) holds {
	switch t := unnamed(t).(type) {
	case *types.Set:
		return isSet | inContainer(f.typed(t.Of(), unknown, false))
	case *types.Array:
		var h holds
		for i := range t.Len() {
			h |= f.typed(t.Select(i), unknown, false)
		}
		if t.Dynamic() != nil {
			h |= f.typed(t.Dynamic(), unknown, false)
		}
		return inContainer(h)
	case *types.Object:
		if t.DynamicValue() != nil {
			return inContainer(f.typed(t.DynamicValue(), unknown, false))
		}
		return inContainer(element(unknown))
	case types.Any:
		if len(t) == 0 && outermost {
			return unknown
		}
		if len(t) == 0 {
			return element(unknown)
		}
		var h holds
		for _, one := range t {
			h |= f.typed(one, unknown, outermost)
		}
		return h
	}
	return 0
}

// assign tells the variables of a pattern what the value they are matched with holds.
func (f *setFlow) assign(root *ast.Rule, pattern *ast.Term, h holds) {
	if pattern == nil || h == 0 {
		return
	}
	switch v := pattern.Value.(type) {
	case ast.Var:
		join(f, f.vars, ruleVar{root, v}, h)
	case *ast.Array:
		v.Foreach(func(t *ast.Term) { f.assign(root, t, element(h)) })
	case ast.Object:
		v.Foreach(func(_, t *ast.Term) { f.assign(root, t, element(h)) })
	}
}

func (f *setFlow) term(root *ast.Rule, t *ast.Term) holds {
	if t == nil {
		return 0
	}
	var h holds
	switch v := t.Value.(type) {
	case ast.Var:
		return f.vars[ruleVar{root, v}]
	case ast.Ref:
		return f.ref(root, v)
	case *ast.Array:
		v.Foreach(func(t *ast.Term) { h |= f.term(root, t) })
		return inContainer(h)
	case ast.Object:
		v.Foreach(func(k, t *ast.Term) { h |= f.term(root, k) | f.term(root, t) })
		return inContainer(h)
	case ast.Set:
		v.Foreach(func(t *ast.Term) { h |= f.term(root, t) })
		return isSet | inContainer(h)
	case *ast.ArrayComprehension:
		return inContainer(f.term(root, v.Term))
	case *ast.SetComprehension:
		return isSet | inContainer(f.term(root, v.Term))
	case *ast.ObjectComprehension:
		return inContainer(f.term(root, v.Key) | f.term(root, v.Value))
	case ast.Call:
		operator, _ := v[0].Value.(ast.Ref)
		return f.result(root, operator, v[1:])
	}
	return 0
}

func (f *setFlow) ref(root *ast.Rule, r ast.Ref) holds {
	var h holds
	rest := len(r) - 1
	switch {
	case r[0].Equal(ast.InputRootDocument):
		h = f.input
	case r[0].Equal(ast.DefaultRootDocument):
		h = f.data
		for _, rule := range f.compiler.GetRulesDynamic(r) {
			value := f.values[f.roots[rule]]
			depth := len(rule.Ref())
			for range max(0, len(r)-depth) {
				value = element(value)
			}
			if len(r) < depth {
				value = inContainer(value)
			}
			h |= value
		}
		return h
	default:
		h = f.term(root, r[0])
	}
	for range rest {
		h = element(h)
	}
	return h
}
