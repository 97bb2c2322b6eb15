/** As ids of targets: what reaches another address, another target, or looks like one. */
export const HOSTILE_IDS = [
  '', '.', '..', '../admin', 'a/b', 'a\\b', 'a%2fb', '%2e%2e', 'a?b', 'a#b', 'a b', 'a\n', 'a\r\nHost: evil', 'a\u0000',
  '\u202Eevil', 'jаne.doe@example.com', 'a;b', 'x'.repeat(101), 7, null, ['a'],
] // prettier-ignore
