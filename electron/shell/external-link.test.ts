import { beforeEach, describe, expect, it, vi } from 'vitest'
import { answers, done, resetElectron } from '../../tests/fakes/electron.ts'
import { decideExternalLink, ExternalLinks } from './external-link.ts'

vi.mock('electron', () => import('../../tests/fakes/electron.ts'))
beforeEach(resetElectron)

describe('external links', () => {
  it.each([
    'http://example.com/',
    'file:///etc/passwd',
    'smb://host/share',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'ms-msdt:/id PCWDiagnostic',
    'tocsin://approve?id=1',
    'app://desk/',
    'mailto:a@example.com',
    'https://good.com@evil.test/',
    'https://user:password@good.com/',
    'https://good.com/\r\nX: y',
    'https://good.com/\u0000',
    ' https://good.com/',
    'https://good.com\\@evil.test/',
    'https://',
    'good.com',
    '',
    `https://good.com/${'a'.repeat(3000)}`,
  ])('[S7] refuses %j', (link) => {
    expect(decideExternalLink(link).kind).toBe('refuse')
  })

  it.each([
    ['https://example.com/a?b#c', 'example.com'],
    ['https://EXAMPLE.com', 'example.com'],
    ['https://example.com:8443/', 'example.com:8443'],
    ['https://аpple.com/', 'xn--pple-43d.com'],
    ['https://good.com.evil.test/', 'good.com.evil.test'],
  ])('[S7] asks about %s by its ASCII host', (link, host) => {
    expect(decideExternalLink(link)).toMatchObject({ kind: 'ask', host })
  })

  it('[S7] opens only after a yes, and no is the default', async () => {
    const links = new ExternalLinks(() => {})
    await links.open('https://example.com/', null)
    expect(done.map(([what]) => what)).toEqual(['messageBox'])
    expect(done[0]?.[1]).toMatchObject({ defaultId: 0, cancelId: 0, buttons: ['Cancel', 'Open in browser'] })
    answers.dialogButtons = [1]
    await links.open('https://example.com/', null)
    expect(done.at(-1)).toEqual(['openExternal', 'https://example.com/'])
  })

  it('[S7] asks one question at a time', async () => {
    const refused: string[] = []
    const links = new ExternalLinks((reason) => refused.push(reason))
    await Promise.all([links.open('https://a.test/', null), links.open('https://b.test/', null)])
    expect(done).toHaveLength(1)
    expect(refused).toEqual(['another link is being asked about'])
    await links.open('file:///x', null)
    expect(refused.at(-1)).toBe('not https (file:)')
  })
})
