package main

import (
	"bytes"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
)

const (
	maxSamples    = 3
	maxValueBytes = 200
)

type explainAnswer struct {
	evalAnswer
	Rules []*explainedRule `json:"rules"`
}

type explainedRule struct {
	Path        string              `json:"path"`
	File        string              `json:"file"`
	Row         int                 `json:"row"`
	EndRow      int                 `json:"endRow"`
	Entered     int                 `json:"entered"`
	Succeeded   int                 `json:"succeeded"`
	StoppedAt   *stoppedAt          `json:"stoppedAt,omitempty"`
	Solutions   []map[string]string `json:"solutions"`
	Expressions []*explainedExpr    `json:"expressions"`
	found       map[span]*explainedExpr
}

type stoppedAt struct {
	Row  int    `json:"row"`
	Text string `json:"text"`
	col  int
}

type explainedExpr struct {
	Row       int                 `json:"row"`
	Col       int                 `json:"col"`
	Text      string              `json:"text"`
	Evaluated int                 `json:"evaluated"`
	Failed    int                 `json:"failed"`
	Samples   []map[string]string `json:"samples"`
	span      span
	helper    bool // the compiler took it out of a longer expression: `__local3__ = f.Severity`
}

// span is a piece of the source, by its bytes.
type span struct{ from, to int }

func (s span) contains(o span) bool { return s.from <= o.from && o.to <= s.to }

// tracer folds the events of an evaluation as they come; none is kept.
type tracer struct {
	rules   map[string]*explainedRule
	byQuery map[uint64]*explainedRule
	source  map[ast.Var]string // a variable of the compiler's, and the source text it stands for
	steps   int
	reached map[*explainedExpr]int // the step at which it was first evaluated
}

func explain(r evalRequest, input []byte) (any, []byte, error) {
	answer, body, err := prepared.explain(r, input)
	return answer, body, err
}

func (v *evaluator) explain(r evalRequest, input []byte) (explainAnswer, []byte, error) {
	t := &tracer{map[string]*explainedRule{}, map[uint64]*explainedRule{}, map[ast.Var]string{}, 0, map[*explainedExpr]int{}}
	// Without index and early exit every rule is entered, so that each can say where it stopped.
	answer, result, err := v.run(r, input, rego.EvalQueryTracer(t), rego.EvalRuleIndexing(false), rego.EvalEarlyExit(false))
	return explainAnswer{answer, t.report()}, result, err
}

func (*tracer) Enabled() bool               { return true }
func (*tracer) Config() topdown.TraceConfig { return topdown.TraceConfig{PlugLocalVars: true} }

func (t *tracer) TraceEvent(e topdown.Event) {
	switch node := e.Node.(type) {
	case *ast.Rule:
		t.ruleEvent(node, &e)
	case ast.Body:
		// The body of a comprehension, `every` or `not` belongs to the rule around it.
		if r := t.byQuery[e.ParentID]; r != nil && e.Op == topdown.EnterOp {
			t.byQuery[e.QueryID] = r
		}
	case *ast.Expr:
		t.exprEvent(node, &e)
	}
}

func (t *tracer) ruleEvent(rule *ast.Rule, e *topdown.Event) {
	l := rule.Location
	if l == nil || l.File == "" {
		return
	}
	key := l.String() + rule.Head.Name.String()
	r := t.rules[key]
	if r == nil {
		r = &explainedRule{Path: rule.Ref().GroundPrefix().String(), File: l.File, Row: l.Row,
			EndRow: l.Row + bytes.Count(l.Text, []byte("\n")), Solutions: []map[string]string{}, found: map[span]*explainedExpr{}}
		t.rules[key] = r
	}
	switch e.Op {
	case topdown.EnterOp:
		r.Entered++
		t.byQuery[e.QueryID] = r
	case topdown.ExitOp:
		r.Succeeded++
		if len(r.Solutions) < maxSamples {
			r.Solutions = append(r.Solutions, authorsVariables(e))
		}
	}
}

