import { describe, expect, it } from 'vitest'
import { TEST_MACHINE } from '../../../tests/fakes/machine.ts'
import { builtInProtections, thisMachine } from './own-machine.ts'
import { faultOfEntry, findProtected, type Protection } from './protected-targets.ts'

const listed = (...values: string[]): Protection[] => values.map((value) => ({ value, why: 'listed' }))
const given = (name: string, protections: Protection[]): string | null =>
  findProtected({ given: [name], read: [] }, protections)?.by.value ?? null
const read = (name: string, protections: Protection[]): string | null =>
  findProtected({ given: [], read: [name] }, protections)?.by.value ?? null

const BUILT_IN = builtInProtections(TEST_MACHINE)

describe('[S44] a protected address', () => {
  const one = listed('10.20.30.40')

  it.each([
    '10.20.30.40',
    ' 10.20.30.40 ',
    '10.20.30.40.',
    '10.20.30.40/32',
    '::ffff:10.20.30.40',
    '::FFFF:0a14:1e28',
    '[::ffff:10.20.30.40]',
    '64:ff9b::10.20.30.40',
    '::10.20.30.40',
    '10.20.7720',
    '0x0a.0x14.0x1e.0x28',
    '012.024.036.050',
    '169090600',
    '１０.２０.３０.４０',
    '10.20.30.40:443',
    '10.0.0.0/8',
    '10.20.30.40/255.0.0.0',
    '10.20.30.0-10.20.30.99',
    '0.0.0.0/0',
    '::/0',
    '::ffff:0:0/96',
    'acl-1 10.20.0.0/16',
    '198.51.100.7, 10.20.30.40',
  ])('is found in %s', (name) => {
    expect(given(name, one)).toBe('10.20.30.40')
  })

  it.each(['10.20.30.41', '10.20.30.0/27', '::ffff:10.20.30.41', '2001:db8::/32', 'host 40', '110.20.30.40', ''])(
    'is not found in %s',
    (name) => {
      expect(given(name, one)).toBeNull()
    },
  )

  it('of IPv6 is found in its spellings and in networks that hold it', () => {
    const six = listed('2001:db8::1')
    const names = ['2001:DB8:0:0:0:0:0:1', '[2001:db8::1]:443', '2001:db8::1%eth0', '2001:db8::/32', '::/0']
    expect(names.filter((name) => given(name, six) === null)).toEqual([])
    expect(given('2001:db8::2', six)).toBeNull()
  })

  it('range is found by what lies in it and by what overlaps it', () => {
    const range = listed('10.20.0.0/16')
    const names = ['10.20.0.0', '10.20.255.255', '10.0.0.0/8', '10.20.5.0/24', '10.19.0.0-10.20.0.0']
    expect(names.filter((name) => given(name, range) === null)).toEqual([])
    expect(given('10.21.0.0/16', range)).toBeNull()
  })

  it('is no id that a service gives, unless it is written as one', () => {
    expect(read('169090600', one)).toBeNull()
    expect(read('10.20.30.40', one)).toBe('10.20.30.40')
  })
})

