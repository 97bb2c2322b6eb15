import type { Mutation } from './mutation.ts'

const REGISTRY = 'electron/engine/actions/registry.ts'
const HTTP = 'electron/engine/http/http-client.ts'
const GUARD = 'electron/engine/http/address-guard.ts'
const TAKE = 'electron/engine/actions/quarantine/take.ts'
const COPY = 'electron/engine/actions/quarantine/copy.ts'
const INLINE = 'electron/engine/policy/inline-lane.ts'

const REGISTRY_TEST = 'electron/engine/actions/registry.test.ts'
const SSRF = 'tests/security/ssrf.test.ts'
const TAKE_TEST = 'electron/engine/actions/quarantine/take.test.ts'
const QUARANTINE = 'electron/engine/actions/file-quarantine.test.ts'
const FACTS = 'electron/engine/actions/quarantine/file-facts.test.ts'
const POLICY = 'electron/engine/policy/policy-service.test.ts'
const INLINE_TEST = 'electron/engine/policy/inline-lane.test.ts'

/** What reaches the world outside, and what of it comes back. */
export const EFFECT_MUTATIONS: readonly Mutation[] = [
  {
    name: "a probe's result is not redacted",
    file: REGISTRY,
    from: 'return { ...outcome, result: this.#clean(outcome.result) }',
    to: 'return outcome',
    test: REGISTRY_TEST,
  },
  {
    name: 'the result of a probe after an error is not redacted',
    file: REGISTRY,
    from: "if (found?.state === 'done') return this.#ran(found.result)",
    to: "if (found?.state === 'done') return { outcome: 'succeeded', result: found.result }",
    test: REGISTRY_TEST,
  },
  {
    name: 'a result is not redacted',
    file: REGISTRY,
    from: 'return handles.brokenValue(redactor.json(result))',
    to: 'return handles.brokenValue(redactor === null ? null : result)',
    test: REGISTRY_TEST,
  },
  {
    name: 'a result keeps handles of secrets',
    file: REGISTRY,
    from: 'return handles.brokenValue(redactor.json(result))',
    to: 'return handles === null ? null : redactor.json(result)',
    test: REGISTRY_TEST,
  },
  {
    name: 'an error is not redacted',
    file: REGISTRY,
    from: 'handles.print(redactor.text(message))',
    to: "handles.print(redactor === null ? '' : message)",
    test: REGISTRY_TEST,
  },
  {
    name: 'what a probe says of an unknown outcome is not redacted',
    file: REGISTRY,
    from: 'return { ...outcome, message: this.#message(outcome.message) }',
    to: 'return outcome',
    test: REGISTRY_TEST,
  },
  {
    name: 'the original that changed during a copy is removed',
    file: TAKE,
    from: 'if (sha256 === manifest.sha256) return null',
    to: "if (sha256 !== '') return null",
    test: TAKE_TEST,
  },
  {
    name: 'another file in place of the original is removed',
    file: TAKE,
    from: 'if (!isSame) return (path) => swapped(manifest.origin, path)',
    to: 'if (!isSame) return null',
    test: TAKE_TEST,
  },
  {
    name: 'bytes that changed while they were copied count as the file',
    file: COPY,
    from: "if (hash.digest('hex') !== sha256 || (await hashFile(copy, check)) !== sha256) {",
    to: "if (hash.digest('hex') !== (await hashFile(copy, check))) {",
    test: TAKE_TEST,
  },
  {
    name: 'the copy is not read again',
    file: COPY,
    from: ' || (await hashFile(copy, check)) !== sha256) {',
    to: ') {',
    test: TAKE_TEST,
  },
  {
    name: 'a file that was moved is not looked at',
    file: TAKE,
    from: 'if (!(await isWhatWasMeant(at(held), manifest))) {\n    throw swapped',
    to: 'if (manifest.id === "") {\n    throw swapped',
    test: QUARANTINE,
  },
  {
    name: 'a link put in place of a file is followed',
    file: 'electron/engine/actions/quarantine/file-facts.ts',
    from: 'const NO_FOLLOW = constants.O_NOFOLLOW ?? 0',
    to: 'const NO_FOLLOW = 0',
    test: FACTS,
  },
  {
    name: 'a link on the way to a file is followed',
    file: 'electron/engine/files/open-folder.ts',
    from: 'constants.O_DIRECTORY | constants.O_NOFOLLOW',
    to: 'constants.O_DIRECTORY',
    test: 'electron/engine/files/open-folder.test.ts',
  },
  {
    name: 'a link in the cache is followed',
    file: 'electron/engine/files/disk-cache.ts',
    from: 'constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)',
    to: 'constants.O_RDONLY',
    test: 'electron/engine/files/disk-cache.test.ts',
  },
  {
    name: 'a copy is made over what is there',
    file: COPY,
    from: 'constants.O_CREAT | constants.O_EXCL | constants.O_RDWR',
    to: 'constants.O_CREAT | constants.O_RDWR',
    test: FACTS,
  },
  {
    name: 'literal addresses are not checked',
    file: GUARD,
    from: 'if (parseAddress(destination.hostname) !== null) this.#check',
    to: "if (destination.hostname === '') this.#check",
    test: SSRF,
  },
  {
    name: 'only the first address of a name is checked',
    file: GUARD,
    from: 'for (const { address } of addresses) this.#check(address, destination)',
    to: 'for (const { address } of addresses.slice(0, 1)) this.#check(address, destination)',
    test: 'tests/security/rebinding.test.ts',
  },
  {
    name: "a secret's host is not checked at the first hop",
    file: HTTP,
    from: 'checkSecretHosts(request.secrets ?? [], hop.url)',
    to: 'if (count > 0) checkSecretHosts(request.secrets ?? [], hop.url)',
    test: SSRF,
  },
  {
    name: 'the hash of the stored compiled policy is not checked',
    file: 'electron/engine/policy/version-loader.ts',
    from: "!== meta.wasmSha256) throw corrupt('damaged')",
    to: "=== '') throw corrupt('damaged')",
    test: POLICY,
  },
  {
    name: 'a version that cannot be loaded is made live',
    file: 'electron/engine/policy/policy-service.ts',
    from: 'const pooled = await toPoolVersion(stored, log) // a version that cannot be loaded must not become live\n    const policy = await this.#store(stored)',
    to: 'const policy = await this.#store(stored)\n    const pooled = await toPoolVersion(stored, log)',
    test: POLICY,
  },
  {
    name: "the receiver's own token is compared byte by byte",
    file: 'electron/engine/receiver/source-gate.ts',
    from: 'return left.length === right.length && timingSafeEqual(left, right)',
    to: 'return left.equals(right)',
    test: 'tests/security/token-timing.test.ts',
  },
  {
    name: "a source's token is compared byte by byte",
    file: 'electron/engine/store/source-store.ts',
    from: 'timingSafeEqual(source.hash, hash)',
    to: 'source.hash.equals(hash)',
    test: 'tests/security/token-timing.test.ts',
  },
  {
    name: 'the token for reading is compared byte by byte',
    file: 'electron/engine/receiver/read-access.ts',
    from: 'return hash.length === given.length && timingSafeEqual(hash, given)',
    to: 'return hash.equals(given)',
    test: 'tests/security/token-timing.test.ts',
  },
  {
    name: 'the code of a handle is compared byte by byte',
    file: 'electron/engine/secrets/handles.ts',
    from: 'timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(name)))',
    to: 'mac === this.#mac(name)',
    test: 'tests/security/token-timing.test.ts',
  },
  {
    name: 'a failure of an evaluation in the calling thread stands',
    file: INLINE,
    from: 'answer === undefined || answer.error !== null ? null',
    to: 'answer === undefined ? null',
    test: INLINE_TEST,
    title: 'are all that is ordinary, and leave the rest',
  },
]
