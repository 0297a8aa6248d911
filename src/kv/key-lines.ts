/** Lines about keys as nodes of Memcached and servers of Redis OSS and Valkey tell them. Pure. */
import { keysOf } from '../acl/decide.ts'

export interface KeyUse {
  readonly key: string
  readonly use: 'reads' | 'writes'
}

/** A line of `watch fetchers mutations`. */
export function readWatched(line: string): KeyUse | undefined {
  const [, type, key = ''] = /\btype=(item_get|item_store) key=(\S+)/.exec(line) ?? []
  return type === undefined ? undefined : { key: uriDecoded(key), use: type === 'item_store' ? 'writes' : 'reads' }
}

/** A line of `lru_crawler metadump`: bytes with all that an item takes. */
export function readDumpedLine(line: string): { readonly key: string; readonly bytes: number } | undefined {
  const [, key, size] = /^key=(\S+) .*\bsize=(\d+)/.exec(line) ?? []
  return key === undefined ? undefined : { key: uriDecoded(key), bytes: Number(size) }
}

function uriDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Bytes that are no UTF-8 stay as they were sent.
    return text
  }
}

const WORD = /"((?:[^"\\]|\\.)*)("?)/gs
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' }

/** A line of MONITOR: `1700000000.1 [0 127.0.0.1:5000] "GET" "cart:1"`. Keys as far as the command's places of them are known. */
export function readMonitored(line: string): readonly KeyUse[] {
  const words = [...line.slice(line.indexOf(']') + 1).matchAll(WORD)].flatMap(([, text = '', end]) =>
    // The last one of a line that was cut.
    end === '' ? [] : [unescaped(text)],
  )
  const [name = ''] = words
  return keysOf(name.toLowerCase(), words).map(({ key, access }) => ({
    key: Buffer.from(key, 'latin1').toString(),
    use: access.includes('w') ? 'writes' : 'reads',
  }))
}

const unescaped = (text: string): string =>
  text.replace(/\\(?:x([0-9a-f]{2})|(.))/gis, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
