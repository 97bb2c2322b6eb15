/** `TOCSIN_FAULT=<name>[:n]`, read once: where this process kills itself, and at which pass (1 unless told). */
const wanted = parseFault(process.env['TOCSIN_FAULT'])
let passes = 0

/**
 * A named place where a crash is worth testing. Does nothing unless `TOCSIN_FAULT` names it; then the n-th pass ends
 * this process by SIGKILL, as a power switch would, with nothing flushed.
 * @param name `<label>:before`, `<label>:after` of a commit, or a place between two of them (`effect:after`)
 */
export function faultPoint(name: string): void {
  if (wanted === null || wanted.name !== name) return
  passes += 1
  if (passes < wanted.pass) return
  process.kill(process.pid, 'SIGKILL')
  // Another thread may receive the signal: nothing of this one may run on until it lands.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function parseFault(text: string | undefined): { name: string; pass: number } | null {
  if (!text) return null
  const counted = /^(.+):(\d+)$/.exec(text)
  if (counted?.[1] === undefined) return { name: text, pass: 1 }
  return { name: counted[1], pass: Number(counted[2]) }
}
