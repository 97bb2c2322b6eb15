package exact

// OPA's compiled policies iterate objects and sets in the order of their hash tables, its evaluator in the order of
// their keys. The order shows: in an array comprehension, in what walk and print give, in the calls of uuid.rfc4122.
// All iteration goes through one function, opa_value_iter(collection, previous key or 0), which gives the next key or
// 0; only concat goes through a set by itself.

func sortIterations(m *wasmModule, r runtime) {
	find := m.add(3, 1, r.find())
	m.wrap(r.iterate, func(original int) []byte { return r.next(original, find) })
	if concat, used := m.names["opa_strings_concat"]; used { // unused functions are left out
		m.wrap(concat, r.concatSorted)
	}
}

// An iteration under way is remembered in one of 64 slots, by its collection's address: the collection, its sorted
// keys, how many they are, and which was given last. Another collection may take the slot; the keys are then sorted
// again. The slots live as long as the heap, that is for one evaluation.
const (
	slotKeysAt   = 4
	slotLengthAt = 8
	slotIndexAt  = 12
	slotBytes    = 16
	slotCount    = 64
)

func element(array, index code) code {
	return load(add.of(array, shiftLeft.of(index, number(2))), 0)
}

// next is the new opa_value_iter.
func (r runtime) next(original, find int) []byte {
	const collection, previous, slot, length, keys, index = 0, 1, 2, 3, 4, 5
	asBefore := returned(call(original, local(collection), local(previous)))
	set := func(offset int, v code) code { return store(local(slot), offset, v) }
	get := func(offset int) code { return load(local(slot), offset) }
	return function(4,
		when(isZero.of(local(collection)), returned(number(0))),
		when(aboveOrEqual.of(subtract.of(loadByte(local(collection), 0), number(objectKind)), number(2)), asBefore),
		setLocal(length, load(local(collection), lengthAt)),
		when(below.of(local(length), number(2)), asBefore),
		when(isZero.of(global(r.slots)),
			setGlobal(r.slots, call(r.allocate, number(slotBytes*slotCount))),
			while(below.of(local(index), number(slotBytes*slotCount)),
				store(add.of(global(r.slots), local(index)), 0, number(0)),
				setLocal(index, add.of(local(index), number(word))))),
		setLocal(slot, add.of(global(r.slots), and.of(local(collection), number(slotBytes*(slotCount-1))))),
		when(choose(notEqual.of(get(0), local(collection)), number(1),
			choose(notEqual.of(get(slotLengthAt), local(length)), number(1), isZero.of(local(previous)))),
			when(get(0), call(r.free, get(slotKeysAt))),
			set(0, local(collection)),
			set(slotKeysAt, call(r.sorted, local(collection), local(length))),
			set(slotLengthAt, local(length)),
			set(slotIndexAt, number(0))),
		setLocal(keys, get(slotKeysAt)),
		when(isZero.of(local(previous)), returned(load(local(keys), 0))),
		setLocal(index, get(slotIndexAt)),
		when(notEqual.of(element(local(keys), local(index)), local(previous)),
			setLocal(index, call(find, local(keys), local(length), local(previous)))),
		setLocal(index, add.of(local(index), number(1))),
		when(aboveOrEqual.of(local(index), local(length)), returned(number(0))),
		set(slotIndexAt, local(index)),
		element(local(keys), local(index)))
}

