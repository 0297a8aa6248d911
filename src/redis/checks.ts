import type { Client } from './client.ts'
import type { Command } from './commands/command.ts'
import type { Args } from './protocol/args.ts'

/**
 * Looks at a command before it runs. Answers what it is refused with; undefined: it may run; `''`: it was dealt with, or is held
 * back.
 */
export type Check = (client: Client, command: Command, args: Args) => string | undefined

/** Checks of a node in their order, which is that of redis' processCommand: each is asked only while it is `on`. */
export class Checks {
  readonly #rows: { on: boolean; readonly check: Check }[] = []

  /** Adds a check, which is off. Answers what turns it on and off. */
  add(check: Check): (on: boolean) => void {
    const row = { on: false, check }
    this.#rows.push(row)
    return (on) => {
      row.on = on
    }
  }

  get any(): boolean {
    return this.#rows.some(({ on }) => on)
  }

  /** What the first of them says that says something. */
  refusal(client: Client, command: Command, args: Args): string | undefined {
    for (const { on, check } of this.#rows) {
      if (!on) continue
      const refusal = check(client, command, args)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }
}
