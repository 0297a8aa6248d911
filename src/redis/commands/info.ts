import type { Client } from '../client.ts'
import type { Core } from '../core.ts'
import type { Section } from '../info/section.ts'
import { SECTIONS } from '../info/sections.ts'
import type { Args } from '../protocol/args.ts'
import type { Command, Row } from './command.ts'

/** INFO. */
export const INFO: readonly Row[] = [{ name: 'info', run: info }]

const ALL = ['all', 'everything']

function info({ core, replies }: Client, args: Args): void {
  const asked = Array.from({ length: args.count - 1 }, (_, i) => args.text(i + 1).toLowerCase())
  replies.verbatim(infoText(core, asked))
}

/** The text of the sections asked for; of none: of those that are told by default. */
function infoText(core: Core, asked: readonly string[]): string {
  const isAsked = ({ name, besides = false }: Section): boolean => {
    if (asked.includes(name) || asked.some((each) => ALL.includes(each))) return true
    return !besides && (asked.length === 0 || asked.includes('default'))
  }
  const command = core.running as Command // INFO runs
  return SECTIONS.filter(isAsked)
    .map((section) => {
      const lines = section.lines(core, command).map(([name, value]) => `${name}:${value}\r\n`)
      return `# ${section.title}\r\n${lines.join('')}`
    })
    .join('\r\n')
}
