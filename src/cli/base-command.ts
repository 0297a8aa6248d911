import { Command } from '@oclif/core/command'
import type { Config } from '@oclif/core/config'
import type { Flags } from './flags.ts'
import { type Arity, type Parsed, parseArguments } from './parse.ts'

/** What the command table holds: oclif's classes, seen from the side that runs them. */
export interface CommandClass {
  new (argv: string[], config: Config): { run(): Promise<void> }
  id: string
}

/** What hand-written commands have in common: our parser's manners in oclif's class. */
export abstract class BaseCommand extends Command {
  protected read(): Parsed {
    const { args, flags = {} } = this.ctor
    return parseArguments(this.argv, flags as Flags, arityOf(args))
  }
}

function arityOf(args: typeof Command.args): Arity {
  const all = Object.entries(args)
  return {
    names: all.map(([name, { multiple }]) => `<${name}>${multiple ? '...' : ''}`),
    atLeast: all.filter(([, { required }]) => required).length,
    atMost: all.some(([, { multiple }]) => multiple) ? Number.POSITIVE_INFINITY : all.length,
  }
}

/** A positional word, for help and for the count of words. */
export const word = (description: string, more: { required?: boolean; multiple?: boolean } = {}) =>
  ({
    parse: async (input: string) => input,
    input: [],
    description,
    ...more,
  }) as unknown as (typeof Command.args)[string]