func (t *tracer) exprEvent(n *ast.Expr, e *topdown.Event) {
	r := t.byQuery[e.QueryID]
	if r == nil {
		r = t.byQuery[e.ParentID]
	}
	l := n.Location
	if r == nil || l == nil || l.File != r.File || e.Op != topdown.EvalOp && e.Op != topdown.FailOp {
		return
	}
	s := span{l.Offset, l.Offset + len(l.Text)}
	x := r.found[s]
	if x == nil {
		x = &explainedExpr{Row: l.Row, Col: l.Col, Text: string(l.Text), Samples: []map[string]string{}, span: s, helper: true}
		r.found[s] = x
	}
	made := compilersVariable(n)
	x.helper = x.helper && made != ""
	if e.Op == topdown.FailOp {
		x.Failed++
		if len(x.Samples) < maxSamples {
			sample := t.values(n, e)
			if made != "" { // a part that has no value: its variables would not say so
				sample = map[string]string{x.Text: "undefined"}
			}
			x.Samples = append(x.Samples, sample)
		}
		return
	}
	x.Evaluated++
	if t.steps++; t.reached[x] == 0 {
		t.reached[x] = t.steps
	}
	if made != "" {
		t.source[made] = x.Text
	}
}

// compilersVariable gives the variable that the compiler assigns a part of an expression to.
func compilersVariable(n *ast.Expr) ast.Var {
	if n.IsEquality() {
		if v, ok := n.Operand(0).Value.(ast.Var); ok && v.IsGenerated() {
			return v
		}
	}
	return ""
}

func authorsVariables(e *topdown.Event) map[string]string {
	out := map[string]string{}
	if e.Locals != nil {
		e.Locals.Iter(func(k, v ast.Value) bool {
			if name, ok := k.(ast.Var); ok {
				if written := e.LocalMetadata[name].Name; isAuthors(written) {
					out[string(written)] = clip(v.String())
				}
			}
			return false
		})
	}
	return out
}

func isAuthors(name ast.Var) bool { return name != "" && !name.IsGenerated() && !name.IsWildcard() }

// values gives what an expression saw: its variables, the parts that the compiler took out, references to input.
func (t *tracer) values(n *ast.Expr, e *topdown.Event) map[string]string {
	out := map[string]string{}
	ast.WalkVars(n, func(v ast.Var) bool {
		if e.Locals == nil {
			return true
		}
		value := e.Locals.Get(v)
		if value == nil {
			return false
		}
		if text, ok := t.source[v]; ok {
			out[text] = clip(value.String())
		} else if written := e.LocalMetadata[v].Name; isAuthors(written) {
			out[string(written)] = clip(value.String())
		}
		return false
	})
	ast.WalkRefs(n, func(r ast.Ref) bool {
		if r.HasPrefix(ast.InputRootRef) && r.IsGround() && e.Input() != nil {
			if v, err := e.Input().Value.Find(r[1:]); err == nil {
				out[r.String()] = clip(v.String())
			} else {
				out[r.String()] = "undefined"
			}
		}
		return false
	})
	return out
}

func clip(s string) string {
	if len(s) > maxValueBytes {
		return strings.ToValidUTF8(s[:maxValueBytes], "") + "…"
	}
	return s
}

func (t *tracer) report() []*explainedRule {
	out := []*explainedRule{}
	for _, r := range t.rules {
		r.Expressions = t.merge(r)
		if r.Succeeded == 0 {
			var last *explainedExpr
			for _, x := range r.Expressions {
				if x.Failed > 0 && (last == nil || t.reached[x] > t.reached[last]) {
					last = x
				}
			}
			if last != nil {
				r.StoppedAt = &stoppedAt{last.Row, last.Text, last.Col}
			}
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *explainedRule) int {
		return strings.Compare(a.File, b.File)*2 + compareInt(a.Row, b.Row)
	})
	return out
}

// merge adds what happened to a part to the shortest expression around it, and sorts by place.
func (t *tracer) merge(r *explainedRule) []*explainedExpr {
	out := []*explainedExpr{}
	for _, x := range r.found {
		var around *explainedExpr
		for _, y := range r.found {
			if x.helper && !y.helper && y.span.contains(x.span) && (around == nil || around.span.contains(y.span)) {
				around = y
			}
		}
		if around == nil {
			out = append(out, x)
			continue
		}
		around.Failed += x.Failed
		around.Evaluated = max(around.Evaluated, x.Evaluated)
		around.Samples = append(around.Samples, x.Samples...)
		around.Samples = around.Samples[:min(len(around.Samples), maxSamples)]
	}
	slices.SortFunc(out, func(a, b *explainedExpr) int { return compareInt(a.span.from, b.span.from) })
	return out
}
