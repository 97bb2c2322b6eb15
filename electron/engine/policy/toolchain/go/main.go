// Command policytools is OPA and go-jsonnet as one WASI reactor. The host writes a frame where `alloc` says and
// calls `call`; both directions have the same form:
//
//	u32 little-endian length of the header | header, JSON | body, raw bytes
//
// The request's header is {"fn": name, ...}; its body is the evaluation's input, if any. The answer's body is the
// compiled policy or the evaluation's result as JSON text. Nothing here can touch a file, the network or the
// environment: the host answers every such system call with EBADF.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"runtime"
	"unsafe"
)

// A reactor has no main program: `_initialize` runs the packages' init functions, then the host calls.
func main() {}

var (
	// Held here, because the garbage collector does not see the host's pointers.
	requestFrame []byte
	answerFrame  []byte
)

const (
	// A request buffer above this is not kept for a following small request.
	keepRequestBytes = 1 << 20
	// OPA leaves at most a few goroutines per call; the bound only guards against one that never ends.
	maxYields = 100
)

//go:wasmexport alloc
func alloc(n uint32) unsafe.Pointer {
	if uint32(cap(requestFrame)) < n || cap(requestFrame) > keepRequestBytes {
		requestFrame = make([]byte, max(n, 1))
	}
	requestFrame = requestFrame[:max(n, 1)]
	return unsafe.Pointer(&requestFrame[0])
}

//go:wasmexport call
func call(ptr unsafe.Pointer, n uint32) uint64 {
	header, body := answer(unsafe.Slice((*byte)(ptr), n))
	text, err := json.Marshal(header)
	if err != nil {
		text, _ = json.Marshal(failed(err))
	}
	// The only thread runs this goroutine to its end: give those that OPA started their turn, else they pile up.
	for i := 0; i < maxYields && runtime.NumGoroutine() > 1; i++ {
		runtime.Gosched()
	}
	answerFrame = make([]byte, 4, 4+len(text)+len(body))
	binary.LittleEndian.PutUint32(answerFrame, uint32(len(text)))
	answerFrame = append(append(answerFrame, text...), body...)
	return uint64(uintptr(unsafe.Pointer(&answerFrame[0])))<<32 | uint64(len(answerFrame))
}

// A handler gets the header and the body of a request and gives those of the answer.
type handler func(header, body []byte) (any, []byte, error)

var handlers = map[string]handler{
	"check":   handle(check),
	"compile": handle(compilePolicy),
	"format":  handle(formatFile),
	"test":    handle(runTests),
	"prepare": handle(prepare),
	"eval":    handle(evaluate),
	"explain": handle(explain),
	"jsonnet": handle(evalJsonnet),
	"version": handle(versions),
}

// handle reads the header as R before the handler proper.
func handle[R any](f func(request R, body []byte) (any, []byte, error)) handler {
	return func(header, body []byte) (any, []byte, error) {
		var request R
		if err := unmarshalExact(header, &request); err != nil {
			return nil, nil, err
		}
		return f(request, body)
	}
}

func answer(frame []byte) (header any, body []byte) {
	defer func() {
		if r := recover(); r != nil {
			header, body = failed(fmt.Errorf("panic: %v", r)), nil
		}
	}()
	if len(frame) < 4 || int(binary.LittleEndian.Uint32(frame)) > len(frame)-4 {
		return failed(fmt.Errorf("frame too short")), nil
	}
	split := 4 + int(binary.LittleEndian.Uint32(frame))
	var named struct {
		Fn string `json:"fn"`
	}
	if err := json.Unmarshal(frame[4:split], &named); err != nil {
		return failed(err), nil
	}
	f := handlers[named.Fn]
	if f == nil {
		return failed(fmt.Errorf("no function %q", named.Fn)), nil
	}
	header, body, err := f(frame[4:split], frame[split:])
	if err != nil {
		return failed(err), nil
	}
	return header, body
}
