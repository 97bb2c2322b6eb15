import type { Mutation } from './mutation.ts'

const INSPECTING = 'electron/engine/report/inspecting.ts'
const LOOKUPS = 'electron/engine/report/lookups.ts'
const SERVICE = 'electron/engine/report/report-service.ts'
const STORE = 'electron/engine/report/records/report-store.ts'

const REPORT = 'electron/engine/report/report-service.test.ts'
const LOOKUP = 'electron/engine/report/lookups.test.ts'

/** What bounds reports, and what keeps a grade. */
export const REPORT_MUTATIONS: readonly Mutation[] = [
  {
    name: 'a policy takes the place of the grade that the analyst gave',
    file: STORE,
    from: "review.by === 'analyst' || report.gradedBy !== 'analyst'",
    to: 'true',
    test: REPORT,
  },
  {
    name: 'findings lead on without end',
    file: INSPECTING,
    from: 'depth > MAX_DEPTH',
    to: 'depth > 1000',
    test: REPORT,
  },
  {
    name: 'the same question is asked for each report',
    file: INSPECTING,
    from: 'if (isUsable) return last.id',
    to: 'if (isUsable && last.seq < 0) return last.id',
    test: REPORT,
  },
  {
    name: 'a report whose events age took holds up the others',
    file: INSPECTING,
    from: 'return open.map((attribute) => ({ ...unasked(attribute), failure }))',
    to: 'throw error',
    test: REPORT,
  },
  {
    name: "a service's rate is not kept",
    file: LOOKUPS,
    from: 'if (until > now) held.push({ id: lookup.id, until })',
    to: 'if (until > Number.MAX_SAFE_INTEGER) held.push({ id: lookup.id, until })',
    test: LOOKUP,
  },
  {
    name: 'what was asked in vain is no problem',
    file: LOOKUPS,
    from: 'if (nextAt === null) noteDead(',
    to: 'if (nextAt === 0) noteDead(',
    test: LOOKUP,
  },
  {
    name: 'an inspection runs what does not only look',
    file: LOOKUPS,
    from: "if (refused !== null) return { outcome: 'failed', error: refused }",
    to: '',
    test: LOOKUP,
  },
  {
    name: 'trying an inspection again asks for what was refused',
    file: SERVICE,
    from: 'if (refused !== null) throw new TocsinError(refused.code, refused.message)',
    to: '',
    test: REPORT,
  },
  {
    name: 'what was asked for before is asked under dry-run',
    file: LOOKUPS,
    from: "mode !== 'off' && mode !== 'dry-run' && !this.#stop",
    to: "mode !== 'off' && !this.#stop",
    test: LOOKUP,
  },
]
