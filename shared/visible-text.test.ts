import { describe, expect, it } from 'vitest'
import { visibleParts, visibleText } from './visible-text.ts'

describe('visibleText', () => {
  it.each([
    ['\u202Egnp.exe', '[U+202E]gnp.exe'],
    ['a\u200Bb\uFEFFc', 'a[U+200B]b[U+FEFF]c'],
    ['\u001B[31mred', '\u241B[31mred'],
    ['line\nnext\ttab', 'line\u240Anext\u2409tab'],
    ['tag\u{E0041}', 'tag[U+E0041]'],
    ['\uD800', '[U+D800]'],
    ['private \uE000', 'private [U+E000]'],
    ['Grüße, 你好, שלום', 'Grüße, 你好, שלום'],
  ])('[S20] shows %j as %j', (hostile, shown) => {
    expect(visibleText(hostile)).toBe(shown)
  })

  it('[S20] gives different files different pixels', () => {
    const names = [
      'invoice.exe',
      'in voice.exe',
      'in  voice.exe',
      'invoice.exe ',
      ' invoice.exe',
      'in\u00A0voice.exe',
      'inv\u034Foice.exe',
      'inv\u17B4oice.exe',
      'inv\uFE0Foice.exe',
      'inv\u{E0100}oice.exe',
      'invoiсe.exe', // Cyrillic с
      'invoіce.exe', // Ukrainian і
      'invοice.exe', // Greek ο
      'invoice․exe', // one dot leader
      'ｉnvoice.exe', // full-width i
      'invoicé.exe',
      'invoice\u0301.exe',
      'in voice.exe'.replace(' ', '\ufffc'),
      'in\u{1d159}voice.exe',
    ]
    const shown = names.map((name) => visibleText(name))
    expect(new Set(shown).size).toBe(names.length)
    for (const text of shown.slice(2, 15)) expect(text).toMatch(/\[/)
  })

  it.each([
    ['text that imitates a mark', 'a\u202Eb', 'a[U+202E]b'],
    ['text that imitates a reading', 'pаypal', 'pаypal[looks like paypal]'],
    ['text that imitates spaces', 'a  b', 'a[2 spaces]b'],
    ['text that imitates a mark of imitation', '[U+202E]', '[U+005B]U+202E]'],
    ['pictures of controls', 'a\nb', 'a\u240Ab'],
    ['digits on either side of a Hebrew letter', 'x1א.exe', 'xא1.exe'],
    ['numbers in a path of Arabic names', '/srv/1/س', '/srv/س/1'],
    ['the Kelvin sign', 'K', '\u212A'],
    ['the Ångström sign', '\u00C5', '\u212B'],
    ['the Ohm sign', '\u03A9', '\u2126'],
    ['an ideograph for compatibility', '\u8C48', '\uF900'],
    ['a Hangul syllable in parts', '\uAC00', '\u1100\u1161'],
    ['a Roman numeral', 'disk-VIII', 'disk-Ⅷ'],
    ['a leader of two dots', '/srv/../x', '/srv/‥/x'],
    ['two leaders of one dot', '/srv/../x', '/srv/․․/x'],
    ['a digraph', 'ij.exe', 'ĳ.exe'],
    ['a name beside one that shows its script', '/srv/ж/cope', '/srv/ж/соре'],
  ])('[S20] tells %s from what it looks like', (_what, one, other) => {
    expect(visibleText(one)).not.toBe(visibleText(other))
    expect(`${visibleText(one)}${visibleText(other)}`).toMatch(/\[/)
  })

  it('[S20] lets no marks reach over the lines around, nor join what stands before', () => {
    expect(visibleText(`a${'\u0336'.repeat(7)}b`)).toBe(`[U+0061${' U+0336'.repeat(7)}]b`)
    expect(visibleText('\u0301a \u0301b')).toBe('[U+0301]a [U+0301]b')
  })

  it.each([
    ['pаypal.com', 'pаypal[looks like paypal].com'],
    ['/tmp/соре', '/tmp/соре[looks like cope]'],
    ['xжox', 'xжox[mixed scripts]'],
    ['a\u2044b', 'a\u2044b[looks like a/b]'],
  ])('[S20] says what %j reads as', (hostile, shown) => {
    expect(visibleText(hostile)).toBe(shown)
  })

  it.each([
    'Вход с нового адреса в сети',
    'Übermäßig naïve — “quoted” … 10–20 · 3 × 4 × 5',
    'Ποιος είναι εδώ',
    'web-сервер',
    '東京 サーバー',
    'æble œuvre',
    'café crème', // composed
    'token ‹SLACK_WEBHOOK›',
    'Заказ №5, с утра и у меня',
    'כניסה מכתובת חדשה 10',
    'नमस्ते दुनिया',
    'array[0] [sic] [UTC+1]',
  ])('leaves what people write as it is: %s', (text) => {
    expect(visibleText(text)).toBe(text)
  })

  it('takes emoji as one, with their joiners, and shows joiners elsewhere', () => {
    expect(visibleText('👩‍💻 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿')).toBe('👩‍💻 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿')
    expect(visibleText('a\u200Db')).toBe('a[U+200D]b')
  })

  it('keeps lines, tabs and indents of preformatted text', () => {
    expect(visibleText('a\n\tb\r  c', 300, true)).toBe('a\n\tb\u240D  c')
  })

  it('[S20] cuts long text in its middle: two hundred spaces hide no extension', () => {
    expect(visibleText(`invoice.pdf${' '.repeat(200)}.exe`)).toBe('invoice.pdf[200 spaces].exe')
    expect(visibleText(`${'A'.repeat(100_000)}.exe`, 10)).toBe('AAAAAA….exe')
    expect(visibleText('😀'.repeat(9), 5)).toBe('😀…😀')
  })

  it('tells which pieces are marks', () => {
    expect(visibleParts('a\u202Eb')).toEqual([
      { text: 'a', mark: null },
      { text: '[U+202E]', mark: 'U+202E' },
      { text: 'b', mark: null },
    ])
    expect(visibleParts('abcdef', { max: 3 })).toEqual([
      { text: 'ab', mark: null },
      { text: '…', mark: '3 characters more' },
      { text: 'f', mark: null },
    ])
  })
})
