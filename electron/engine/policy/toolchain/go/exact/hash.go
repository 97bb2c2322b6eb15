package exact

// A compiled policy hashes a number by a double that it makes of its text, digit by digit: 1e-1 and 0.1, 1e21 and its
// 22 digits get different doubles, so a set or an object that holds the one does not find the other, although both are
// equal. hashByValue lets equal numbers have equal hashes. Integers of up to 19 digits must be written without point and
// exponent, which `go/literals.go` and the host see to; the evaluator's own results are so.
func hashByValue(m *wasmModule) {
	index, used := m.names["opa_value_hash"]
	if !used {
		return
	}
	isInteger := m.add(2, 1, hasOnly("09"))
	short := m.add(2, 1, shortInteger())
	digits := m.add(2, 1, significantDigits())
	hash := m.add(1, 1, numberHash(isInteger, short, digits))
	m.wrap(index, func(original int) []byte {
		return function(0, choose(isKind(local(0), numberKind), call(hash, local(0)), call(original, local(0))))
	})
}

// numberHash gives the lower 32 bits of an integer of 64 bits, else the significant digits, wherever the point is. They
// are mixed, since the hash of an array is the sum of its elements' hashes.
func numberHash(isInteger, short, digits int) []byte {
	const v, text, length, sign, hash = 0, 1, 2, 3, 4
	mixed := func() code {
		return setLocal(hash, multiply.of(xor.of(local(hash), shiftRight.of(local(hash), number(16))), number(mixer)))
	}
	return function(4,
		setLocal(hash, load(local(v), integerAt)),
		when(isText(local(v)),
			setLocal(text, load(local(v), numberTextAt)),
			setLocal(length, load(local(v), numberLengthAt)),
			setLocal(sign, equal.of(loadByte(local(text), 0), number('-'))),
			setLocal(text, add.of(local(text), local(sign))),
			setLocal(length, subtract.of(local(length), local(sign))),
			setLocal(hash, choose(both(below.of(local(length), number(maxIntegerDigits+1)), call(isInteger, local(text), local(length))),
				call(short, local(text), local(length)),
				call(digits, local(text), local(length)))),
			when(local(sign), setLocal(hash, subtract.of(number(0), local(hash))))),
		mixed(), mixed(),
		xor.of(local(hash), shiftRight.of(local(hash), number(16))))
}

const (
	maxIntegerDigits = 19
	// A well-mixing odd factor: https://stackoverflow.com/a/12996028
	mixer = 0x45d9f3b
)

// shortInteger reads digits, modulo 2^32.
func shortInteger() []byte {
	const text, length, value = 0, 1, 2
	return function(1,
		while(local(length),
			setLocal(value, appended(local(value), local(text))),
			setLocal(text, add.of(local(text), number(1))),
			setLocal(length, subtract.of(local(length), number(1)))),
		local(value))
}

// significantDigits reads the digits before the exponent from the first to the last that is not 0, modulo 2^32.
func significantDigits() []byte {
	const text, length, value, zeros = 0, 1, 2, 3
	c := loadByte(local(text), 0)
	isExponent := equal.of(and.of(c, number('E')), number('E')) // of e, E and no other character of a number
	isNonZero := below.of(subtract.of(c, number('1')), number(9))
	return function(2,
		while(local(length),
			when(isExponent, returned(local(value))),
			when(equal.of(c, number('0')), setLocal(zeros, add.of(local(zeros), number(1)))),
			when(isNonZero,
				while(local(zeros),
					setLocal(value, multiply.of(local(value), number(10))),
					setLocal(zeros, subtract.of(local(zeros), number(1)))),
				setLocal(value, appended(local(value), local(text)))),
			setLocal(text, add.of(local(text), number(1))),
			setLocal(length, subtract.of(local(length), number(1)))),
		local(value))
}

// appended gives the value with the digit at the text behind its own.
func appended(value, text code) code {
	return add.of(multiply.of(value, number(10)), subtract.of(loadByte(text, 0), number('0')))
}
