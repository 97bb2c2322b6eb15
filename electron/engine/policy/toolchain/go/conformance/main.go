// Command conformance writes a selection of OPA's own test cases (v1/test/cases of its module) as JSON lines on
// standard output, and on standard error, as JSON, how many were left out and why; its arguments are the folder of the
// cases and how many to take. Run by scripts/make-opa-cases.mjs.
package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/test/cases"
)

// conformanceCase is what a host can be asked: the document at a path, for JSON data and input. Input and wanted
// result are JSON text, so that numbers keep their digits.
type conformanceCase struct {
	Note      string         `json:"note"`
	Modules   []string       `json:"modules"`
	Data      map[string]any `json:"data,omitempty"`
	Input     string         `json:"input,omitempty"`
	Path      string         `json:"path"`
	Want      string         `json:"want,omitempty"`      // absent: undefined, or an error
	WantError string         `json:"wantError,omitempty"` // OPA's code
	Strict    bool           `json:"strict,omitempty"`    // the error exists in OPA's strict mode only; else undefined or empty
	Unordered bool           `json:"unordered,omitempty"` // the wanted array is a set
}

var (
	documentQuery = regexp.MustCompile(`^data((?:\.[A-Za-z_][A-Za-z0-9_]*)+) = ([a-z])$`)
	// Not part of a policy's language here, or of the test program only.
	unavailable = regexp.MustCompile(`http\.send|net\.lookup_ip_addr|opa\.runtime|test\.sleep|bypass_wasm`)
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder, count string) error {
	limit, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	byFamily := map[string][]conformanceCase{}
	leftOut := map[string]int{}
	for _, generation := range []string{"v0", "v1"} {
		set, err := cases.Load(filepath.Join(folder, generation))
		if err != nil {
			return err
		}
		for _, c := range set.Cases {
			if out, why := convert(c); why != "" {
				leftOut[why]++
			} else {
				family := generation + "/" + filepath.Base(filepath.Dir(c.Filename))
				out.Note = family + ": " + out.Note
				byFamily[family] = append(byFamily[family], out)
			}
		}
	}
	e := json.NewEncoder(os.Stdout)
	for _, c := range take(byFamily, limit) {
		if err := e.Encode(c); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stderr).Encode(leftOut)
}

// take goes round the families, so that small ones come whole and large ones in part; which part, a hash decides.
func take(byFamily map[string][]conformanceCase, limit int) []conformanceCase {
	names := []string{}
	for name, all := range byFamily {
		names = append(names, name)
		slices.SortFunc(all, func(a, b conformanceCase) int { return strings.Compare(hash(a.Note), hash(b.Note)) })
	}
	slices.Sort(names)
	out := []conformanceCase{}
	for round, more := 0, true; more; round++ {
		more = false
		for _, name := range names {
			if round < len(byFamily[name]) && len(out) < limit {
				out = append(out, byFamily[name][round])
				more = true
			}
		}
	}
	slices.SortFunc(out, func(a, b conformanceCase) int { return cmp.Compare(a.Note, b.Note) })
	return out
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// convert also says why a case cannot be asked of a host.
func convert(c cases.TestCase) (out conformanceCase, why string) {
	out = conformanceCase{Note: c.Note, Modules: c.Modules, Strict: c.StrictError, Unordered: c.SortBindings}
	query := documentQuery.FindStringSubmatch(c.Query)
	switch {
	case query == nil || len(c.Modules) == 0:
		return out, "asks for more than one document"
	case unavailable.MatchString(strings.Join(c.Modules, "")):
		return out, "needs what no policy here has: http.send, net.lookup_ip_addr, opa.runtime, functions of OPA's test program"
	case len(c.Env) > 0 || c.ExperimentalKeywords:
		return out, "sets environment variables, or a keyword that OPA is trying"
	}
	out.Path = strings.ReplaceAll(query[1][1:], ".", "/")
	if c.Data != nil {
		if out.Data = *c.Data; !exactInDoubles(out.Data) {
			return out, "has data with numbers that a double cannot hold"
		}
	}
	var ok bool
	if out.Input, ok = inputText(c); !ok {
		return out, "has an input that is no JSON"
	}
	switch {
	case c.WantErrorCode != nil:
		out.WantError = *c.WantErrorCode
	case c.WantError != nil || c.WantResult == nil:
		return out, "names no result and no error's code"
	case len(*c.WantResult) > 1:
		return out, "asks for more than one document"
	case len(*c.WantResult) == 1:
		value, bound := (*c.WantResult)[0][query[2]]
		if !bound || len((*c.WantResult)[0]) > 1 {
			return out, "asks for more than one document"
		}
		text, err := json.Marshal(value)
		if err != nil {
			return out, "names no result and no error's code"
		}
		out.Want = string(text)
	}
	return out, ""
}

func inputText(c cases.TestCase) (string, bool) {
	var value any
	switch {
	case c.InputTerm != nil:
		term, err := ast.ParseTerm(*c.InputTerm)
		if err != nil || hasSet(term) {
			return "", false
		}
		if value, err = ast.JSON(term.Value); err != nil {
			return "", false
		}
	case c.Input != nil:
		value = *c.Input
	default:
		return "", true
	}
	text, err := json.Marshal(value)
	return string(text), err == nil
}

func hasSet(t *ast.Term) (found bool) {
	ast.WalkTerms(t, func(t *ast.Term) bool {
		_, isSet := t.Value.(ast.Set)
		found = found || isSet
		return found
	})
	return found
}

// exactInDoubles: data documents go through a host that reads JSON numbers as doubles.
func exactInDoubles(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for _, one := range v {
			if !exactInDoubles(one) {
				return false
			}
		}
	case []any:
		for _, one := range v {
			if !exactInDoubles(one) {
				return false
			}
		}
	case json.Number:
		f, err := v.Float64()
		return err == nil && strconv.FormatFloat(f, 'f', -1, 64) == v.String()
	}
	return true
}
