/** Writes dist/help: every page that `--help` can be asked for, set by the help class, and the line of `--version`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands } from '../cli/command-classes.ts'
import type { Documented } from '../cli/help/command-doc.ts'
import { OTHER_PAGES, pageFor } from '../cli/help/help.ts'
import { USUAL_COLUMNS } from '../cli/terminal.ts'

export function documentedCommands(): Documented[] {
  return Object.entries(commands).map(([id, command]) => {
    const { summary, description, examples, args, flags, kinds } = command as unknown as Documented // oclif's type of flags is wider than ours
    return { id, summary, description, examples, args, flags, kinds }
  })
}

/** File name without its ending -> text. Words are joined by `-`: `engine start` is engine-start. */
export function helpPages(columns = USUAL_COLUMNS): Map<string, string> {
  const documented = documentedCommands()
  const topics = new Set(documented.flatMap(({ id }) => topicsOf(id)))
  const kinds = documented.flatMap(({ id, kinds: own }) => Object.keys(own?.each ?? {}).map((name) => `${id}:${name}`))
  const names = [...documented.map(({ id }) => id), ...topics, ...kinds, ...OTHER_PAGES].map((id) => id.split(':'))
  return new Map([
    ['index', pageFor([], documented, columns)],
    ...names.map((words): [string, string] => [words.join('-'), pageFor(words, documented, columns)]),
  ])
}

/** `engine:clock:show` is found under `engine` and under `engine:clock`. */
function topicsOf(id: string): string[] {
  const words = id.split(':')
  return words.slice(1).map((_, index) => words.slice(0, index + 1).join(':'))
}

export function writeHelpPages(root: string, version: string): void {
  const directory = join(root, 'dist', 'help')
  mkdirSync(directory, { recursive: true })
  for (const [name, text] of helpPages()) writeFileSync(join(directory, `${name}.txt`), text)
  writeFileSync(join(directory, 'version.txt'), `cachectl/${version}\n`)
}
