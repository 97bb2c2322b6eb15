import { describe, expect, it } from 'vitest'
import {
  markdownCodeCell,
  markdownFence,
  markdownLine,
  markdownLink,
  markdownText,
  quietMarkdown,
} from './github-markdown.ts'

describe('markdownLine', () => {
  it.each([
    ['My Title', 'My Title'],
    ['Trojan:EC2/DropPoint!DNS my_key 1.2 (x)', 'Trojan:EC2/DropPoint!DNS my_key 1.2 (x)'],
    ['user@example.com', 'user@example.com'],
    ['a | b', 'a &#124; b'],
    [String.raw`a \| b`, String.raw`a \\&#124; b`],
    ['`x`', '\\`x\\`'],
    ['<b> & &#64;', String.raw`&lt;b&gt; &amp; &amp;` + '\\#\u200b64;'],
    ['@admin (@org/team) _@x', '@\u200badmin (@\u200borg/team) \\_@\u200bx'],
    ['#12 o/r#5 # x', '\\#\u200b12 o/r\\#\u200b5 \\# x'],
    ['GH-1 gh-2 high-5', 'GH-\u200b1 gh-\u200b2 high-5'],
    ['[a](b) ![c](d) [^1]', String.raw`\[a\](b) !\[c\](d) \[^1\]`],
    ['*a* _b_ ~c~', String.raw`\*a\* \_b\_ \~c\~`],
    ['https://evil.example www.evil.example', String.raw`https:\//evil.example www\.evil.example`],
    ['$x$', '<span>$</span>x<span>$</span>'],
    ['two\r\nlines\u2028three', 'two lines three'],
    ['nul\u0000 half\ud800', 'nul\ufffd half\ufffd'],
  ])('[S20] makes %s plain', (text, expected) => {
    expect(markdownLine(text)).toBe(expected)
  })
})

describe('markdownText', () => {
  it.each([
    ['a\nb', 'a\nb'],
    ['# h\n- i\n+ i\n* i\n1. i\n2) i', '\\# h\n\\- i\n\\+ i\n\\* i\n1\\. i\n2\\) i'],
    ['x\n===\n---', 'x\n\\===\n\\---'],
    ['    code\n\ttab', 'code\ntab'],
    ['> quote\n```\n~~~', '&gt; quote\n\\`\\`\\`\n\\~\\~\\~'],
    ['| a |\r|---|', '&#124; a &#124;\n&#124;---&#124;'],
  ])('[S20] lets no line of %j begin a block', (text, expected) => {
    expect(markdownText(text)).toBe(expected)
  })
})

describe('markdownCodeCell', () => {
  it.each([
    ['192.0.2.1', '`192.0.2.1`'],
    ['<b> @admin #1 C:\\x\\', '`<b> @admin #1 C:\\x\\`'],
    ['a|b', '<code>a&#124;b</code>'],
    ['\\|', '<code>&#92;&#124;</code>'],
    ['`a`', '<code>&#96;a&#96;</code>'],
    ['a\nb', '<code>a<br>b</code>'],
    ['<!--|', '<code>&#60;&#33;&#45;&#45;&#124;</code>'],
  ])('[S20] keeps %j in its cell', (text, expected) => {
    expect(markdownCodeCell(text)).toBe(expected)
  })
})

describe('markdownFence', () => {
  it.each([
    ['{}', '```json\n{}\n```'],
    ['a ``` b', '````json\na ``` b\n````'],
    ['`````\nx', '``````json\n`````\nx\n``````'],
  ])('[S20] is longer than any run in %j', (text, expected) => {
    expect(markdownFence('json', text)).toBe(expected)
  })
})

describe('quietMarkdown', () => {
  it.each([
    ['**md** [l](https://a.example) | a | 1 < 2', '**md** [l](https://a.example) | a | 1 < 2'],
    ['@admin _@admin_ a@b', '@\u200badmin _@\u200badmin_ a@b'],
    ['&#64;admin &commat;admin &amp;', '&\u200b#\u200b64;admin &\u200bcommat;admin &amp;'],
    ['#12 GH-3', '#\u200b12 GH-\u200b3'],
    ['<img src=x> </details> <!-- x', '<\u200bimg src=x> <\u200b/details> <\u200b!-- x'],
    ['![i](https://evil.example/i)', '!\u200b[i](https://evil.example/i)'],
    ['```\ncode', '```\ncode\n```'],
    ['~~~~\n~~~\ncode', '~~~~\n~~~\ncode\n~~~~'],
    ['```\ncode\n```', '```\ncode\n```'],
    ['``` a`b', '``` a`b'],
  ])('[S20] keeps the markup of %j and nothing else', (text, expected) => {
    expect(quietMarkdown(text)).toBe(expected)
  })
})

describe('markdownLink', () => {
  it.each([
    ['R1', 'https://example.com/r1', '[R1](https://example.com/r1)'],
    ['](x) @a', 'https://e.example/(a) b"|`<', '[\\](x) @\u200ba](https://e.example/%28a%29%20b%22%7C%60%3C)'],
    ['R', 'javascript:alert(1)', 'R: javascript:alert(1)'],
    ['R', 'my_ref_url', 'R: my_ref_url'],
  ])('[S20] links %s to %s where that is an address', (title, url, expected) => {
    expect(markdownLink(title, url)).toBe(expected)
  })
})
