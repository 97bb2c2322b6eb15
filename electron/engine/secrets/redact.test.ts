import { describe, expect, it } from 'vitest'
import { REDACTED, Redactor } from './redact.ts'

const CANARY = 'c4n"ary <&>/+ \\ü\n9%Z'

function redactorOf(...values: string[]): Redactor {
  const redactor = new Redactor()
  for (const value of values) redactor.add(value)
  return redactor
}

function escaped(write: (code: number) => string): string {
  return Array.from(CANARY, (character) => write(character.codePointAt(0) ?? 0)).join('')
}

describe('Redactor', () => {
  const query = new URLSearchParams({ q: CANARY }).toString()
  const forms: [string, string][] = [
    ['raw', CANARY],
    ['JSON', JSON.stringify({ a: CANARY })],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ a: CANARY }))],
    ['Go JSON', JSON.stringify(CANARY).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)],
    ['encodeURIComponent', `https://h.example/${encodeURIComponent(CANARY)}`],
    ['encodeURIComponent, lower case', encodeURIComponent(CANARY).toLowerCase().replace('z', 'Z')],
    ['encodeURI', encodeURI(CANARY)],
    ['form', query],
    ['hex', Buffer.from(CANARY).toString('hex')],
    ['HEX', Buffer.from(CANARY).toString('hex').toUpperCase()],
    [
      'bytes in hexadecimal',
      Buffer.from(CANARY)
        .toString('hex')
        .replaceAll(/..(?=.)/g, '$&:'),
    ],
    [
      'a dump',
      Buffer.from(CANARY)
        .toString('hex')
        .replaceAll(/..(?=.)/g, '$& '),
    ],
    ['a Buffer in JSON', JSON.stringify(Buffer.from(CANARY))],
    ['octal escapes', escaped((code) => `\\${code.toString(8).padStart(3, '0')}`)],
    ['code points', escaped((code) => `\\u{${code.toString(16)}}`)],
    ['escape()', escaped((code) => `%u${code.toString(16).padStart(4, '0')}`)],
    ['HTML without semicolons', escaped((code) => `&#${code}`)],
    ['HTML in hexadecimal without semicolons', escaped((code) => `&#x${code.toString(16)}`)],
  ]
  it.each(forms)('[S10] takes a secret out of %s', (_form, text) => {
    const clean = redactorOf(CANARY).text(`before ${text} after`)
    expect(clean).toContain(REDACTED)
    expect(clean).toMatch(/^before .* after$/s)
    expect(clean).not.toContain('ary')
    expect(clean).not.toContain(Buffer.from('n"ary').toString('hex'))
  })

  it.each([8, 9, 10, 31])('[S10] takes a secret of %i characters out of base64 at every alignment', (length) => {
    const secret = '/?>~x\u00ffQW'.repeat(5).slice(0, length)
    const redactor = redactorOf(secret)
    for (const encoding of ['base64', 'base64url'] as const) {
      for (let before = 0; before < 6; before += 1) {
        for (let after = 0; after < 4; after += 1) {
          const text = Buffer.from('u'.repeat(before) + secret + 'v'.repeat(after)).toString(encoding)
          const clean = redactor.text(text)
          expect(clean).toContain(REDACTED)
          // What is left is the neighbours' and at most the bits that the secret shares with them.
          const rest = clean.replace(REDACTED, '').replaceAll('=', '')
          expect(rest.length).toBeLessThanOrEqual(Math.ceil(((before + after) * 8) / 6) + 3)
        }
      }
    }
  })

  it('cleans values, numbers and keys of JSON at any depth and leaves the rest alone', () => {
    const redactor = redactorOf('hunter2hunter2', '12345678')
    const value = {
      a: [{ 'x hunter2hunter2': 'Bearer hunter2hunter2' }],
      n: 12345678,
      same: ['hunter2', 1, null, true],
    }
    expect(redactor.json(value)).toEqual({
      a: [{ [`x ${REDACTED}`]: `Bearer ${REDACTED}` }],
      n: REDACTED,
      same: ['hunter2', 1, null, true],
    })
    const clean = { a: 1 }
    expect(redactor.json(clean)).toBe(clean)
  })

  it('[S10] keeps runs of backslashes linear, however long the text is', () => {
    const secret = 'a\\\\\\\\\\\\b"'
    const redactor = redactorOf(secret)
    expect(redactor.text('a' + '\\'.repeat(200_000))).toHaveLength(200_001)
    expect(redactor.text(JSON.stringify(JSON.stringify([secret])))).not.toContain('b\\')
  })

  it('[S10] takes a value out that lost the white space around it, and each line of a key', () => {
    expect(redactorOf('hunter2hunter2\n').text('bad token hunter2hunter2.')).toBe(`bad token ${REDACTED}.`)
    const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'
    const redactor = redactorOf(
      `-----BEGIN PRIVATE KEY-----\n${line}\n${line.toLowerCase()}\n-----END PRIVATE KEY-----\n`,
    )
    expect(redactor.text(`-----BEGIN PRIVATE KEY-----\r\n${line}\r\n`)).toBe(
      `-----BEGIN PRIVATE KEY-----\r\n${REDACTED}\r\n`,
    )
    expect(redactorOf('https://me:hunter2hunter2@h.example/').text('hunter2hunter2')).toBe(REDACTED)
  })

  it('[S10] takes the path and query of a secret address out, where a server echoes them', () => {
    const redactor = redactorOf('https://hooks.example.com/services/T0/B0/token?key=abcdefgh')
    expect(redactor.text('no POST /services/T0/B0/token here')).toBe(`no POST ${REDACTED} here`)
    expect(redactor.text('/services/T0/B0/token?key=abcdefgh')).toBe(REDACTED)
    expect(redactor.text('hooks.example.com said key=abcdefgh')).toBe(`hooks.example.com said ${REDACTED}`)
  })

  it.each<[string, (secret: string) => string]>([
    ['lower-cased, as in the host of a URL', (secret) => `no such host: ${secret.toLowerCase()}.example.com`],
    ['upper-cased', (secret) => secret.toUpperCase()],
    ['in base64 of base64', (secret) => base64(`x${base64(`key ${secret} end`)}`)],
    ['in base64 of base64 of base64', (secret) => base64(base64(`k${base64(secret)}`))],
    ['in base64 in lines of 76', (secret) => lines(base64(`${'x'.repeat(50)}${secret}${'y'.repeat(90)}`), 76)],
    ['in base64 in lines of 64, as JSON', (secret) => JSON.stringify(lines(base64(`${'x'.repeat(40)}${secret}`), 64))],
    ['in base64 of UTF-16', (secret) => Buffer.from(`$a='${secret}'`, 'utf16le').toString('base64')],
    ['in base64 behind what looks like it', (secret) => `abcde/${base64(`x ${base64(secret)} y`)}`],
    ['URL-encoded twice', (secret) => encodeURIComponent(encodeURIComponent(secret))],
    ['URL-encoded three times', (secret) => [0, 1, 2].reduce((text) => encodeURIComponent(text), secret)],
    ['with every byte URL-encoded', (secret) => Buffer.from(secret).toString('hex').replace(/../g, '%$&')],
    [
      'in HTML by name',
      (secret) => secret.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('+', '&plus;'),
    ],
    ['in HTML by number', (secret) => Array.from(secret, (c) => `&#${c.codePointAt(0) ?? 0};`).join('')],
    [
      'in HTML by hexadecimal number',
      (secret) => Array.from(secret, (c) => `&#x0${(c.codePointAt(0) ?? 0).toString(16)};`).join(''),
    ],
    [
      'in escapes',
      (secret) => Array.from(secret, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    ],
    [
      'URL-encoded in HTML in JSON',
      (secret) => JSON.stringify(`&lt;a href=&quot;?q=${encodeURIComponent(secret)}&quot;`),
    ],
    ['base64 in a URL in JSON', (secret) => JSON.stringify({ u: `/?a=${encodeURIComponent(base64(`:${secret}`))}` })],
  ])('[S10] takes a value out %s', (_, write) => {
    for (const secret of ['Hunter2-AND-more/3', 'pa&ss"Wo+rd=9']) {
      const clean = redactorOf(secret).text(write(secret))
      expect(clean).toContain(REDACTED)
      expect(clean.toLowerCase()).not.toContain(write(secret).toLowerCase())
    }
  })

  it('[S10] looks through a large answer in one pass, however many secrets there are', () => {
    const secrets = Array.from({ length: 200 }, (_, at) => `secret-number-${at}-of-many`)
    const redactor = new Redactor(secrets)
    const binary = Buffer.alloc(1024 * 1024, 'noise %41 & \\n of no meaning ')
    const text = JSON.stringify({
      body: Buffer.concat([binary, Buffer.from(base64('secret-number-77-of-many'))]).toString('base64'),
    })
    expect(redactor.json(JSON.parse(text) as { body: string })).toEqual({ body: REDACTED })
    expect(redactor.text(binary.toString())).toBe(binary.toString())
  })

  it('ignores values that are too short to be a secret', () => {
    expect(redactorOf('1234567').text('x1234567x')).toBe('x1234567x')
  })
})

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function lines(text: string, width: number): string {
  return text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n')
}
