#!/usr/bin/env node
// Writes tests/conformance/opa-cases.jsonl.gz: a thousand of OPA's own conformance cases, out of the Go module that the policy tool chain
// is built from (its version: electron/engine/policy/toolchain/go/go.mod). Needs Go.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const ROOT = join(import.meta.dirname, '..')
const GO_SOURCE = join(ROOT, 'electron/engine/policy/toolchain/go')
const CASES = 1000

const go = (...args) =>
  execFileSync('go', args, {
    cwd: GO_SOURCE,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, GOFLAGS: '-mod=readonly' },
  })

const opa = go('list', '-m', '-f', '{{.Dir}}', 'github.com/open-policy-agent/opa').trim()
const lines = go('run', './conformance', join(opa, 'v1/test/cases/testdata'), String(CASES))
writeFileSync(join(ROOT, 'tests/conformance/opa-cases.jsonl.gz'), gzipSync(lines, { level: 9 }))
console.log(`${lines.trimEnd().split('\n').length} cases`)
