/** Writes man/: a page for the program and one for every command, from the same documentation as --help. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Chapter, type CommandDoc, chapters, documentationOf } from '../cli/help/command-doc.ts'
import { documentedCommands } from './help-pages.ts'
import { commandManPage, rootManPage } from './roff.ts'

export const manDirectory = fileURLToPath(new URL('../../man', import.meta.url))

/** File name -> text. A pure function of the command table and the version. */
export function manPages(version: string): Map<string, string> {
  const docs = new Map(documentedCommands().map((command) => [command.id, documentationOf(command)]))
  const order = chapters([...docs.keys()])
  return new Map([
    ['cachectl.1', rootManPage(order, docs, version)],
    ...[...docs].map(([id, doc]): [string, string] => [
      `${pageName(doc)}.1`,
      commandManPage(doc, neighbours(id, order, docs), version),
    ]),
  ])
}

const pageName = ({ name }: CommandDoc): string => `cachectl-${name.replaceAll(' ', '-')}`

/** Pages to see also: the program's, and those of the same chapter and topic. */
function neighbours(id: string, order: readonly Chapter[], docs: ReadonlyMap<string, CommandDoc>): string[] {
  const chapter = order.find(({ ids }) => ids.includes(id))
  const others = (chapter?.ids ?? []).filter((other) => other !== id && topicOf(other) === topicOf(id))
  return ['cachectl', ...others.flatMap((other) => docs.get(other) ?? []).map(pageName)]
}

const topicOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf(':')))

const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url))

/** package.json with every page in its `man`: npm links those, and no others, where man finds them. */
export function withManPages(text: string, pages: Iterable<string>): string {
  const { man: _, ...rest } = JSON.parse(text)
  return `${JSON.stringify({ ...rest, man: [...pages].sort().map((file) => `man/${file}`) }, null, 2)}\n`
}

export const packageText = (): string => readFileSync(packageFile, 'utf8')

export function writeManPages(version: string): void {
  const pages = manPages(version)
  writeFileSync(packageFile, withManPages(packageText(), pages.keys()))
  mkdirSync(manDirectory, { recursive: true })
  for (const file of readdirSync(manDirectory)) if (!pages.has(file)) rmSync(join(manDirectory, file))
  for (const [file, text] of pages) writeFileSync(join(manDirectory, file), text)
}

if (process.argv[1]?.endsWith('tools/man.ts')) {
  const { version } = JSON.parse(packageText())
  writeManPages(version)
}
