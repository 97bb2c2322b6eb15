package exact

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Section ids and the like: https://webassembly.github.io/spec/core/binary/modules.html
const (
	wasmHeaderBytes = 8

	customSection   = 0
	typeSection     = 1
	importSection   = 2
	functionSection = 3
	globalSection   = 6
	codeSection     = 10

	functionNames = 1 // in the custom section "name"
	functionType  = 0x60
	i32Type       = 0x7f
)

type wasmSection struct {
	id      byte
	content []byte
}

// wasmModule is a compiled policy to which functions are added. All of its numbers stay as they are.
type wasmModule struct {
	header   []byte
	sections []wasmSection
	imports  map[string]int // functions, to their index
	names    map[string]int // of functions, to their index
	types    [][]byte
	typeOf   [][]byte // of the functions that are not imported
	globals  [][]byte
	bodies   [][]byte
}

func readWasm(raw []byte) (m *wasmModule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the compiled policy cannot be read: %v", r)
		}
	}()
	m = &wasmModule{header: raw[:wasmHeaderBytes], imports: map[string]int{}, names: map[string]int{}}
	for r := wasmReader(raw[wasmHeaderBytes:]); len(r) > 0; {
		s := wasmSection{id: r.bytes(1)[0]}
		s.content = r.bytes(r.number())
		m.sections = append(m.sections, s)
		content := wasmReader(s.content)
		switch s.id {
		case typeSection:
			m.types = content.vector(func(r *wasmReader) {
				r.bytes(1)
				r.bytes(r.number())
				r.bytes(r.number())
			})
		case importSection:
			content.vector(m.readImport)
		case functionSection:
			m.typeOf = content.vector(func(r *wasmReader) { r.number() })
		case globalSection:
			m.globals = content.vector(func(r *wasmReader) {
				r.bytes(2)
				r.constant()
			})
		case codeSection:
			m.bodies = content.vector(func(r *wasmReader) { r.bytes(r.number()) })
		case customSection:
			if string(content.bytes(content.number())) == "name" {
				m.readNames(content)
			}
		}
	}
	return m, nil
}

func (m *wasmModule) readImport(r *wasmReader) {
	r.bytes(r.number())
	name := string(r.bytes(r.number()))
	switch kind := r.bytes(1)[0]; kind {
	case 0:
		r.number()
		m.imports[name] = len(m.imports)
	case 2: // memory
		if r.bytes(1)[0]&1 != 0 {
			r.number()
		}
		r.number()
	default:
		panic(fmt.Sprintf("import of kind %d", kind))
	}
}

func (m *wasmModule) readNames(r wasmReader) {
	for len(r) > 0 {
		kind := r.bytes(1)[0]
		names := wasmReader(r.bytes(r.number()))
		if kind != functionNames {
			continue
		}
		names.vector(func(r *wasmReader) {
			index := r.number()
			m.names[string(r.bytes(r.number()))] = index
		})
	}
}

// typeIndex finds or adds the type of a function from i32s to at most one i32.
func (m *wasmModule) typeIndex(parameters, results int) []byte {
	t := []byte{functionType}
	for _, n := range []int{parameters, results} {
		t = append(append(t, leb(n)...), slices.Repeat([]byte{i32Type}, n)...)
	}
	for i, known := range m.types {
		if slices.Equal(known, t) {
			return leb(i)
		}
	}
	m.types = append(m.types, t)
	return leb(len(m.types) - 1)
}

// add appends a function and gives its index.
func (m *wasmModule) add(parameters, results int, body []byte) int {
	m.typeOf = append(m.typeOf, m.typeIndex(parameters, results))
	m.bodies = append(m.bodies, body)
	return len(m.imports) + len(m.bodies) - 1
}

// wrap replaces a function; the one that was is added under the index given to the new one.
func (m *wasmModule) wrap(index int, wrapper func(original int) []byte) {
	i := index - len(m.imports)
	m.typeOf = append(m.typeOf, m.typeOf[i])
	m.bodies = append(m.bodies, m.bodies[i])
	m.bodies[i] = wrapper(len(m.imports) + len(m.bodies) - 1)
}

// addGlobal adds an i32 that starts as 0.
func (m *wasmModule) addGlobal() int {
	m.globals = append(m.globals, []byte{i32Type, 1, 0x41, 0, 0x0b}) // mutable; i32.const 0; end
	return len(m.globals) - 1
}

func (m *wasmModule) bytes() []byte {
	vectors := map[byte][][]byte{typeSection: m.types, functionSection: m.typeOf, globalSection: m.globals, codeSection: m.bodies}
	out := slices.Clone(m.header)
	for _, s := range m.sections {
		if entries, ok := vectors[s.id]; ok {
			s.content = append(leb(len(entries)), slices.Concat(entries...)...)
		}
		out = append(append(append(out, s.id), leb(len(s.content))...), s.content...)
	}
	return out
}

func leb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// wasmReader is what is left to read; it panics at the end.
type wasmReader []byte

func (r *wasmReader) number() int {
	n, size := binary.Uvarint(*r)
	r.bytes(size)
	return int(n)
}

func (r *wasmReader) bytes(n int) []byte {
	out := (*r)[:n:n]
	*r = (*r)[n:]
	return out
}

// constant reads an expression that gives a number.
func (r *wasmReader) constant() {
	for r.bytes(1)[0] != 0x0b { // i32.const and global.get have one operand
		r.number()
	}
}

// vector reads entries and gives the bytes of each.
func (r *wasmReader) vector(read func(*wasmReader)) [][]byte {
	out := make([][]byte, r.number())
	for i := range out {
		rest := *r
		read(r)
		out[i] = rest[: len(rest)-len(*r) : len(rest)-len(*r)]
	}
	return out
}