// sortedKeys gives a new array of an object's keys or a set's elements, merged bottom-up. All differ.
func (r runtime) sortedKeys() []byte {
	const collection, size, keys, other, at, end, entry, next = 0, 1, 2, 3, 4, 5, 6, 7
	const width, left, middle, right, i, j, k = 8, 9, 10, 11, 5, 6, 7 // all in bytes; the last three anew
	smaller := func(a, b code) code { return choose(below.of(a, b), a, b) }
	take := func(from int) code {
		return do(store(add.of(local(other), local(k)), 0, load(add.of(local(keys), local(from)), 0)),
			setLocal(from, add.of(local(from), number(word))))
	}
	isLeftNext := choose(below.of(local(i), local(middle)),
		choose(below.of(local(j), local(right)),
			less.of(call(r.compare, load(add.of(local(keys), local(i)), 0), load(add.of(local(keys), local(j)), 0)), number(0)),
			number(1)),
		number(0))
	return function(10,
		setLocal(size, shiftLeft.of(local(size), number(2))),
		setLocal(keys, call(r.allocate, local(size))),
		setLocal(other, call(r.allocate, local(size))),

		setLocal(left, local(keys)), // where the next key goes
		setLocal(at, load(local(collection), tableAt)),
		setLocal(end, add.of(local(at), shiftLeft.of(load(local(collection), bucketsAt), number(2)))),
		setLocal(next, shiftLeft.of(equal.of(loadByte(local(collection), 0), number(objectKind)), number(2))),
		while(below.of(local(at), local(end)),
			setLocal(entry, load(local(at), 0)),
			while(local(entry),
				store(local(left), 0, load(local(entry), 0)),
				setLocal(left, add.of(local(left), number(word))),
				setLocal(entry, load(add.of(local(entry), local(next)), entryNextAt))),
			setLocal(at, add.of(local(at), number(word)))),

		setLocal(width, number(word)),
		while(below.of(local(width), local(size)),
			setLocal(left, number(0)),
			while(below.of(local(left), local(size)),
				setLocal(middle, smaller(add.of(local(left), local(width)), local(size))),
				setLocal(right, smaller(add.of(local(middle), local(width)), local(size))),
				setLocal(i, local(left)),
				setLocal(j, local(middle)),
				setLocal(k, local(left)),
				while(below.of(local(k), local(right)),
					whenElse(isLeftNext, take(i), take(j)),
					setLocal(k, add.of(local(k), number(word)))),
				setLocal(left, local(right))),
			setLocal(at, local(keys)),
			setLocal(keys, local(other)),
			setLocal(other, local(at)),
			setLocal(width, shiftLeft.of(local(width), number(1)))),
		call(r.free, local(other)),
		local(keys))
}

// find gives the index of a key in an array of sorted ones.
func (r runtime) find() []byte {
	const keys, high, key, low, middle = 0, 1, 2, 3, 4
	return function(2,
		while(below.of(local(low), local(high)),
			setLocal(middle, shiftRight.of(add.of(local(low), local(high)), number(1))),
			whenElse(less.of(call(r.compare, element(local(keys), local(middle)), local(key)), number(0)),
				setLocal(low, add.of(local(middle), number(1))),
				setLocal(high, local(middle)))),
		local(low))
}

// concatSorted gives opa_strings_concat an array of a set's sorted elements. An array has, for each element, its
// index, which concat does not look at, and the element.
func (r runtime) concatSorted(original int) []byte {
	const separator, collection, keys, length, array, index = 0, 1, 2, 3, 4, 5
	asBefore := returned(call(original, local(separator), local(collection)))
	return function(4,
		when(notEqual.of(loadByte(local(collection), 0), number(setKind)), asBefore),
		setLocal(length, load(local(collection), lengthAt)),
		when(below.of(local(length), number(2)), asBefore),
		setLocal(keys, call(r.sorted, local(collection), local(length))),
		setLocal(array, call(r.allocate, number(arrayRoom+word))),
		storeByte(local(array), number(arrayKind)),
		store(local(array), tableAt, call(r.allocate, shiftLeft.of(local(length), number(3)))),
		store(local(array), arrayLength, local(length)),
		store(local(array), arrayRoom, local(length)),
		while(below.of(local(index), local(length)),
			store(add.of(load(local(array), tableAt), shiftLeft.of(local(index), number(3))), elementValue,
				element(local(keys), local(index))),
			setLocal(index, add.of(local(index), number(1)))),
		call(original, local(separator), local(array)))
}
