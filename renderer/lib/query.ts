import { useCallback, useEffect } from 'react'
import { create } from 'zustand'
import type { CallArg, CallName, CallResult, TopicPayload } from '../../shared/contract.ts'
import { call, type DeskError, on } from './bridge.ts'
import { Lane } from './lane.ts'

type What = TopicPayload<'changed'>['what'][number]

/** When a shown answer is asked again: on a change of one of these, narrowed to one alert or chain where ids are told. */
export interface Refresh {
  what: readonly What[]
  alertId?: string
  chainId?: string
}

export interface Query<Value> {
  value: Value | null
  error: DeskError | null
  isLoading: boolean
  reload: () => void
}

interface Entry {
  value: unknown
  error: DeskError | null
  isLoading: boolean
}

interface Watcher {
  key: string
  name: CallName
  arg: CallArg<CallName>
  refresh: Refresh
}

/** Answers that were shown lately stay, so that going back shows them at once while they are asked again. */
const KEPT_ENTRIES = 60
const EMPTY: Entry = { value: null, error: null, isLoading: true }

const useEntries = create<Record<string, Entry>>(() => ({}))
const watchers = new Set<Watcher>()
const inFlight = new Map<string, 'queued' | 'clean' | 'dirty'>()
/** Reads under way at once, far below what a host admits (64): an act of the analyst never waits behind a screen that fills. */
const READS_AT_ONCE = 16
const reads = new Lane(READS_AT_ONCE)

function setEntry(key: string, change: Partial<Entry>): void {
  useEntries.setState((entries) => {
    const next = { ...entries, [key]: { ...(entries[key] ?? EMPTY), ...change } }
    const keys = Object.keys(next)
    if (keys.length <= KEPT_ENTRIES) return next
    const watched = new Set([...watchers].map((watcher) => watcher.key))
    const oldest = keys.find((candidate) => candidate !== key && !watched.has(candidate))
    if (oldest) delete next[oldest]
    return next
  }, true)
}

/** Between two readings of the same: a burst of changes costs a few calls, not one each. */
const PAUSE_MS = 150

export function pause(): Promise<void> {
  return new Promise((resolve) => {
    window.setTimeout(resolve, PAUSE_MS)
  })
}

function isWatched(key: string): boolean {
  for (const watcher of watchers) if (watcher.key === key) return true
  return false
}

async function load(watcher: Pick<Watcher, 'key' | 'name' | 'arg'>): Promise<void> {
  const { key, name, arg } = watcher
  const now = inFlight.get(key)
  if (now === 'queued') return
  if (now !== undefined) {
    inFlight.set(key, 'dirty')
    return
  }
  do {
    inFlight.set(key, 'queued')
    setEntry(key, { isLoading: true })
    const answer = await reads.run(
      () => {
        inFlight.set(key, 'clean')
        return call(name, arg)
      },
      () => isWatched(key),
    )
    if (answer === undefined) setEntry(key, { isLoading: false })
    else if (answer.ok) setEntry(key, { value: answer.value, error: null, isLoading: false })
    else setEntry(key, { error: answer.error, isLoading: false })
    if (inFlight.get(key) === 'dirty') await pause()
  } while (inFlight.get(key) === 'dirty')
  inFlight.delete(key)
}

function concerns(refresh: Refresh, change: TopicPayload<'changed'>): boolean {
  if (!refresh.what.some((what) => change.what.includes(what))) return false
  const isOtherAlert = refresh.alertId !== undefined && !change.alertIds.includes(refresh.alertId)
  const isOtherChain = refresh.chainId !== undefined && !change.chainIds.includes(refresh.chainId)
  const hasIds = change.alertIds.length > 0 || change.chainIds.length > 0
  if (!hasIds || (refresh.alertId === undefined && refresh.chainId === undefined)) return true
  return !(refresh.alertId === undefined || isOtherAlert) || !(refresh.chainId === undefined || isOtherChain)
}

/** Starts asking again what is shown, whenever the engine tells of a change. */
export function startQueries(): () => void {
  return on('changed', (change) => {
    const keys = new Map<string, Watcher>()
    for (const watcher of watchers) if (concerns(watcher.refresh, change)) keys.set(watcher.key, watcher)
    for (const watcher of keys.values()) void load(watcher)
  })
}

/**
 * The answer to a read call, kept up to date while the component is mounted.
 * @param arg `null` asks nothing
 * @returns the last good value also while it is asked again or when asking again failed
 */
export function useQuery<Name extends CallName>(
  name: Name,
  arg: CallArg<Name> | null,
  refresh: Refresh,
): Query<CallResult<Name>> {
  const key = arg === null ? '' : `${name} ${JSON.stringify(arg)}`
  const refreshKey = JSON.stringify(refresh)
  useEffect(() => {
    if (key === '') return undefined
    const parsed = JSON.parse(key.slice(name.length + 1)) as CallArg<Name>
    const watcher: Watcher = { key, name, arg: parsed, refresh: JSON.parse(refreshKey) as Refresh }
    watchers.add(watcher)
    void load(watcher)
    return () => {
      watchers.delete(watcher)
    }
  }, [key, name, refreshKey])
  const entry = useEntries((entries) => entries[key]) ?? EMPTY
  const reload = useCallback(() => {
    const watcher = [...watchers].find((candidate) => candidate.key === key)
    if (watcher) void load(watcher)
  }, [key])
  // Entries are written by `load` under a key that holds the call's name.
  return { ...entry, value: entry.value as CallResult<Name> | null, reload }
}

/** Asks again what these changes concern: after an act of this window, without waiting to be told. */
export function invalidate(what: readonly What[]): void {
  const keys = new Map<string, Watcher>()
  for (const watcher of watchers) {
    if (watcher.refresh.what.some((each) => what.includes(each))) keys.set(watcher.key, watcher)
  }
  for (const watcher of keys.values()) void load(watcher)
}
