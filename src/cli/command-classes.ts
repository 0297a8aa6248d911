/** Every command's class at once: for oclif, whose explicit strategy wants them so, and for what documents them all. */
import type { Command } from './command.ts'
import { commands as loaders } from './command-table.ts'

const loaded = Object.entries(loaders).map(async ([id, load]): Promise<[string, Command]> => [id, await load()])

export const commands: Readonly<Record<string, Command>> = Object.fromEntries(await Promise.all(loaded))
