import { expect, test } from 'vitest'
import type { AlertRow } from '../../../shared/model/views.ts'
import { ghostsBefore, indexOf, PAGE_SIZE, type Page, pruned, refreshed, rowAt } from './pages.ts'

function row(seq: number): AlertRow {
  return {
    rowId: seq,
    seq,
    id: `a${seq}`,
    createdAt: 0,
    title: '',
    source: '',
    schema: '',
    severity: 'low',
    observable: '',
    occurrences: 1,
    triage: 'new',
    verdict: null,
    waiting: false,
    actions: [],
    chainState: null,
  }
}

function page(from: number): Page {
  return { rows: Array.from({ length: PAGE_SIZE }, (_, index) => row(from + index)), isStale: false }
}

test('finds rows by place and by id across pages', () => {
  const pages = new Map([
    [0, page(0)],
    [3, page(300)],
  ])
  expect(rowAt(pages, 305)?.id).toBe('a305')
  expect(rowAt(pages, 150)).toBeNull()
  expect(indexOf(pages, (each) => each.id === 'a305')).toBe(305)
  expect(indexOf(pages, (each) => each.id === 'a150')).toBe(-1)
})

test('a row that left the filter keeps its place and counts as a ghost for later pages', () => {
  const fresh = page(0).rows.filter((each) => each.id !== 'a7')
  const { page: after, gone } = refreshed(page(0), [...fresh, row(100)])
  expect(gone).toEqual([7])
  expect(after.rows[7]?.id).toBe('a7')
  expect(after.rows).toHaveLength(PAGE_SIZE)
  const pages = new Map([[0, after]])
  expect([0, 1, 2].map((no) => ghostsBefore(pages, new Set(gone), no))).toEqual([0, 1, 1])
})

test('forgets far pages, but none with ghosts', () => {
  const pages = new Map([0, 1, 20, 21].map((no) => [no, page(no * PAGE_SIZE)]))
  expect([...pruned(pages, new Set([105]), 20).keys()]).toEqual([1, 20, 21])
})
