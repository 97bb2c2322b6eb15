import type { Attribute } from '../../../shared/model/alert.ts'
import {
  PersistentAttributeStore,
  type AttributeOrigin,
  type PersistentAttribute,
} from '../store/persistent-attribute-store.ts'
import type { Tx } from '../store/writer.ts'

/**
 * Persistent attributes as one scenario after the other sees them: each begins with none and keeps its own. That is all
 * that chains share by a name, so scenarios can take turns in one store, whose opening costs more than a scenario.
 */
export class ScenarioAttributes extends PersistentAttributeStore {
  #scope = ''

  /** From now on nothing that was written before is seen. @param scope text that no namespace begins with */
  begin(scope: string): void {
    this.#scope = `${scope}/`
  }

  override now(namespace: string, at: number): PersistentAttribute[] {
    return super.now(this.#scoped(namespace), at)
  }

  override version(namespace: string, id: string): number {
    return super.version(this.#scoped(namespace), id)
  }

  override lastWriterOfGone(namespace: string, id: string, at: number): string | null {
    return super.lastWriterOfGone(this.#scoped(namespace), id, at)
  }

  override write(tx: Tx, namespace: string, attribute: Attribute, origin: AttributeOrigin): number {
    return super.write(tx, this.#scoped(namespace), attribute, origin)
  }

  override end(tx: Tx, namespace: string, attribute: Attribute, origin: AttributeOrigin): boolean {
    return super.end(tx, this.#scoped(namespace), attribute, origin)
  }

  /** Also of a name that is scoped already: the store calls its own methods. The empty one keeps nothing. */
  #scoped(namespace: string): string {
    return namespace === '' || namespace.startsWith(this.#scope) ? namespace : this.#scope + namespace
  }
}
