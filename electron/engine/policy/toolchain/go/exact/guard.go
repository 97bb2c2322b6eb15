package exact

// NeedsFull is how a policy says that its answer would not be the evaluator's. The host takes every message that it does
// not know as this one.
const NeedsFull = "tocsin:full"

// guard wraps functions whose results are not always the evaluator's: each with the condition under which they are
// not, told by its first arguments. The evaluator computes with binary fractions, compiled policies with decimal ones
// (1.1 + 2.2 > 3.3); its IPv4-mapped addresses are IPv4; its `floor(-0.5)` is 0; it finds data.x[2] under "2".
func guard(m *wasmModule, r runtime) {
	leave := m.add(0, 0, r.leave())
	inexact := m.add(1, 1, isFraction(m.add(2, 1, hasOneOf(".eE"))))
	anyInexact := m.add(1, 1, r.anyFraction(inexact))
	colon := m.add(2, 1, hasOneOf(":"))
	base64 := m.add(2, 1, isBase64(m.add(2, 1, hasOnly("AZ", "az", "09", "++", "//"))))
	digits := m.add(2, 1, hasOnly("09"))
	special := m.add(2, 1, hasOneOf(`{[\`))

	first, second := local(0), local(1)
	ifEither := or(call(inexact, first), call(inexact, second))
	ifAny := call(anyInexact, first)
	ifNegative := both(call(inexact, first), equal.of(loadByte(load(first, numberTextAt), 0), number('-')))
	ifEmpty := both(isString(second), isZero.of(load(second, stringLengthAt)))
	ifDataByNumber := both(isKind(second, numberKind), both(isKind(first, objectKind), below.of(first, global(r.heap))))
	ifMalformed := both(isString(first), isZero.of(textHas(base64, first)))
	ifNotDigits := both(isString(first), isZero.of(isShortInteger(digits, first)))
	ifIPv6 := or(textHas(colon, first), textHas(colon, second))
	for _, g := range []struct {
		name       string
		parameters int
		condition  code
	}{
		{"opa_arith_plus", 2, ifEither},
		{"opa_arith_minus", 2, ifEither},
		{"opa_arith_multiply", 2, ifEither},
		{"opa_arith_divide", 2, ifEither},
		{"opa_arith_ceil", 1, ifNegative},
		{"opa_arith_floor", 1, ifNegative},
		{"opa_agg_sum", 1, ifAny},
		{"opa_agg_product", 1, ifAny},
		{"opa_strings_format_int", 2, or(call(inexact, first), isLong(first))},
		{"opa_strings_indexof", 2, ifEmpty},
		{"opa_strings_replace", 3, ifEmpty},
		{"opa_cidr_contains", 2, ifIPv6},
		{"opa_cidr_intersects", 2, ifIPv6},
		{"opa_glob_match", 3, textHas(special, first)}, // malformed, it matches literally
		{"opa_base64_decode", 1, ifMalformed},          // it reads what has no padding or line breaks
		{"opa_base64_is_valid", 1, ifMalformed},
		{"opa_to_number", 1, ifNotDigits}, // it reads "1e" and "-"
		{"opa_value_get", 2, ifDataByNumber},
		// `with input.x` for an input that is no object writes into it as if it were one.
		{"opa_object_insert", 3, notEqual.of(loadByte(first, 0), number(objectKind))},
	} {
		if index, used := m.names[g.name]; used {
			m.wrap(index, func(original int) []byte {
				arguments := make([]code, g.parameters)
				for i := range arguments {
					arguments[i] = local(i)
				}
				return function(0, when(g.condition, call(leave)), call(original, arguments...))
			})
		}
	}
}

func or(a, b code) code   { return choose(a, number(1), b) }
func both(a, b code) code { return choose(a, b, number(0)) }

func isKind(v code, kind int) code { return equal.of(loadByte(v, 0), number(kind)) }

func isString(v code) code { return or(isKind(v, stringKind), isKind(v, internedStringKind)) }

func isText(v code) code {
	return both(isKind(v, numberKind), equal.of(loadByte(v, numberFormAt), number(numberAsText)))
}

// isLong tells whether an integer may be too long for 64 bits.
func isLong(v code) code { return both(isText(v), below.of(number(18), load(v, numberLengthAt))) }

func textHas(function int, v code) code {
	return both(isString(v), call(function, load(v, stringTextAt), load(v, stringLengthAt)))
}

// isShortInteger tells of a string whether it is an integer, written as JSON writes it, that fits 64 bits.
func isShortInteger(digits int, v code) code {
	isOneDigit := equal.of(load(v, stringLengthAt), number(1))
	startsWith0 := equal.of(loadByte(load(v, stringTextAt), 0), number('0'))
	fits := below.of(subtract.of(load(v, stringLengthAt), number(1)), number(18)) // not empty either
	return both(fits, both(textHas(digits, v), or(isOneDigit, isZero.of(startsWith0))))
}

// isBase64 tells whether a text is whole groups of four letters, the last one padded.
func isBase64(letters int) []byte {
	const text, length = 0, 1
	last := func(n int) code { return loadByte(subtract.of(add.of(local(text), local(length)), number(n)), 0) }
	isPadding := func(n int) code { return equal.of(last(n), number('=')) }
	lettersUpTo := func(n int) code { return call(letters, local(text), subtract.of(local(length), number(n))) }
	return function(0,
		when(or(isZero.of(local(length)), and.of(local(length), number(3))), returned(number(0))),
		choose(isPadding(1), choose(isPadding(2), lettersUpTo(2), lettersUpTo(1)), lettersUpTo(0)))
}

// hasOnly tells whether a text of a length has no other bytes than those from the first to the second of each range.
func hasOnly(ranges ...string) []byte {
	const text, length = 0, 1
	isWanted := number(0)
	for _, r := range ranges {
		isInRange := below.of(subtract.of(loadByte(local(text), 0), number(int(r[0]))), number(int(r[1]-r[0])+1))
		isWanted = or(isInRange, isWanted)
	}
	return function(0,
		while(local(length),
			when(isZero.of(isWanted), returned(number(0))),
			setLocal(text, add.of(local(text), number(1))),
			setLocal(length, subtract.of(local(length), number(1)))),
		number(1))
}

// leave ends the evaluation.
func (r runtime) leave() []byte {
	const text = 0
	steps := []code{setLocal(text, call(r.allocate, number(len(NeedsFull)+1)))}
	for i, c := range []byte(NeedsFull + "\x00") {
		steps = append(steps, storeByte(add.of(local(text), number(i)), number(int(c))))
	}
	return function(1, append(steps, call(r.abort, local(text)))...)
}

// hasOneOf tells whether a text of a length has one of these bytes.
func hasOneOf(wanted string) []byte {
	const text, length = 0, 1
	isWanted := number(0)
	for _, c := range []byte(wanted) {
		isWanted = or(equal.of(loadByte(local(text), 0), number(int(c))), isWanted)
	}
	return function(0,
		while(local(length),
			when(isWanted, returned(number(1))),
			setLocal(text, add.of(local(text), number(1))),
			setLocal(length, subtract.of(local(length), number(1)))),
		number(0))
}

// isFraction tells whether a value is a number not written as an integer.
func isFraction(hasPoint int) []byte {
	v := local(0)
	return function(0, both(isText(v), call(hasPoint, load(v, numberTextAt), load(v, numberLengthAt))))
}

// anyFraction tells the same of the elements of an array or a set.
func (r runtime) anyFraction(inexact int) []byte {
	const collection, at, end = 0, 1, 2
	until := func(bytes int, element code) code {
		return while(below.of(local(at), local(end)),
			when(call(inexact, element), returned(number(1))),
			setLocal(at, add.of(local(at), number(bytes))))
	}
	return function(2,
		when(isKind(local(collection), arrayKind),
			setLocal(at, load(local(collection), tableAt)),
			setLocal(end, add.of(local(at), shiftLeft.of(load(local(collection), arrayLength), number(3)))),
			until(elementBytes, load(local(at), elementValue))),
		when(isKind(local(collection), setKind),
			setLocal(at, call(r.sorted, local(collection), load(local(collection), lengthAt))),
			setLocal(end, add.of(local(at), shiftLeft.of(load(local(collection), lengthAt), number(2)))),
			until(word, load(local(at), 0))),
		number(0))
}
