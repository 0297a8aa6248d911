/** oclif's door to our help. Pages are the same on every terminal, so that they can be written at build time. */
import { HelpBase } from '@oclif/core/help'
import { usageProblem } from '../problem.ts'
import { print } from '../terminal.ts'
import { chapters, type Documented, kindOf } from './command-doc.ts'
import { allPage, commandPage, globalPage, rootPage, topicPage } from './help-text.ts'

export class Help extends HelpBase {
  async showHelp(argv: string[]): Promise<void> {
    print(
      pageFor(
        argv.filter((word) => !word.startsWith('-')),
        this.config.commands,
      ),
    )
  }

  async showCommandHelp(command: Documented): Promise<void> {
    print(commandPage(command))
  }
}

/** Pages that are about no command. */
export const OTHER_PAGES = ['commands', 'global-options'] as const

/** The page for a command, a topic, or without words for everything. Throws a usage problem for what is neither. */
export function pageFor(words: readonly string[], commands: readonly Documented[]): string {
  const table = new Map(commands.map((command) => [command.id, command]))
  if (words.length === 0) return rootPage(chapters([...table.keys()]), (id) => table.get(id) as Documented) // of the ids in it
  const [first] = words
  if (first === 'commands') return allPage(chapters([...table.keys()]), (id) => table.get(id) as Documented) // likewise
  if (first === 'global-options') return globalPage()
  const ids = [words.slice(0, 3).join(':'), words.slice(0, 2).join(':'), words[0] ?? '']
  const command = ids.map((id) => table.get(id)).find((known) => known !== undefined)
  const kind = command && kindOf(command, words[command.id.split(':').length] ?? '')
  if (command) return commandPage(kind ?? command)
  for (const topic of ids) {
    const within = commands.filter(({ id }) => id.startsWith(`${topic}:`))
    if (within.length > 0) return topicPage(topic.replaceAll(':', ' '), within)
  }
  throw usageProblem(`There is no command ${words.join(' ')}.`)
}
