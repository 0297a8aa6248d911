/** oclif's door to our help. Pages are of one width unless a terminal is narrower, so that they can be written at build time. */
import { HelpBase } from '@oclif/core/help'
import { commands as table } from '../command-table.ts'
import { environment } from '../environment.ts'
import { printPaged } from '../live/pager.ts'
import { usageProblem } from '../problem.ts'
import { columns } from '../terminal.ts'
import { chapters, type Documented, kindOf } from './command-doc.ts'
import { Typesetter } from './help-text.ts'

export class Help extends HelpBase {
  async showHelp(argv: string[]): Promise<void> {
    const words = argv.filter((word) => !word.startsWith('-'))
    const known = new Map(this.config.commands.map((command) => [command.id, command]))
    // oclif goes by another order than our table.
    const commands = Object.keys(table).flatMap((id) => known.get(id) ?? [])
    await printPaged(pageFor(words, commands, columns()), true, environment)
  }

  async showCommandHelp(command: Documented): Promise<void> {
    await printPaged(new Typesetter(columns()).commandPage(command), true, environment)
  }
}

/** Pages that are about no command. */
export const OTHER_PAGES = ['commands', 'global-options'] as const

/** The page for a command, a topic, or without words for everything. Throws a usage problem for what is neither. */
export function pageFor(words: readonly string[], commands: readonly Documented[], width: number): string {
  const pages = new Typesetter(width)
  const table = new Map(commands.map((command) => [command.id, command]))
  const find = (id: string) => table.get(id) as Documented // of the ids in it
  const [first] = words
  if (first === undefined) return pages.rootPage(chapters([...table.keys()]), find)
  if (first === 'commands') return pages.allPage(chapters([...table.keys()]), find)
  if (first === 'global-options') return pages.globalPage()
  const ids = [words.slice(0, 3).join(':'), words.slice(0, 2).join(':'), first]
  const command = ids.map((id) => table.get(id)).find((known) => known !== undefined)
  const kind = command && kindOf(command, words[command.id.split(':').length] ?? '')
  if (command) return pages.commandPage(kind ?? command)
  for (const topic of ids) {
    const within = commands.filter(({ id }) => id.startsWith(`${topic}:`))
    if (within.length > 0) return pages.topicPage(topic.replaceAll(':', ' '), within)
  }
  throw usageProblem(`There is no command ${words.join(' ')}.`)
}
