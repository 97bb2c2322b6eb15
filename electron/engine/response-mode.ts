import type { ResponseMode } from '../../shared/model/states.ts'
import type { EngineConfig } from './config.ts'
import type { Store } from './store/store.ts'

/** The response mode in force: the command line's until the analyst switches it, else what is stored, else the command's. */
export class ModeSwitch {
  readonly #store: Pick<Store, 'settings' | 'writer'>
  readonly #config: Pick<EngineConfig, 'defaultMode'>
  #override: ResponseMode | null

  constructor(store: Pick<Store, 'settings' | 'writer'>, config: Pick<EngineConfig, 'mode' | 'defaultMode'>) {
    this.#store = store
    this.#config = config
    this.#override = config.mode
  }

  current(): ResponseMode {
    if (this.#override !== null) return this.#override
    const { settings } = this.#store
    return settings.isSet('response.mode') ? settings.get('response.mode') : this.#config.defaultMode
  }

  /** Switches and stores it, as an act. */
  async set(mode: ResponseMode, by: string): Promise<void> {
    const { settings, writer } = this.#store
    await writer.commit('setting', (tx) => settings.set(tx, { 'response.mode': mode }, by))
    this.#override = null
  }
}
