import type { ReactNode } from 'react'
import type { Settings } from '../../../shared/model/settings.ts'
import { linesOf, pairsOf, pairsText, Section, TextSetting } from './setting-row.tsx'

export function NetworkSettings({ settings }: { settings: Settings }): ReactNode {
  return (
    <Section id="network" title="Network and services">
      <TextSetting
        title="Private addresses that actions may call"
        hint="One address, range or host:port per line. All other private and loopback addresses are refused."
        isArea
        placeholder="10.0.0.0/8"
        value={settings['net.allow'].join('\n')}
        parse={(text) => ({ 'net.allow': linesOf(text) })}
      />
      <TextSetting
        title="Proxy"
        hint="For all outgoing calls; empty for none."
        placeholder="http://proxy.example.com:3128"
        value={settings['net.proxy']}
        parse={(text) => ({ 'net.proxy': text.trim() })}
      />
      <TextSetting
        title="CA file"
        hint="Certificates to trust beside the system's, as one PEM file."
        placeholder="/etc/ssl/company.pem"
        value={settings['net.caFile']}
        parse={(text) => ({ 'net.caFile': text.trim() })}
      />
      <TextSetting
        title="Where services are"
        hint="NAME=address per line, e.g. OPENAI_BASE_URL for a model on this computer."
        isArea
        placeholder="OPENAI_BASE_URL=http://127.0.0.1:11434/v1"
        value={pairsText(settings['service.urls'])}
        parse={(text) => {
          const pairs = pairsOf(text)
          return typeof pairs === 'string' ? pairs : { 'service.urls': pairs }
        }}
      />
    </Section>
  )
}
