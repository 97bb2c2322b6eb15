import { TocsinError } from '../../../shared/errors.ts'
import type { ReportService } from '../report/report-service.ts'
import { printed, type DeskContext, type Handlers } from './context.ts'

/** Reports, and what the analyst makes of them. */
export function reportHandlers({
  store,
  handles,
  reports,
}: DeskContext): Handlers<
  'reports.page' | 'reports.get' | 'reports.override' | 'reports.reinspect' | 'reports.review' | 'inspections.retry'
> {
  const service = (): ReportService => {
    if (reports !== null) return reports
    throw new TocsinError('no_reports', 'This engine makes no reports.')
  }
  return {
    'reports.page': async (arg) => printed(handles, await store.reader.query('reports.page', arg)),
    'reports.get': async (arg) => printed(handles, await store.reader.query('reports.get', arg)),
    'reports.override': async ({ id, severity, reason }) => {
      await service().override(id, severity, reason)
      return {}
    },
    'reports.reinspect': async ({ id }) => ({ attributes: await service().reinspect(id) }),
    'reports.review': async ({ id }) => {
      await service().reviewNow(id)
      return {}
    },
    'inspections.retry': async ({ id }) => {
      await service().retry(id)
      return {}
    },
  }
}
