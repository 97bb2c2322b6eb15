package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"unsafe"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// http.send is the host's: it gets the request object as JSON and keeps its answer until it is taken. The answer is
// {"response": …} or {"error": message}.
//
//go:wasmimport tocsin http_send
func hostHTTPSend(request unsafe.Pointer, n uint32) uint32

//go:wasmimport tocsin http_take
func hostHTTPTake(to unsafe.Pointer)

func init() {
	topdown.RegisterBuiltinFunc(ast.HTTPSend.Name, func(_ topdown.BuiltinContext, operands []*ast.Term, yield func(*ast.Term) error) error {
		request, err := ast.JSON(operands[0].Value)
		if err != nil {
			return err
		}
		text, err := json.Marshal(request)
		if err != nil {
			return err
		}
		out := make([]byte, max(hostHTTPSend(unsafe.Pointer(&text[0]), uint32(len(text))), 1))
		hostHTTPTake(unsafe.Pointer(&out[0]))
		var answer struct {
			Response json.RawMessage `json:"response"`
			Error    string          `json:"error"`
		}
		if err := json.Unmarshal(out, &answer); err != nil {
			return err
		}
		if answer.Error != "" {
			return errors.New(answer.Error)
		}
		value, err := ast.ValueFromReader(bytes.NewReader(answer.Response))
		if err != nil {
			return err
		}
		return yield(ast.NewTerm(value))
	})
}
