package exact

import "slices"

// A few words to write WebAssembly with. https://webassembly.github.io/spec/core/binary/instructions.html
type code []byte

const noResult = 0x40

// op is an instruction without immediate operands, after the code of its operands.
type op byte

const (
	isZero       op = 0x45
	equal        op = 0x46
	notEqual     op = 0x47
	less         op = 0x48 // signed
	below        op = 0x49 // unsigned
	aboveOrEqual op = 0x4f // unsigned
	add          op = 0x6a
	subtract     op = 0x6b
	multiply     op = 0x6c
	and          op = 0x71
	xor          op = 0x73
	shiftLeft    op = 0x74
	shiftRight   op = 0x76 // unsigned
)

func (o op) of(operands ...code) code { return append(slices.Concat(operands...), byte(o)) }

func do(steps ...code) code { return slices.Concat(steps...) }

func number(n int) code { // i32.const, whose operand is signed LEB128
	out := code{0x41}
	for ; n > 0x3f; n >>= 7 {
		out = append(out, byte(n)&0x7f|0x80)
	}
	return append(out, byte(n))
}

func local(i int) code             { return append(code{0x20}, leb(i)...) }
func setLocal(i int, v code) code  { return append(append(v[:len(v):len(v)], 0x21), leb(i)...) }
func global(i int) code            { return append(code{0x23}, leb(i)...) }
func setGlobal(i int, v code) code { return append(append(v[:len(v):len(v)], 0x24), leb(i)...) }
func load(at code, offset int) code {
	return append(append(at[:len(at):len(at)], 0x28, 2), leb(offset)...)
}
func loadByte(at code, offset int) code {
	return append(append(at[:len(at):len(at)], 0x2d, 0), leb(offset)...)
}
func store(at code, offset int, v code) code {
	return append(do(at, v, code{0x36, 2}), leb(offset)...)
}
func storeByte(at, v code) code { return do(at, v, code{0x3a, 0, 0}) }

func call(function int, arguments ...code) code {
	return append(append(slices.Concat(arguments...), 0x10), leb(function)...)
}

func returned(v code) code { return append(v[:len(v):len(v)], 0x0f) }

func when(condition code, then ...code) code {
	return do(condition, code{0x04, noResult}, do(then...), code{0x0b})
}

func whenElse(condition, then, otherwise code) code {
	return do(condition, code{0x04, noResult}, then, code{0x05}, otherwise, code{0x0b})
}

// choose gives one of two numbers and evaluates only that one.
func choose(condition, then, otherwise code) code {
	return do(condition, code{0x04, i32Type}, then, code{0x05}, otherwise, code{0x0b})
}

func while(condition code, body ...code) code {
	leave := do(condition, code{byte(isZero), 0x0d, 1}) // br_if out of the block
	again := code{0x0c, 0}                              // br to the loop
	return do(code{0x02, noResult, 0x03, noResult}, leave, do(body...), again, code{0x0b, 0x0b})
}

// function gives a body with i32 locals after the parameters.
func function(locals int, steps ...code) []byte {
	body := do(code{1}, code(leb(locals)), code{i32Type}, do(steps...), code{0x0b})
	return append(leb(len(body)), body...)
}
