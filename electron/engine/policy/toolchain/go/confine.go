package main

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// What would let a policy look outside its input and data: no policy has it.
var reachesOutside = []string{ast.HTTPSend.Name, ast.NetLookupIPAddr.Name, ast.OPARuntime.Name}

// All of OPA's language; made once, since making it costs 100 µs.
var allCapabilities = ast.CapabilitiesForThisVersion()

// capabilities are the built-ins that a policy may name.
func capabilities(allow []string) *ast.Capabilities {
	c := *allCapabilities
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool {
		return slices.Contains(reachesOutside, b.Name) && !slices.Contains(allow, b.Name)
	})
	return &c
}

// confineToAuthz refuses the use of what only `authz` is allowed: by a rule outside package authz, as OPA refuses
// an unknown function, and by a rule that reaches such a rule of authz.
func confineToAuthz(c *ast.Compiler, allow []string) ast.Errors {
	if len(allow) == 0 {
		return nil // the compiler itself has refused what is not allowed
	}
	var errs ast.Errors
	var reaching []*ast.Rule
	for _, m := range c.Modules {
		for _, root := range m.Rules {
			for rule := root; rule != nil; rule = rule.Else {
				for _, use := range builtinUses(rule) {
					if !slices.Contains(allow, use.name) {
						continue
					}
					reaching = append(reaching, rule)
					if !isAuthz(m) {
						errs = append(errs, ast.NewError(ast.TypeErr, use.location, "undefined function %v", use.name))
					}
				}
			}
		}
	}
	seen := map[*ast.Rule]bool{}
	for len(reaching) > 0 {
		rule := reaching[0]
		reaching = reaching[1:]
		if seen[rule] {
			continue
		}
		seen[rule] = true
		for dependent := range c.Graph.Dependents(rule) {
			by := dependent.(*ast.Rule)
			if isAuthz(rule.Module) && !isAuthz(by.Module) {
				errs = append(errs, ast.NewError(ast.TypeErr, by.Location,
					"%v uses what only package authz may use, through %v", by.Ref(), rule.Ref()))
				continue
			}
			reaching = append(reaching, by)
		}
	}
	errs.Sort()
	return errs
}

func isAuthz(m *ast.Module) bool {
	return len(m.Package.Path) > 1 && m.Package.Path[1].Equal(ast.StringTerm("authz"))
}

// builtinUse is a place where a function that is no rule is called, replaces another, or is replaced.
type builtinUse struct {
	name     string
	expr     *ast.Expr
	location *ast.Location
	replaced bool
}

// builtinUses finds the built-ins of a compiled rule (without its else rules, which are nodes of their own).
func builtinUses(rule *ast.Rule) []builtinUse {
	var out []builtinUse
	add := func(ref ast.Value, e *ast.Expr, replaced bool) {
		if r, ok := ref.(ast.Ref); ok && !r.HasPrefix(ast.DefaultRootRef) && !r.HasPrefix(ast.InputRootRef) {
			if name := r.String(); ast.BuiltinMap[name] != nil {
				out = append(out, builtinUse{name, e, e.Location, replaced})
			}
		}
	}
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Rule:
			return x != rule
		case *ast.Expr:
			if x.IsCall() {
				add(x.Operator(), x, false)
			}
			for _, w := range x.With {
				add(w.Target.Value, x, true)
				add(w.Value.Value, x, false)
			}
		case ast.Call:
			add(x[0].Value, &ast.Expr{Terms: []*ast.Term(x), Location: x[0].Location}, false)
		}
		return false
	}).Walk(rule)
	return out
}
