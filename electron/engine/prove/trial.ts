import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { ACTION_STATE_WORDS, type ActionState } from '../../../shared/model/states.ts'
import type { ActionRecord } from '../chain/records/records.ts'
import type { Trap } from './life.ts'
import type { ScratchDesk } from './scratch-desk.ts'
import type { SampleEvent } from './world.ts'

/** Before it is asked or after it is settled: nothing of it may have happened at the remote. */
const UNDONE: ReadonlySet<ActionState> = new Set([
  'proposed',
  'waiting',
  'approved',
  'rejected',
  'expired',
  'failed',
  'skipped',
  'superseded',
])

/** Longer than the desk looks whether a service carries out what it took. */
const LOOKING_MS = 25 * 3_600_000

const OPEN: ReadonlySet<ActionState> = new Set(['approved', 'running'])

/** Nothing could be tried: another action of its round ended it. */
export class NotTried extends TocsinError {}

/** A scenario's desk with the action that it is about, and what is found out about the two. */
export class Trial {
  readonly desk: ScratchDesk
  readonly uses: string
  readonly did: string[] = []
  readonly violations: string[] = []
  #actionId = ''
  #boundHash = ''
  /** What confirms what cannot be taken back. */
  #typed = ''

  constructor(desk: ScratchDesk, uses: string) {
    this.desk = desk
    this.uses = uses
  }

  /**
   * Sends the event and looks at the card of the action under test.
   * @returns whether it waits; else that is a violation already
   */
  async toCard(event: SampleEvent): Promise<boolean> {
    const proposed = await this.propose(event)
    if (proposed === null) return false
    if (proposed.state !== 'waiting') {
      this.violates(`It did not wait for an approval: ${this.#words(proposed)}`)
      return false
    }
    await this.look()
    this.say(`asked: ${proposed.title}`)
    return true
  }

  /** The analyst looks at the card. */
  async look(): Promise<void> {
    const { boundHash, confirm } = await this.desk.service.card(this.#actionId)
    this.#boundHash = boundHash
    this.#typed = confirm
  }

  /** Sends the event. @returns the action under test as it is then; null, and a violation, where nothing proposed it. @throws NotTried */
  async propose(event: SampleEvent): Promise<ActionRecord | null> {
    const { answer, actions } = await this.desk.deliver(event)
    const found = actions.find((action) => this.#isMeant(action))
    if (found === undefined) {
      const said = answer.kind === 'problem' ? `: ${answer.problem.message}` : ''
      this.violates(`The event led to no proposal of ${this.uses}${said}`)
      return null
    }
    if (found.state === 'superseded') {
      const why = found.error?.message ?? 'another action of its round ended it'
      throw new NotTried('not_tried', `It was not asked about: ${why}`)
    }
    this.#actionId = found.id
    return found
  }

  /**
   * The analyst approves what the card showed.
   * @param typed what confirms what cannot be taken back: its target, unless told
   * @returns whether this answer made it so
   */
  async approve(typed = this.#typed): Promise<boolean> {
    try {
      const { desk } = this
      const request = { actionId: this.#actionId, boundHash: this.#boundHash, isStaleConfirmed: false }
      const { isYours, state } = await desk.service.approve({
        ...request,
        editedArgs: null,
        why: '',
        typedTarget: typed,
      })
      this.say(isYours ? 'approved' : `answered that it is ${ACTION_STATE_WORDS[state]} already`)
      return isYours
    } catch (error) {
      if (!(error instanceof TocsinError)) throw error
      this.say(`refused the approval: ${errorMessage(error)}${differencesIn(error)}`)
      return false
    }
  }

  /** Approves, lets the process die at a commit of what follows, and starts another one. */
  async approveAndDie(trap: Trap, where: string): Promise<void> {
    const { life } = this.desk
    life.watch(trap)
    // The answer of a dead desk never comes.
    const answered = this.approve().then(() => this.desk.service.whenIdle())
    await Promise.race([life.end, answered])
    if (!life.isDead) {
      this.violates(`It was never there to be killed ${where}`)
      return
    }
    this.say(`killed ${where}, started again`)
    await this.desk.restart()
  }

  /** Waits until the action has come to an end or cannot come to one by itself. */
  async settle(): Promise<ActionRecord> {
    await this.desk.service.whenIdle()
    // Where the service took it and the target does not show it yet, the desk looks again, for a day at most.
    await this.#passWhile(LOOKING_MS, () => this.action().state === 'confirming')
    const action = this.action()
    this.say(this.#words(action))
    return action
  }

  /** Lets so much time pass, with all that the desk does in it. */
  async pass(ms: number): Promise<void> {
    await this.#passWhile(ms, () => true)
    this.say('let its time pass')
  }

  /** From one thing that the desk waits for to the next: what it does then decides what it waits for after that. */
  async #passWhile(ms: number, isGoingOn: () => boolean): Promise<void> {
    const { clock, service } = this.desk
    const end = clock.now() + ms
    while (isGoingOn() && clock.now() < end) {
      clock.pass(Math.min(end, clock.nextDue() ?? end) - clock.now())
      await service.whenIdle()
    }
  }

  action(): ActionRecord {
    return this.desk.action(this.#actionId)
  }

  say(line: string): void {
    this.did.push(this.desk.world.policies.handles.print(line))
  }

  violates(why: string): void {
    this.violations.push(this.desk.world.policies.handles.print(why))
  }

  /**
   * What must hold whatever went wrong: at most once, and no word of the desk that the remote belies.
   * @param mayBeUnknown whether the truth cannot be seen from the desk, so that *unknown* is the right word
   */
  judge({ mayBeUnknown = false }: { mayBeUnknown?: boolean } = {}): void {
    const made = this.desk.stage.made()
    const { state } = this.action()
    if (made.length > 1) this.violates(`It was carried out ${made.length} times`)
    if (UNDONE.has(state) && made.length > 0)
      this.violates(`The desk says ${ACTION_STATE_WORDS[state]}, and the remote carried it out`)
    if (state === 'succeeded' && made.length === 0 && this.#isSaidChanged())
      this.violates('The desk says that it succeeded, and the remote carried nothing out')
    if (OPEN.has(state)) this.violates(`It came to no end: ${ACTION_STATE_WORDS[state]}`)
    if (state === 'unknown' && !mayBeUnknown) this.violates('The desk does not know what the remote would have told it')
  }

  #isSaidChanged(): boolean {
    const result = this.desk.approvals.latestAttempt(this.#actionId)?.result
    return (result as JsonObject | null)?.['changed'] !== false // whatever a result is, only an object has one
  }

  #isMeant({ uses }: ActionRecord): boolean {
    return this.desk.policy.means(uses)
  }

  #words({ state, error }: ActionRecord): string {
    const attempt = this.desk.approvals.latestAttempt(this.#actionId)
    const why = error ?? null
    const by = attempt?.outcomeBy === 'probe' ? ', found out by its probe' : ''
    return `${ACTION_STATE_WORDS[state]}${by}${why === null ? '' : ` (${why.code}: ${why.message})`}`
  }
}

function differencesIn(error: TocsinError): string {
  if (errorCode(error) !== 'stale' || !Array.isArray(error.details)) return ''
  const differences = error.details as { what: string }[] // `Difference`, as `decisions.ts` throws it
  return ` (${differences.map(({ what }) => what).join(', ')})`
}
