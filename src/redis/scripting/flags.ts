import { splitInline } from '../protocol/inline.ts'

/** What a script or function says of itself. Names are the servers' own, in their order. */
export const SCRIPT_FLAGS = ['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'] as const

export type ScriptFlag = (typeof SCRIPT_FLAGS)[number]

export const isScriptFlag = (name: string): name is ScriptFlag => SCRIPT_FLAGS.some((flag) => flag === name)

/** A script's own words before its code. */
export interface Shebang {
  /** Undefined: it has none, and is taken as scripts were before version 7. */
  readonly flags: ReadonlySet<ScriptFlag> | undefined
  /** The code, whose first line stays where it was. */
  readonly code: string
}

/** Reads `#!lua flags=...`; a string is what is wrong with it. */
export function readShebang(body: string): Shebang | string {
  if (!body.startsWith('#!')) return { flags: undefined, code: body }
  const end = body.indexOf('\n')
  if (end < 0) return 'ERR Invalid script shebang'
  const words = splitInline(Buffer.from(body.slice(0, end), 'latin1'))?.map((word) => word.toString('latin1'))
  const [engine, ...options] = words ?? []
  if (engine === undefined) return 'ERR Invalid engine in script shebang'
  if (engine !== '#!lua') return `ERR Unexpected engine in script shebang: ${engine}`
  const flags = new Set<ScriptFlag>()
  for (const option of options) {
    if (!option.startsWith('flags=')) return `ERR Unknown lua shebang option: ${option}`
    const names = option.slice('flags='.length)
    for (const name of names === '' ? [] : names.split(',')) {
      if (!isScriptFlag(name)) return `ERR Unexpected flag in script shebang: ${name}`
      flags.add(name)
    }
  }
  return { flags, code: body.slice(end) }
}

/** What the first line of a library tells of it. */
export interface LibraryHead {
  readonly engine: string
  readonly name: string
  readonly code: string
}

/** Reads `#!lua name=...`; a string is what is wrong with it. */
export function readLibraryHead(body: string): LibraryHead | string {
  if (!body.startsWith('#!')) return 'ERR Missing library metadata'
  const end = body.indexOf('\n')
  const words = end < 0 ? undefined : splitInline(Buffer.from(body.slice(0, end), 'latin1'))
  const [engine, ...options] = words?.map((word) => word.toString('latin1')) ?? []
  if (engine === undefined) return 'ERR Invalid library metadata'
  let name: string | undefined
  for (const option of options) {
    if (!option.toLowerCase().startsWith('name=')) return `ERR Invalid metadata value given: ${option}`
    if (name !== undefined) return 'ERR Invalid metadata value, name argument was given multiple times'
    name = option.slice('name='.length)
  }
  if (name === undefined) return 'ERR Library name was not given'
  return { engine: engine.slice(2), name, code: body.slice(end) }
}
