package main

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// diagnostic is one thing that is wrong in a source, by the tool's own code.
type diagnostic struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Row     int    `json:"row,omitempty"`
	Col     int    `json:"col,omitempty"`
}

// failure is an answer's header when the call gave none. Without diagnostics the fault is not in the sources.
type failure struct {
	Error       string       `json:"error"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

func failed(err error) failure {
	return failure{Error: err.Error(), Diagnostics: diagnostics(err)}
}

func at(code, message string, l *ast.Location) diagnostic {
	d := diagnostic{Code: code, Message: message}
	if l != nil {
		d.File, d.Row, d.Col = l.File, max(l.Row, 1), max(l.Col, 1) // OPA gives the end of a file no column
	}
	return d
}

// sourceError is an error with diagnostics of its own (jsonnet).
type sourceError struct{ diagnostic }

func (e sourceError) Error() string { return e.Message }

func diagnostics(err error) []diagnostic {
	out := []diagnostic{}
	var many ast.Errors
	var one *ast.Error
	var evaluation *topdown.Error
	var source sourceError
	switch {
	case errors.As(err, &many):
		for _, e := range many {
			out = append(out, at(e.Code, e.Message, e.Location))
		}
	case errors.As(err, &one):
		out = append(out, at(one.Code, one.Message, one.Location))
	case errors.As(err, &evaluation):
		out = append(out, at(evaluation.Code, evaluation.Message, evaluation.Location))
	case errors.As(err, &source):
		out = append(out, source.diagnostic)
	}
	return out
}

// unmarshalExact keeps numbers as they are written, also those beyond a double.
func unmarshalExact(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(to)
}
