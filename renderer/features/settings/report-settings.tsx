import type { ReactNode } from 'react'
import type { Settings } from '../../../shared/model/settings.ts'
import { secondsOf, secondsText } from '../../lib/seconds.ts'
import { Section, TextSetting } from './setting-row.tsx'

const NO_TIME = 'Give a time, for example 3 h, 10 m or 1 h 30 m'

type TimeKey = 'report.windowSeconds' | 'report.inspectDelaySeconds' | 'report.reviewDelaySeconds'

/** When alerts gather in one report, when what they name is looked up, and when the whole is graded. */
export function ReportSettings({ settings }: { settings: Settings }): ReactNode {
  return (
    <Section id="reports" title="Reports">
      <TimeSetting
        title="Alerts of one cause gather for"
        hint="From the first alert on; a later one opens another report. From 1 s to 30 d."
        name="report.windowSeconds"
        settings={settings}
      />
      <TimeSetting
        title="Inspect after"
        hint="How long after an alert what it names is looked up. 0 s is at once, 1 d the longest."
        name="report.inspectDelaySeconds"
        settings={settings}
      />
      <TimeSetting
        title="Review at the latest after"
        hint="A review runs when all inspections have settled, or when this time is over. Up to 7 d."
        name="report.reviewDelaySeconds"
        settings={settings}
      />
    </Section>
  )
}

interface TimeSettingProps {
  title: string
  hint: string
  name: TimeKey
  settings: Settings
}

function TimeSetting({ title, hint, name, settings }: TimeSettingProps): ReactNode {
  const parse = (text: string) => {
    const seconds = secondsOf(text)
    return seconds === null ? NO_TIME : { [name]: seconds }
  }
  return <TextSetting title={title} hint={hint} isShort value={secondsText(settings[name])} parse={parse} />
}
