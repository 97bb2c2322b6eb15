import type { ReactNode } from 'react'
import { Select } from '../../components/select.tsx'
import { setPreferences, usePreferences } from '../../lib/preferences.ts'
import { Row, Section, SwitchRow } from './setting-row.tsx'

/** What this window looks like; kept on this computer, no part of the audit trail. */
export function Appearance(): ReactNode {
  const { theme, hasLetterKeys, hasHiddenGuide } = usePreferences()
  return (
    <Section id="appearance" title="Appearance and keys">
      <Row title="Theme" hint="Of this window only.">
        <Select
          label="Theme"
          value={theme}
          options={[
            { value: 'system', label: 'As the system' },
            { value: 'dark', label: 'Dark' },
            { value: 'light', label: 'Light' },
          ]}
          onChange={(next) => setPreferences({ theme: next })}
        />
      </Row>
      <SwitchRow
        title="Single-letter keys"
        hint="j, k, e f and the like. Off while you type in any case; Ctrl or ⌘ with K always works."
        isOn={hasLetterKeys}
        onChange={(isOn) => setPreferences({ hasLetterKeys: isOn })}
      />
      <SwitchRow
        title="Guide for the first five minutes"
        hint="In the inbox, until the first alert was dealt with."
        isOn={!hasHiddenGuide}
        onChange={(isOn) => setPreferences({ hasHiddenGuide: !isOn })}
      />
    </Section>
  )
}
