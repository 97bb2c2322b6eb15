package main

import (
	"runtime"
	"strings"

	"github.com/google/go-jsonnet"
	opa "github.com/open-policy-agent/opa/v1/version"
)

func versions(struct{}, []byte) (any, []byte, error) {
	return map[string]string{
		"go":      strings.TrimPrefix(runtime.Version(), "go"),
		"opa":     opa.Version,
		"jsonnet": strings.TrimPrefix(jsonnet.Version(), "v"),
	}, nil, nil
}
