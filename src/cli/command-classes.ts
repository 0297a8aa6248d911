/** Every command's class at once: for oclif, whose explicit strategy wants them so, and for what documents them all. */
import type { CommandClass } from './base-command.ts'
import { commands as loaders } from './command-table.ts'

const loaded = Object.entries(loaders).map(async ([id, load]): Promise<[string, CommandClass]> => [id, await load()])

export const commands: Readonly<Record<string, CommandClass>> = Object.fromEntries(await Promise.all(loaded))