describe('[S44] a protected name', () => {
  it.each([
    ['dc1.corp.example', 'DC1.Corp.Example'],
    ['dc1.corp.example', 'dc1.corp.example.'],
    ['dc1.corp.example', 'ｄｃ1.corp.example'],
    ['dc1.corp.example', 'dc1.c\u043erp.example'],
    ['dc1.corp.example', 'dc1.xn--crp-sed.example'],
    ['dc1.corp.example', 'dc1\u200b.corp.example'],
    ['dc1.corp.example', 'dc1.corp\u3002example'],
    ['dc1.corp.example', 'corp.example'],
    ['dc1.corp.example', '||corp.example^'],
    ['dc1.corp.example', '*.corp.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'BÜCHER.example'],
    ['*.corp.example', 'mail.corp.example'],
    ['*.corp.example', 'corp.example'],
    ['boss@corp.example', 'Boss@CORP.example.'],
    ['boss@corp.example', 'b\u043ess@corp.example'],
    ['00u1ABC', '00U1abc'],
    ['Domain Admins', 'domain admins'],
    ['i-0abc', 'web-1, i-0abc'],
  ])('%s is %s', (entry, name) => {
    expect(given(name, listed(entry))).toBe(entry)
  })

  it.each([
    ['dc1.corp.example', 'dc11.corp.example'],
    ['dc1.corp.example', 'x.dc1.corp.example'],
    ['dc1.corp.example', 'dc1.corp.example.evil.test'],
    ['*.corp.example', 'notcorp.example'],
    ['boss@corp.example', 'boss@other.example'],
    ['boss', 'boss@corp.example'],
    ['admins', 'domain admins'],
  ])('%s is not %s', (entry, name) => {
    expect(given(name, listed(entry))).toBeNull()
  })
})

describe('[S44] what is built in', () => {
  it.each([
    ['127.8.9.10', '127.0.0.0/8'],
    ['localhost', 'localhost'],
    ['app.localhost', '*.localhost'],
    ['SOC-DESK', 'soc-desk'],
    ['soc-desk.corp.example.com', 'soc-desk.corp.example.com'],
    ['desk.secure.example.com', 'desk.secure.example.com'],
    ['Ana', 'ana'],
    ['CORP\\ana', 'ana'],
    ['corp/Ana', 'ana'],
    ['ana@corp.example.com', 'ana'],
    ['10.77.3.9', '10.77.3.9'],
    ['10.77.3.200', '10.77.3.0/24'],
    ['fd77::1234', 'fd77::/64'],
    ['10.88.0.54', '10.88.0.54'],
    ['10.88.0.53', '10.88.0.53'],
    ['10.77.3.1', '10.77.3.0/24'],
  ])('bars %s by %s', (name, by) => {
    expect(given(name, BUILT_IN)).toBe(by)
  })

  it('says why of each, with the gateway of the default route', () => {
    expect(BUILT_IN).toContainEqual({ value: '10.77.3.1', why: 'the gateway of this computer' })
    expect(BUILT_IN).toContainEqual({ value: 'fd77::1', why: 'the gateway of this computer' })
    expect(BUILT_IN.filter(({ why }) => why === '')).toEqual([])
  })

  it('lets a private network of another place be contained, which a service tells of', () => {
    expect(read('10.77.3.200', BUILT_IN)).toBeNull()
    expect(read('10.77.3.9', BUILT_IN)).toBe('10.77.3.9')
    expect(read('soc-desk', BUILT_IN)).toBe('soc-desk')
  })

  it.each([
    '203.0.113.9',
    'web-1',
    'anastasia',
    '/home/ana',
    '/srv/soc-desk',
    'C:\\ana',
    'CORP\\anna',
    'evil.example.com',
    'i-0abc',
  ])('lets %s be contained', (name) => {
    expect(given(name, BUILT_IN)).toBeNull()
  })

  it('knows this very machine', () => {
    const own = builtInProtections(thisMachine())
    expect(own.map(({ value }) => faultOfEntry(value)).filter((fault) => fault !== '')).toEqual([])
    expect(own.map(({ why }) => why)).toContain('the host that this desk runs on')
  })
})

describe('a line of the list', () => {
  it.each([
    '10.0.0.5',
    '10.0.0.0/8',
    '2001:db8::/32',
    'dc1.corp.example',
    '*.corp.example',
    'boss@corp.example',
    'i-0abc',
  ])('may be %s', (entry) => {
    expect(faultOfEntry(entry)).toBe('')
  })

  it.each(['', ' ', '10.0.0.0/33', '300.1.2.3', 'x'.repeat(255), '*', 'a*.example', '\u200b'])(
    'may not be %j',
    (entry) => {
      expect(faultOfEntry(entry)).not.toBe('')
    },
  )
})
