package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/print"
)

// evaluator is a program with the queries prepared so far, by entrypoint.
type evaluator struct {
	*program
	queries map[string]rego.PreparedEvalQuery
	// The same with each deciding rule by itself; made when one is first asked for.
	withRules *program
}

func newEvaluator(p *program) *evaluator {
	return &evaluator{program: p, queries: map[string]rego.PreparedEvalQuery{}}
}

// The host keeps one instance per program, so there is one.
var prepared *evaluator

func prepare(r checkRequest, _ []byte) (any, []byte, error) {
	p, err := load(r)
	if err != nil {
		return nil, nil, err
	}
	prepared = newEvaluator(p)
	return struct{}{}, nil, nil
}

type evalRequest struct {
	Entrypoint string `json:"entrypoint"`
	HasInput   bool   `json:"hasInput"`
	NowNs      string `json:"nowNs"`
	Seed       string `json:"seed"`
	TimeoutMs  int    `json:"timeoutMs"`
	Print      bool   `json:"print"`
}

type printLine struct {
	Message string `json:"message"`
	File    string `json:"file"`
	Row     int    `json:"row"`
}

type evalAnswer struct {
	Defined bool        `json:"defined"`
	Prints  []printLine `json:"prints"`
	Error   *diagnostic `json:"error,omitempty"`
}

func evaluate(r evalRequest, input []byte) (any, []byte, error) {
	return prepared.run(r, input)
}

// run evaluates the entrypoint. An error of the policy is part of the answer; the answer's body is the result.
func (v *evaluator) run(r evalRequest, input []byte, more ...rego.EvalOption) (evalAnswer, []byte, error) {
	answer := evalAnswer{Prints: []printLine{}}
	if v == nil {
		return answer, nil, errors.New("nothing prepared")
	}
	query, err := v.query(r.Entrypoint)
	if err != nil {
		return answer, nil, err
	}
	options, err := evalOptions(r, input, &answer.Prints)
	if err != nil {
		return answer, nil, err
	}
	results, err := query.Eval(context.Background(), append(options, more...)...)
	var failure *topdown.Error
	if errors.As(err, &failure) {
		d := at(failure.Code, failure.Message, failure.Location)
		if failure.Code == topdown.CancelErr {
			d.Message = fmt.Sprintf("evaluation took longer than %d ms", r.TimeoutMs)
		}
		answer.Error = &d
		return answer, nil, nil
	}
	if err != nil || len(results) == 0 {
		return answer, nil, err
	}
	answer.Defined = true
	return answer, results[0].Expressions[0].Value.(resultText), nil
}

// query looks the entrypoint up as a path; nothing of it is ever parsed as Rego.
func (v *evaluator) query(entrypoint string) (rego.PreparedEvalQuery, error) {
	query, ok := v.queries[entrypoint]
	if ok {
		return query, nil
	}
	p, err := v.programOf(entrypoint)
	if err != nil {
		return query, err
	}
	query, err = rego.New(rego.ParsedQuery(ast.NewBody(ast.NewExpr(ast.NewTerm(refOf(entrypoint))))),
		rego.Compiler(p.compiler), rego.Store(p.store),
		rego.EnablePrintStatements(true), rego.GenerateJSON(writeResult)).PrepareForEval(context.Background())
	if err == nil {
		v.queries[entrypoint] = query
	}
	return query, err
}

func (v *evaluator) programOf(entrypoint string) (*program, error) {
	if !strings.HasPrefix(entrypoint, rulesPackage+"/") {
		return v.program, nil
	}
	if v.withRules == nil {
		p, err := v.addRules()
		if err != nil {
			return nil, err
		}
		v.withRules = p
	}
	return v.withRules, nil
}

// resultText is a result as JSON: sets in canonical order, number text as computed.
type resultText []byte

func writeResult(t *ast.Term, _ *rego.EvalContext) (any, error) {
	value, err := ast.JSONWithOpt(t.Value, ast.JSONOpt{SortSets: true})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(numbersAsJSON(value)); err != nil {
		return nil, err
	}
	return resultText(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// numbersAsJSON rewrites, in place, the numbers that to_number took from text and that JSON does not know: .5, +1, 0x1p-2.
func numbersAsJSON(value any) any {
	switch value := value.(type) {
	case json.Number:
		if !json.Valid([]byte(value)) {
			double, _ := value.Float64() // to_number has read it
			return json.Number(shortestDouble(double))
		}
	case []any:
		for i := range value {
			value[i] = numbersAsJSON(value[i])
		}
	case map[string]any:
		for key := range value {
			value[key] = numbersAsJSON(value[key])
		}
	}
	return value
}

func evalOptions(r evalRequest, input []byte, prints *[]printLine) ([]rego.EvalOption, error) {
	now, err := strconv.ParseInt(r.NowNs, 10, 64)
	if err != nil {
		return nil, err
	}
	options := []rego.EvalOption{
		rego.EvalTime(time.Unix(0, now)),
		rego.EvalSeed(&seededBytes{seed: r.Seed}),
		// Also spares the goroutine that waits for a context's end, which would never get its turn here.
		rego.EvalExternalCancel(&deadline{at: time.Now().Add(time.Duration(r.TimeoutMs) * time.Millisecond)}),
	}
	if r.Print {
		options = append(options, rego.EvalPrintHook(printer{prints}))
	}
	if r.HasInput {
		value, err := ast.ValueFromReader(bytes.NewReader(input))
		if err != nil {
			return nil, err
		}
		options = append(options, rego.EvalParsedInput(value))
	}
	return options, nil
}

type printer struct{ lines *[]printLine }

func (p printer) Print(c print.Context, message string) error {
	line := printLine{Message: message}
	if c.Location != nil {
		line.File, line.Row = c.Location.File, c.Location.Row
	}
	*p.lines = append(*p.lines, line)
	return nil
}

// deadline looks at the clock: WebAssembly has one thread, so no timer fires while an evaluation runs.
type deadline struct {
	at    time.Time
	asked uint
	past  bool
}

// Reading the clock costs a call to the host; OPA asks for every expression.
const asksPerLook = 1024

func (d *deadline) Cancel() { d.past = true }

func (d *deadline) Cancelled() bool {
	d.asked++
	if d.asked%asksPerLook == 0 && time.Now().After(d.at) {
		d.past = true
	}
	return d.past
}
