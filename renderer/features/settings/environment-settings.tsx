import type { ReactNode } from 'react'
import type { Settings } from '../../../shared/model/settings.ts'
import { linesOf, pairsOf, pairsText, Section, TextSetting } from './setting-row.tsx'

export function EnvironmentSettings({ settings }: { settings: Settings }): ReactNode {
  return (
    <Section id="environment" title="Environment">
      <TextSetting
        title="Variables"
        hint="NAME=value per line. Policies see them in input.env as they are: no secrets here."
        isArea
        placeholder="REGION=eu-central-1"
        value={pairsText(settings['env.variables'])}
        parse={(text) => {
          const pairs = pairsOf(text)
          return typeof pairs === 'string' ? pairs : { 'env.variables': pairs }
        }}
      />
      <TextSetting
        title="Process variables that policies may see"
        hint="One name per line. A name is seen as a secret handle, NAME:plain as it is. All others stay hidden."
        isArea
        placeholder="SLACK_WEBHOOK_URL"
        value={settings['env.process'].join('\n')}
        parse={(text) => ({ 'env.process': linesOf(text) })}
      />
    </Section>
  )
}
