/** Some documents and rules for the expressions below. */
export const RULES = `package alert.CASE

s contains x if some x in ["q", "z", "a", "é", 3, 2.5, {"z": 1, "a": 2}, {"a": 1}, [2, 1], {3, 1, 2}, null, true]

names contains k if some k, _ in input.o

lengths[k] := v.n if some k, v in input.o

tree.z[k] := 1 if some k, _ in input.o

tree.a.b := 2

tree[k].x := 3 if some k in input.l
`

export const LIBRARIES = [
  { path: 'lib/z.rego', source: 'package lib.z\n\nv := 1\n' },
  { path: 'lib/a.rego', source: 'package lib.a\n\nv := 2\n' },
  { path: 'mixed.rego', source: 'package mixed\n\nbb := 3\n\nyy := 4\n' },
]

export const DATA = { byNumber: { 3: 'three' }, mixed: { zz: 1, aa: 2 }, plain: { z: 1, b: { y: 1, x: 2 }, a: 3 } }

const KEYS = 'zeta alpha é Ω 漢 𐍈 Zed _x a1 a10 a2 quebec papa oscar november mike lima kilo'.split(' ')

export const INPUT = {
  o: Object.fromEntries(KEYS.map((k) => [k, { k, n: k.length, [k]: [k], z: 1, y: 2, b: 3, a: 0 }])),
  deep: { z: { q: [3, { b: 1, a: 2 }] }, a: { y: 1, x: 2 } },
  l: ['c', 'b', 'a'],
  numbers: [3, 1.5, 2, 0.1, 0.2, 1e21, -7, 10, 9],
  text: 'str',
}

/** What shows the order of an iteration, or otherwise looks different in OPA's compiled code; answered by it, alike. */
export const COMPILED: string[] = [
  '[k | input.o[k]]',
  '[v.k | some v in input.o]',
  '[[i, j] | some i, v in input.o; some j, _ in v]',
  '[[i, j] | some i, _ in input.o; some j, _ in input.o; i < j]',
  '[x | some x in s]',
  '[x | some x in {{3, 1}, {2}, {1, 2, 3}, set()}]',
  '[x | names[x]]',
  '[[k, v] | some k, v in lengths]',
  '[[x, y] | tree[x][y]]',
  '[x | some x in ({"q", "a"} | {"b", "z"})]',
  '[x | some x in (s - {"a"})]',
  '[x | some x in intersection({{1, 9, 3, 7}, {9, 7, 1}})]',
  '[x | some x in union({{1, 9}, {3, 7}})]',
  '[x | some x in object.keys(input.o)]',
  '[k | some k, _ in object.union(input.o, {"bb": 1})]',
  '[k | some k, _ in object.union_n([input.o, {"bb": 1}, {"aa": 2}])]',
  '[k | some k, _ in object.remove(input.o, ["zeta"])]',
  '[k | some k, _ in object.filter(input.o, ["zeta", "alpha", "mike"])]',
  '[k | some k, _ in json.filter(input, ["o/zeta", "o/alpha", "text", "deep/z"])]',
  '[p | walk(input, [p, _])]',
  '[v | walk({"x": s}, [_, v])]',
  '[x | some x in graph.reachable({"a": ["z", "b"], "b": ["q"], "q": [], "z": []}, {"a"})]',
  '[[k, uuid.rfc4122(k)] | some k, _ in input.o]',
  '[[k, v.v] | some k, v in data.lib]',
  '[k | data.plain[k]]',
  '[k | some k, _ in {12: 1, 3: 1, 100: 1, 1.5: 1, "a": 1, [2]: 1, {1}: 1, null: 1}]',
  '[y | some ["zeta", y] in {[k, v.n] | some k, v in input.o}]',
  '[k | some k, _ in input.o][0]',
  'concat(",", {"q", "z", "a", "é"})',
  '[concat(",", set()), concat(",", {"x"}), concat(",", input.l)]',
  'concat(",", s)',
  'strings.replace_n({"b": "1", "a": "2", "ab": "3"}, "ab ba aab")',
  'sort([{"b": 1, "a": 2}, {"a": 1, "c": 0}, [1], "é", "z", 1, null, {2}, true])',
  'sprintf("%v", [input.deep])',
  '[1 + 2, 5 - 7, 3 * 4, 10 / 4, 7 % 3, count(input.l) + 1, floor(10 / 4), ceil(7 / 2), round(2.5)]',
  '[sum([1, 2, 3]), product({2, 3}), sum(set()), sum({5}), product([])]',
  '[format_int(255, 16), format_int(-5, 2), to_lower, replace("aaa", "aa", "b"), indexof("né", "é")]\n\nto_lower := lower("ÀÉΣ")',
  '[base64.decode("w6k="), base64.decode("YQ=="), base64.decode("Pz8/Pj4+"), base64.is_valid("w6k=")]',
  '[to_number("10"), to_number("0"), to_number(true), to_number(null), to_number(1.5)]',
  'net.cidr_contains("10.0.0.0/8", "10.1.1.1")',
  'glob.match("*.exe", [], "a.exe")',
  'regex.match(`^\\w+$`, input.text)',
]

/** What only the evaluator answers as OPA does, found out from the values: the compiled policy gives up. */
export const GUARDED: string[] = [
  '1.1 + 2.2 > 3.3',
  '(1 / 3) * 3 == 1',
  'input.numbers[3] - 0.3',
  'input.numbers[1] / 7',
  'sum(input.numbers)',
  'product({0.1, 0.2})',
  'floor(-0.5)',
  'ceil(-0.5)',
  'format_int(12345678901234567890, 10)',
  'format_int(1.5, 10)',
  'replace("aaa", "", "b")',
  'indexof("a", "")',
  'net.cidr_contains("10.0.0.0/8", "::ffff:10.0.0.1")',
  'glob.match("{a", [], "a")',
  'base64.decode("w6k")',
  'base64.decode("")',
  'base64.decode("w6 k=")',
  'base64.decode("w6k=\\n")',
  'base64.decode("w=k=")',
  'base64.is_valid("a b")',
  'base64.is_valid("====")',
  'to_number("1e")',
  'to_number("-")',
  'to_number("")',
  'to_number("01")',
  'to_number("1.5")',
  'data.byNumber[input.numbers[0]]',
]

/** The same, found out when compiling: expression and reason. */
export const FULL: [string, string][] = [
  ['[k | data.mixed[k]]', 'an iteration over data.mixed, which has rules and data'],
  ['[v | some v in data.mixed]', 'an iteration over data.mixed, which has rules and data'],
  ['json.marshal({1: "<", null: 2, "a": {2, 1}})', 'json.marshal'],
  ['json.unmarshal("[1,]")', 'json.unmarshal'],
  ['json.is_valid("01")', 'json.is_valid'],
  ['base64url.decode("w6k=\\n")', 'base64url.decode'],
  ['x if x := mocked with sprintf as "m"\n\nmocked := sprintf("%v", [1])', 'sprintf (replaced by `with`)'],
  ['$"{[input.text]}"', 'template strings'],
  ['regex.match(input.text, "s")', 'regex.match (its pattern is not fixed, or one that not every evaluator reads)'],
  ['regex.match("(?<n>s)", "s")', 'regex.match (its pattern is not fixed, or one that not every evaluator reads)'],
]
