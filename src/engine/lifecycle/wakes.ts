import type { LivingKind } from './runner.ts'

export type Wake = (kind: LivingKind, region: string, id: string) => void

/**
 * That a record is to be looked at. Nodes and lives say so, and are there before the runner that looks, which comes to listen
 * once it is there.
 */
export class Wakes {
  #listener: Wake | undefined

  readonly wake: Wake = (kind, region, id) => this.#listener?.(kind, region, id)

  listen(listener: Wake): void {
    this.#listener = listener
  }
}
