/** The lines of a hosts file that are an engine's own, between two marks; all others are somebody else's, and stay as they are. */
import { chmodSync, chownSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { errorCode } from '../api/thrown.ts'

const BEGIN = '# cachectl begin '
const END = '# cachectl end '

/** A name, and one of its addresses. */
export interface HostLine {
  readonly address: string
  readonly name: string
}

/**
 * The text with this block in the place of the one of the same owner, or at its end; without lines there is none. A block whose end
 * is missing goes as far as the lines that look like its own.
 * @param owner The engine's state directory.
 */
export function withBlock(text: string, owner: string, lines: readonly HostLine[]): string {
  const { before, after } = split(text, owner)
  if (lines.length === 0) return before + after
  const start = before === '' || before.endsWith('\n') ? before : `${before}\n`
  const block = [
    `${BEGIN}${owner} (written and taken away by the engine with this state directory)`,
    ...lines.map(({ address, name }) => `${address} ${name}`),
    `${END}${owner}`,
  ]
  return `${start}${block.join('\n')}\n${after}`
}

/** What is in the block; undefined: there is none. */
export const blockIn = (text: string, owner: string): readonly string[] | undefined => split(text, owner).own

interface Parts {
  readonly before: string
  /** Without its marks; undefined: there is no block. */
  readonly own?: readonly string[]
  readonly after: string
}

function split(text: string, owner: string): Parts {
  const lines = text.split('\n')
  const begin = lines.findIndex((line) => beginsBlock(line, owner))
  if (begin < 0) return { before: text, after: '' }
  const rest = lines.slice(begin + 1)
  const length = lengthOf(rest, owner)
  const isEnded = rest[length] === `${END}${owner}`
  return {
    before: lines
      .slice(0, begin)
      .map((line) => `${line}\n`)
      .join(''),
    own: rest.slice(0, length),
    after: rest.slice(length + (isEnded ? 1 : 0)).join('\n'),
  }
}

const beginsBlock = (line: string, owner: string): boolean =>
  line === `${BEGIN}${owner}` || line.startsWith(`${BEGIN}${owner} (`)

/** Up to its end; where that is missing, as far as lines are such as an engine writes. */
function lengthOf(lines: readonly string[], owner: string): number {
  const end = lines.indexOf(`${END}${owner}`)
  if (end >= 0) return end
  const other = lines.findIndex((line) => !/^(?:127\.[\d.]+|::1) \S+\.cachectl\.test$/.test(line))
  return other < 0 ? lines.length : other
}

/** Puts the block into the file. Answers whether it was not so already. Throws the system's error. */
export function writeBlock(path: string, owner: string, lines: readonly HostLine[]): boolean {
  const text = textOf(path)
  if (text === undefined && lines.length === 0) return false
  const next = withBlock(text ?? '', owner, lines)
  if (next === text) return false
  replace(path, next)
  return true
}

/** What the file holds; undefined: there is no such file. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** At once for readers, with the owner and the rights it had. Where the file can only be written to, as in a container, so. */
function replace(path: string, text: string): void {
  const next = `${path}.cachectl`
  try {
    writeFileSync(next, text)
    const { mode, uid, gid } = statSync(path, { throwIfNoEntry: false }) ?? { mode: 0o644, uid: -1, gid: -1 }
    chmodSync(next, mode & 0o7777)
    if (uid >= 0) chownSync(next, uid, gid)
    renameSync(next, path)
  } catch {
    rmSync(next, { force: true })
    writeFileSync(path, text)
  }
}
