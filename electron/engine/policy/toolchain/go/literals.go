package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Inputs and data come with each number in its shortest form, in which every double has one spelling. A literal says more:
// 100.0 is a float to sprintf, as AlertChain's authors know it, and an integer to all others. So the evaluator keeps it,
// and a compiled policy, whose own functions find no 100.0 at index 100, gets it shortened where sprintf cannot see it.

// evenLiterals rewrites, in place, what OPA itself does not take alike: 1e2 is no index, 100.0 is one, but in a reference
// only 100 is.
func evenLiterals(m *ast.Module) {
	ast.WalkRefs(m, func(ref ast.Ref) bool {
		for _, t := range ref {
			rewriteNumber(t, shortestNumber)
		}
		return false
	})
	rewriteNumbers(m, func(text string) string {
		short := shortestNumber(text)
		if isInteger(short) && strings.ContainsAny(text, "eE") {
			return short + ".0"
		}
		if isInteger(short) {
			return text
		}
		return short
	})
}

// shortenLiterals writes each number in its shortest form, in place, but for those given to a function that shows them.
func shortenLiterals(node any) {
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Expr:
			if x.IsCall() && showsNumbers(x.Operator()) {
				within(x.Operands(), shortenLiterals)
				return true
			}
		case ast.Call:
			if operator, _ := x[0].Value.(ast.Ref); showsNumbers(operator) {
				within(x[1:], shortenLiterals)
				return true
			}
		case *ast.Term:
			rewriteNumber(x, shortestNumber)
		}
		return false
	}).Walk(node)
}

// within finds the parts of operands that are computed: their numbers are not those that the function is given.
func within(operands []*ast.Term, found func(part any)) {
	for _, operand := range operands {
		ast.NewGenericVisitor(func(x any) bool {
			switch x.(type) {
			case ast.Ref, ast.Call, *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension:
				found(x)
				return true
			}
			return false
		}).Walk(operand)
	}
}

// showsNumbers tells of the functions to which 1.0 is not 1.
func showsNumbers(operator ast.Ref) bool {
	switch operator.String() {
	case ast.Sprintf.Name, hostName(ast.Sprintf.Name), ast.Print.Name, ast.InternalPrint.Name:
		return true
	}
	return false
}

// floatsThatGoOn finds a literal like 100.0 that may come to such a function through a variable.
func floatsThatGoOn(rule *ast.Rule) []string {
	var out []string
	var visit func(x any) bool
	visit = func(x any) bool {
		switch x := x.(type) {
		case *ast.Rule:
			return x != rule
		case *ast.Expr:
			if x.IsCall() && (showsNumbers(x.Operator()) || isComparison[x.Operator().String()]) {
				within(x.Operands(), func(part any) { ast.NewGenericVisitor(visit).Walk(part) })
				return true
			}
		case *ast.Term:
			if n, ok := x.Value.(ast.Number); ok && strings.ContainsAny(string(n), ".eE") && isInteger(shortestNumber(string(n))) {
				out = append(out, string(n))
			}
		}
		return false
	}
	ast.NewGenericVisitor(visit).Walk(rule)
	return out
}

var isComparison = map[string]bool{
	ast.Equal.Name: true, ast.NotEqual.Name: true, ast.LessThan.Name: true, ast.LessThanEq.Name: true,
	ast.GreaterThan.Name: true, ast.GreaterThanEq.Name: true,
}

func isInteger(short string) bool { return !strings.ContainsAny(short, ".eE") }

func rewriteNumbers(node any, rewrite func(text string) string) {
	ast.WalkTerms(node, func(t *ast.Term) bool {
		rewriteNumber(t, rewrite)
		return false
	})
}

// The value stays, so its hash does, and objects and sets still find it.
func rewriteNumber(t *ast.Term, rewrite func(text string) string) {
	if n, ok := t.Value.(ast.Number); ok {
		if text := rewrite(string(n)); text != string(n) {
			t.Value = ast.Number(text)
		}
	}
}

// shortestNumber is `decimal.ts`'s function of that name; a number that doubles do not reach stays as it is.
func shortestNumber(text string) string {
	double, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(double, 0) {
		return text
	}
	exact := readDecimal(text)
	if double == 0 && exact.digits != "" {
		return text
	}
	if exact == readDecimal(shortestDouble(double)) {
		return shortestDouble(double)
	}
	return exact.text(math.MaxInt)
}

func shortestDouble(double float64) string {
	return readDecimal(strconv.FormatFloat(double, 'e', -1, 64)).text(maxIntegerPoint)
}

// Where ECMAScript begins to write an integer with an exponent.
const maxIntegerPoint = 21

// decimal is 0.digits × 10^point. The digits neither begin nor end with 0; zero has none.
type decimal struct {
	isNegative bool
	digits     string
	point      int
}

// readDecimal reads a number that is a double's neighbour, so that its exponent is a small one.
func readDecimal(text string) decimal {
	text, isNegative := strings.CutPrefix(text, "-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	point, _ := strconv.Atoi(exponent) // "" is 0
	digits := strings.TrimLeft(whole+fraction, "0")
	point += len(whole) - (len(whole) + len(fraction) - len(digits))
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return decimal{}
	}
	return decimal{isNegative, digits, point}
}

// text writes it as ECMAScript does, whose largest point of a number without exponent is given.
func (d decimal) text(maxPoint int) string {
	sign := ""
	if d.isNegative {
		sign = "-"
	}
	switch n := len(d.digits); {
	case n == 0:
		return "0"
	case d.point > maxPoint || d.point <= -6:
		rest := ""
		if n > 1 {
			rest = "." + d.digits[1:]
		}
		exponent := strconv.Itoa(d.point - 1)
		if d.point > 0 {
			exponent = "+" + exponent
		}
		return sign + d.digits[:1] + rest + "e" + exponent
	case d.point <= 0:
		return sign + "0." + strings.Repeat("0", -d.point) + d.digits
	case n <= d.point:
		return sign + d.digits + strings.Repeat("0", d.point-n)
	default:
		return sign + d.digits[:d.point] + "." + d.digits[d.point:]
	}
}
