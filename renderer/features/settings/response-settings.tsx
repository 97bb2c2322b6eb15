import type { ReactNode } from 'react'
import type { Settings } from '../../../shared/model/settings.ts'
import { useDeskState } from '../../app/desk-state.ts'
import { ProofSettings } from './proof-settings.tsx'
import { CapSettings } from './cap-settings.tsx'
import { ProtectedSettings } from './protected-settings.tsx'
import { linesOf, Row, Section, TextSetting } from './setting-row.tsx'
import { RESPONSE_MODE_WORDS } from '../../../shared/model/states.ts'

export function ResponseSettings({ settings }: { settings: Settings }): ReactNode {
  const { value: state } = useDeskState()
  return (
    <Section id="response" title="Response">
      <Row title="Mode" hint="The switch in the title bar. It decides nothing that already waits.">
        {state && <span className="strong">{RESPONSE_MODE_WORDS[state.mode]}</span>}
      </Row>
      <TextSetting
        title="Approvals expire after"
        hint="An expired approval never runs. A policy may set a shorter or longer time."
        isShort
        unit="hours"
        value={String(settings['approval.expiryHours'])}
        parse={(text) => ({ 'approval.expiryHours': Number(text) })}
      />
      <CapSettings settings={settings} />
      <ProtectedSettings settings={settings} />
      <TextSetting
        title="Folders that quarantine may take files from"
        hint="One path per line; empty for your home folder and the temporary folder. The data folder, the workspace and Tocsin itself are never allowed."
        isArea
        placeholder="your home folder and the temporary folder"
        value={settings['quarantine.roots'].join('\n')}
        parse={(text) => ({ 'quarantine.roots': linesOf(text) })}
      />
      <ProofSettings />
    </Section>
  )
}
