import { describe, expect, it } from 'vitest'
import { quietWiki, wikiCell, wikiCodeCell, wikiLine, wikiLink, wikiText } from './jira-wiki.ts'

describe('wikiLine', () => {
  it.each([
    ['My Title', 'My Title'],
    [
      'my_key 2024-01-02 a+b user@example.com C:\\Users (x) 1/2',
      'my_key 2024-01-02 a+b user@example.com C:\\Users (x) 1/2',
    ],
    ['{code} {{x}}', String.raw`\{code\} \{\{x\}\}`],
    ['[~admin] [a|https://evil.example]', String.raw`\[\~admin\] \[a\|https://evil.example\]`],
    ['!x.png! *b* _i_ -d- +i+ ^s^ ~s~ ??c??', String.raw`\!x.png\! \*b\* \_i\_ \-d- \+i+ \^s\^ \~s\~ \??c\??`],
    ['@admin', String.raw`\@admin`],
    ['\\{code}', '\\\u200b\\{code\\}'],
    ['\\\\srv\\a', '\\\u200b\\srv\\a'],
    ['end\\', 'end\\\u200b'],
    ['two\nlines', 'two lines'],
  ])('[S20] makes %s plain', (text, expected) => {
    expect(wikiLine(text)).toBe(expected)
  })
})

describe('wikiText', () => {
  it.each([
    ['a\nb', 'a\nb'],
    ['h1. x\nbq. y\nH2. z', '\u200bh1. x\n\u200bbq. y\n\u200bH2. z'],
    ['# a\n* b\n- c\n----', '\\# a\n\\* b\n\\- c\n\\-\\-\\-\\-'],
    ['| a |\n|| b ||', '\\| a \\|\n\\|\\| b \\|\\|'],
    ['  * a', '\\* a'],
  ])('[S20] lets no line of %j begin a block', (text, expected) => {
    expect(wikiText(text)).toBe(expected)
  })
})

describe('a cell', () => {
  it.each([
    ['a|b', 'a&#124;b'],
    ['a\nb', 'a b'],
    ['[x', '&#91;x'],
    ['[x] [y', String.raw`\[x\] &#91;y`],
  ])('[S20] holds %j', (text, expected) => {
    expect(wikiCell(text)).toBe(expected)
  })

  it.each([
    ['192.0.2.1', '{{192.0.2.1}}'],
    ['my_value', '{{my_value}}'],
    ['a|b', '{{a&#124;b}}'],
    ['a\nb', String.raw`{{a}} \\ {{b}}`],
    ['}} x {{', String.raw`{{\}\} x \{\{}}`],
    ['code', '{{\u200bcode}}'],
    ['noformat}', '{{\u200bnoformat\\}}}'],
  ])('[S20] holds %j as code', (text, expected) => {
    expect(wikiCodeCell(text)).toBe(expected)
  })
})

describe('quietWiki', () => {
  it.each([
    ['**md** [l|https://a.example] h2. x', '**md** [l|https://a.example] h2. x'],
    ['[~admin] [ ~accountid:1]', String.raw`\[~admin] \[ ~accountid:1]`],
    ['{noformat} !x.png!', String.raw`\{noformat\} \!x.png\!`],
    ['\\[~admin]', '\\\u200b\\[~admin]'],
  ])('[S20] keeps the markup of %j and nothing else', (text, expected) => {
    expect(quietWiki(text)).toBe(expected)
  })
})

describe('wikiLink', () => {
  it.each([
    ['R1', 'https://example.com/r1', '[R1|https://example.com/r1]'],
    ['R', 'https://e.example/a|b]c d', '[R|https://e.example/a%7Cb%5Dc%20d]'],
    ['a|b', 'https://e.example', String.raw`a\|b: https://e.example`],
    ['[~x]', 'https://e.example', String.raw`\[\~x\]: https://e.example`],
    ['R', 'javascript:x', 'R: javascript:x'],
    ['', 'https://e.example', ': https://e.example'],
  ])('[S20] links %j to %j where a link can hold them', (title, url, expected) => {
    expect(wikiLink(title, url)).toBe(expected)
  })
})
