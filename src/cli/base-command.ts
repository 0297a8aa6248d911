import { arityOf, type Command } from './command.ts'
import type { Flags } from './flags.ts'
import { type Parsed, parseArguments } from './parse.ts'
import type { WordDoc } from './words.ts'

export const word = (description: string, more: Omit<WordDoc, 'description'> = {}): WordDoc => ({
  description,
  ...more,
})

/**
 * A command as oclif knows them: it asks of a class no more than run() and these statics. Its own Command takes as
 * long to load as bare Node to start, and nothing of it is used here.
 */
export abstract class BaseCommand {
  /** Written by oclif, which is why every id needs a class of its own. */
  static id = ''
  static summary = ''
  static description = ''
  static examples: readonly string[] = []
  static args: Readonly<Record<string, WordDoc>> = {}
  static flags: Flags = {}

  static run(argv: readonly string[]): Promise<void> {
    // biome-ignore lint/complexity/noThisInStatic: the class that was asked for, never this abstract one
    return new (this as unknown as CommandClass)(argv).run()
  }

  protected readonly argv: readonly string[]

  constructor(argv: readonly string[]) {
    this.argv = argv
  }

  abstract run(): Promise<void>

  protected read(): Parsed {
    const { args, flags } = this.constructor as typeof BaseCommand
    return parseArguments(this.argv, flags, arityOf(args))
  }
}

export interface CommandClass extends Command {
  new (argv: readonly string[]): BaseCommand
}
