import type { ResponseMode } from '../../../shared/model/states.ts'
import { COMMAND } from './records/actors.ts'
import type { EngineConfig } from '../ports/config.ts'
import type { Store } from '../store/store.ts'

/** The response mode in force: the command line's until the analyst switches it, else what is stored, else the command's. */
export class ModeSwitch {
  readonly #store: Pick<Store, 'settings' | 'writer' | 'generations'>
  readonly #config: Pick<EngineConfig, 'defaultMode'>
  /** Every chain and every step asks for it, so it is read once: nothing else writes this setting. */
  #current: ResponseMode | null

  constructor(
    store: Pick<Store, 'settings' | 'writer' | 'generations'>,
    config: Pick<EngineConfig, 'mode' | 'defaultMode'>,
  ) {
    this.#store = store
    this.#config = config
    // A database in doubt stays off until the analyst has looked, whatever a command line says.
    this.#current = store.generations.doubt() === null ? config.mode : 'off'
  }

  current(): ResponseMode {
    const { settings } = this.#store
    this.#current ??= settings.isSet('response.mode') ? settings.get('response.mode') : this.#config.defaultMode
    return this.#current
  }

  /** A mode that the command line gave is an act like any other switch; it is in force for this run and not stored. */
  async recordGiven(given: ResponseMode | null): Promise<void> {
    if (given === null || this.current() !== given) return
    const { settings, writer } = this.#store
    const before = settings.isSet('response.mode') ? settings.get('response.mode') : this.#config.defaultMode
    const subject = { subjectKind: 'setting', subjectId: 'response.mode' }
    await writer.commit('setting', (tx) => {
      tx.act({
        by: COMMAND,
        kind: 'mode.start',
        ...subject,
        before,
        after: given,
        reason: 'Given at the start (--mode)',
      })
    })
  }

  /** Switches and stores it, as an act. What is committed after it in the same transaction sees the new mode. */
  async set(mode: ResponseMode, by: string): Promise<void> {
    const { settings, writer, generations } = this.#store
    const before = this.current()
    try {
      await writer.commit('setting', (tx) => {
        settings.set(tx, { 'response.mode': mode }, by)
        if (mode !== 'off') generations.settle()
        this.#current = mode
      })
    } catch (error) {
      this.#current = before
      throw error
    }
  }
}
