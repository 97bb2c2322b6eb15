import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import { GOLDEN_ALERT } from './action-kit.ts'

/** An attribute as a policy sees it. */
export function attribute(key: string, value: JsonValue, type = ''): JsonObject {
  return { id: `id-of-${key}`, key, value, type, persist: false, ttl: 0 }
}

/** The alert that AlertChain made the tickets of `golden/actions.txt` from. */
export const GOLDEN_TICKET_ALERT: JsonObject = {
  ...GOLDEN_ALERT,
  attrs: [
    attribute('ip', '192.0.2.1', 'ipaddr'),
    attribute('n', 1.5),
    attribute('obj', { a: ['x', null], b: 1 }),
    attribute('note', '**md**', 'markdown'),
    attribute('nil', null),
    attribute('big', 1677835445),
  ],
  refs: [{ title: 'R1', url: 'https://example.com/r1' }],
}

/** Every mark that a ticket's text could take for markup, over several lines. */
export const HOSTILE_TEXT = [
  '`tick` ``` | pipe || <b>bold</b> <!-- @admin @org/team #12 GH-34 o/r#5 &#64;root',
  '| a | b |',
  '|---|---|',
  '</details><script>x</script> ![i](https://evil.example/i) [l](javascript:x) https://evil.example www.evil.example',
  '# h1',
  'h1. heading',
  '- item',
  '1. item',
  '    indented',
  '[~admin] [~accountid:1] [a|https://evil.example] {code} {html}x{html} !https://evil.example/i.png! C:\\\\srv\\[x',
  '```',
  '',
].join('\n')

/** An alert all of whose texts are hostile. */
export const HOSTILE_ALERT: JsonObject = {
  ...GOLDEN_ALERT,
  title: HOSTILE_TEXT,
  description: HOSTILE_TEXT,
  source: HOSTILE_TEXT,
  schema: 'sch',
  attrs: [
    attribute(HOSTILE_TEXT, HOSTILE_TEXT, HOSTILE_TEXT),
    attribute('harmless', 'after'),
    attribute(HOSTILE_TEXT, HOSTILE_TEXT, 'markdown'),
  ],
  refs: [
    { title: HOSTILE_TEXT, url: 'https://example.com/(a)|b c' },
    { title: HOSTILE_TEXT, url: 'javascript:alert(1)' },
  ],
  raw: '```\n</details>\n`````` @admin\n',
}
