// Package exact makes a policy compiled by OPA answer as OPA's own evaluator does.
package exact

import "fmt"

// Policy gives the policy with sorted iterations, with equal hashes of equal numbers, and with guards: where its functions would answer otherwise than the
// evaluator, it ends with the message NeedsFull (`opa_abort`).
func Policy(compiled []byte) ([]byte, error) {
	m, err := readWasm(compiled)
	if err != nil {
		return nil, err
	}
	var r runtime
	for name, index := range map[string]*int{
		"opa_value_iter": &r.iterate, "opa_value_compare": &r.compare, "opa_malloc": &r.allocate, "opa_free": &r.free,
		"opa_heap_ptr_set": &r.resetHeap, "opa_value_get": &r.get,
	} {
		var ok bool
		if *index, ok = m.names[name]; !ok {
			return nil, fmt.Errorf("the compiled policy has no function %v", name)
		}
	}
	r.abort = m.imports["opa_abort"]
	r.slots, r.heap = m.addGlobal(), m.addGlobal()
	r.sorted = m.add(2, 1, r.sortedKeys())
	m.wrap(r.resetHeap, func(original int) []byte {
		return function(0, setGlobal(r.slots, number(0)), setGlobal(r.heap, local(0)), call(original, local(0)))
	})
	sortIterations(m, r)
	hashByValue(m)
	guard(m, r)
	return m.bytes(), nil
}

// runtime holds the indexes of functions that a compiled policy has: OPA's, whose C source is in wasm/src of its
// repository, and sortedKeys. Then those of our globals: the iterations under way, and where the heap of this
// evaluation begins, above the data document.
type runtime struct {
	iterate, get, compare, allocate, free, resetHeap, abort, sorted int
	slots, heap                                                     int
}

// The layout of values (wasm/src/value.h). The first byte is the kind. Of a collection follow its elements or
// buckets, how many buckets, how many entries; a bucket is a linked list of entries, each with its key first. An
// array is the same without buckets: each element is its index and its value.
const (
	numberKind         = 3
	stringKind         = 4
	arrayKind          = 5
	objectKind         = 6
	setKind            = 7
	internedStringKind = 8

	tableAt      = 4
	bucketsAt    = 8
	lengthAt     = 12
	entryNextAt  = 4 // of a set; an object's entry has its value there, and the next one behind it
	arrayLength  = 8
	arrayRoom    = 12
	elementBytes = 8
	elementValue = 4

	stringLengthAt = 4
	stringTextAt   = 8

	numberFormAt   = 1
	numberAsText   = 2 // else an int64
	integerAt      = 8 // its lower half
	numberTextAt   = 8
	numberLengthAt = 12

	word = 4
)
