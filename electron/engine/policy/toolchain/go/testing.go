package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
)

type testRequest struct {
	checkRequest
	Coverage bool   `json:"coverage"`
	Filter   string `json:"filter"`
}

type testCase struct {
	Package    string      `json:"package"`
	Name       string      `json:"name"`
	File       string      `json:"file"`
	Row        int         `json:"row"`
	Outcome    string      `json:"outcome"`
	DurationMs float64     `json:"durationMs"`
	Output     string      `json:"output"`
	Cause      *diagnostic `json:"cause,omitempty"`
}

type fileCoverage struct {
	Path       string        `json:"path"`
	Covered    []cover.Range `json:"covered"`
	NotCovered []cover.Range `json:"notCovered"`
	Percent    float64       `json:"percent"`
}

type testAnswer struct {
	Tests    []testCase     `json:"tests"`
	Coverage []fileCoverage `json:"coverage,omitempty"`
}

// The host ends the whole call in time; OPA's own limit cannot fire, since no timer runs while Go code does.
const noTestTimeout = time.Hour

// A test that failed within OPA's run fails again in far less.
const explainTestMs = 5_000

func runTests(r testRequest, _ []byte) (any, []byte, error) {
	p, err := load(r.checkRequest)
	if err != nil {
		return nil, nil, err
	}
	ctx := context.Background()
	txn, err := p.store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		return nil, nil, err
	}
	defer p.store.Abort(ctx, txn)
	compiler := ast.NewCompiler().WithCapabilities(capabilities(r.Allow)).WithEnablePrintStatements(true).
		WithUseTypeCheckAnnotations(true)
	runner := tester.NewRunner().SetCompiler(compiler).SetStore(p.store).SetModules(p.modules()).
		CapturePrintOutput(true).SetParallel(1).SetTimeout(noTestTimeout).Filter(r.Filter)
	var covered *cover.Cover
	if r.Coverage {
		covered = cover.New()
		// One run per test: OPA's further runs without rule index and early exit cost three times as much.
		runner.SetCoverageRuns(nil).SetCoverageQueryTracer(covered)
	}
	results, err := runner.RunTests(ctx, txn)
	if err != nil {
		return nil, nil, err
	}
	answer := testAnswer{Tests: []testCase{}}
	for result := range results {
		if result != nil { // nil: a rule that is no test
			answer.Tests = append(answer.Tests, describeTest(p, result))
		}
	}
	slices.SortFunc(answer.Tests, func(a, b testCase) int {
		return strings.Compare(a.File, b.File)*2 + compareInt(a.Row, b.Row)
	})
	if covered != nil {
		answer.Coverage = describeCoverage(covered.Report(p.modules()))
	}
	return answer, nil, nil
}

func compareInt(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func describeTest(p *program, result *tester.Result) testCase {
	out := testCase{Package: strings.TrimPrefix(result.Package, "data."), Name: result.Name, Output: string(result.Output),
		DurationMs: float64(result.Duration.Microseconds()) / 1000}
	if l := result.Location; l != nil {
		out.File, out.Row = l.File, l.Row
	}
	switch {
	case result.Error != nil:
		out.Outcome = "error"
		if found := diagnostics(result.Error); len(found) > 0 {
			out.Cause = &found[0]
		} else {
			out.Cause = &diagnostic{Code: "test_error", Message: result.Error.Error(), File: out.File, Row: out.Row}
		}
	case result.Skip:
		out.Outcome = "skip"
	case result.Fail:
		out.Outcome = "fail"
		out.Cause = whereItFailed(p, result)
	default:
		out.Outcome = "pass"
	}
	return out
}

// whereItFailed evaluates the test once more, to tell the expression that stopped it.
func whereItFailed(p *program, result *tester.Result) *diagnostic {
	in, err := ast.ParseRef(result.Package)
	if err != nil || result.Location == nil {
		return nil
	}
	answer, _, err := newEvaluator(p).explain(evalRequest{Entrypoint: pathOf(in) + "/" + result.Name, NowNs: "0", TimeoutMs: explainTestMs}, nil)
	if err != nil {
		return nil
	}
	for _, rule := range answer.Rules {
		if rule.File == result.Location.File && rule.Row == result.Location.Row && rule.StoppedAt != nil {
			return &diagnostic{Code: "test_failed", Message: rule.StoppedAt.Text, File: rule.File, Row: rule.StoppedAt.Row, Col: rule.StoppedAt.col}
		}
	}
	return nil
}

func describeCoverage(report cover.Report) []fileCoverage {
	out := []fileCoverage{}
	for path, f := range report.Files {
		out = append(out, fileCoverage{path, append([]cover.Range{}, f.Covered...), append([]cover.Range{}, f.NotCovered...), f.Coverage})
	}
	slices.SortFunc(out, func(a, b fileCoverage) int { return strings.Compare(a.Path, b.Path) })
	return out
}
