/** What a hostile service, node, name server or certificate can put into a string, and a terminal to show it on. */
import { vi } from 'vitest'
import { type OperationName, operation, structure } from '../../../src/api/model.ts'
import type { Member } from '../../../src/api/shapes.ts'
import { runLine } from '../../../src/cli/dispatch.ts'
import { result } from './recorder.ts'

/**
 * A title, a hyperlink, the clipboard, blinking, a cleared screen, a colour of ours, the 8-bit forms of CSI and OSC, a bell,
 * what goes back over what is there, and what is read from right to left or not at all.
 */
export const HOSTILE =
  'evil\x1b]0;title\x07\x1b]8;;http://evil.example\x1b\\\x1b]52;c;cm0gLXJm\x07\x1b[5m\x1b[3J\x1b[31m\x9b41m\x9d0;t\x9c\x07\rHealthy\b\x7f\u202egnp\u2066\u2028\u200b\ufeff'

const referenced = (text: string): string =>
  text.replace(/[^\x20-\x7e]|[<&]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`)

/** An answer with every member that the operation has, and in every string the hostile one. */
export const hostileAnswer = (name: OperationName): string => {
  const { output } = operation(name)
  return result(name, output === null ? '' : structureXml(output, 0))
}

const structureXml = (shape: string, depth: number): string =>
  Object.entries(structure(shape).members)
    .map(([name, member]) => `<${name}>${memberXml(name, member, depth)}</${name}>`)
    .join('')

function memberXml(name: string, member: Member, depth: number): string {
  switch (member.kind) {
    case 'string':
      // A token would ask for the next page for ever.
      return /^(Marker|NextToken)$/.test(name) ? '' : referenced(HOSTILE)
    case 'number':
      return '11211'
    case 'boolean':
      return 'true'
    case 'timestamp':
      return '2026-01-02T03:04:05Z'
    case 'list':
      return depth > 5 ? '' : `<${member.item}>${memberXml('', member.of, depth + 1)}</${member.item}>`.repeat(2)
    case 'structure':
      return depth > 5 ? '' : structureXml(member.shape, depth + 1)
  }
}

export const hostileError = (code: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${referenced(HOSTILE)}</Message></Error><RequestId>r</RequestId></ErrorResponse>`

export interface Shown {
  readonly code: number
  /** stdout and stderr, as they arrive. */
  readonly text: string
}

/** Runs a command line in this process, with both streams a terminal (or a pipe) of 100 columns. */
export async function shownOn(kind: 'terminal' | 'pipe', argv: readonly string[]): Promise<Shown> {
  const pieces: Buffer[] = []
  const streams = [process.stdout, process.stderr]
  const before = streams.map((stream) => ({ isTTY: stream.isTTY, columns: stream.columns, rows: stream.rows }))
  const spies = streams.map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((piece) => {
      pieces.push(Buffer.from(piece))
      return true
    }),
  )
  for (const stream of streams) Object.assign(stream, { isTTY: kind === 'terminal', columns: 100, rows: 50 })
  try {
    const code = await runLine(argv)
    return { code, text: Buffer.concat(pieces).toString('utf8') }
  } finally {
    for (const spy of spies) spy.mockRestore()
    for (const [index, stream] of streams.entries()) Object.assign(stream, before[index])
  }
}

/** Sequences that we make ourselves: colours, and what the line that turns and the views drawn in place need. */
const COLOURS = /\x1b\[(?:0|1|2|22|31|32|33|34|39)m/g
const PLACES = /\x1b\[(?:G|2K|K|J|0J|2J|H|\d+A|\?1049[hl]|\?25[hl])/g
const OBEYED = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Everything in a text that a terminal would obey, and that is not ours. Where no colours are wanted, none is ours. */
export function obeyed(text: string, colours = true): string[] {
  const rest = text.replace(PLACES, '')
  return [...(colours ? rest.replace(COLOURS, '') : rest).matchAll(OBEYED)].map(
    ({ 0: character, index }) =>
      `${JSON.stringify(character)} in ${JSON.stringify(rest.slice(Math.max(0, index - 20), index + 20))}`,
  )
}
