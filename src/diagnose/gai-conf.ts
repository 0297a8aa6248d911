import { ipv4Bits, ipv6Bits, policyBits, samePrefix } from '../net/ip-address.ts'

/** One row of a policy table. */
export interface PolicyEntry {
  /** 128 bits; IPv4 as ::ffff:a.b.c.d. */
  readonly prefix: bigint
  readonly length: number
  readonly value: number
  /** As written, or the built-in prefix. */
  readonly text: string
  /** The line of the file it comes from; absent for glibc's own rows. */
  readonly line?: number
}

/** A line glibc drops without a word (`ignoredLines`), or reads otherwise than it looks (`warnings`). */
export interface LineRemark {
  readonly line: number
  readonly text: string
  readonly reason: string
}

/** What getaddrinfo makes of a gai.conf. Tables are in the order of matching: the first row that fits decides. */
export interface GaiConf {
  readonly labels: readonly PolicyEntry[]
  readonly precedences: readonly PolicyEntry[]
  /** Scopes of IPv4 addresses. */
  readonly scopes: readonly PolicyEntry[]
  /** False: a process reads the file once in its life. */
  readonly reload: boolean
  readonly ignoredLines: readonly LineRemark[]
  readonly warnings: readonly LineRemark[]
}

/** The two parsers in use: bug 32465 was fixed in 2.41. */
export type GlibcParser = 'up to 2.40' | 'from 2.41'

export type GaiTable = 'label' | 'precedence' | 'scopev4'

/** A table from prefixes and values, in the order of matching: longest prefixes first. */
export const policyRows = (...pairs: readonly (readonly [prefix: string, value: number])[]): PolicyEntry[] =>
  pairs.map(([text, value]) => row(text, value)).sort((a, b) => b.length - a.length)

/** RFC 3484's tables with ULA, site-local and Teredo labels added, not RFC 6724's: IPv4 is 10 here, not 35. */
export const BUILT_IN: Readonly<Record<GaiTable, readonly PolicyEntry[]>> = {
  label: policyRows(
    ['::1/128', 0],
    ['::/96', 3],
    ['::ffff:0:0/96', 4],
    ['2001::/32', 7],
    ['2002::/16', 2],
    ['fec0::/10', 5],
    ['fc00::/7', 6],
    ['::/0', 1],
  ),
  precedence: policyRows(['::1/128', 50], ['::/96', 20], ['::ffff:0:0/96', 10], ['2002::/16', 30], ['::/0', 40]),
  // RFC 1918 addresses are global since glibc 2.17 (bug 11438).
  scopev4: policyRows(['::ffff:169.254.0.0/112', 2], ['::ffff:127.0.0.0/104', 2], ['::ffff:0:0/96', 14]),
}

/** Appended to a table of the file's that has no catch-all of its own. */
const CATCH_ALL: Readonly<Record<GaiTable, PolicyEntry>> = {
  label: row('::/0', 1),
  precedence: row('::/0', 40),
  scopev4: row('::ffff:0:0/96', 14),
}

/**
 * Reads /etc/gai.conf as glibc does; `null` means there is no file. One valid line of a kind replaces the whole
 * built-in table of that kind, and of that kind only. Never throws: there is nothing glibc refuses to start with.
 */
export function parseGaiConf(text: string | null, parser: GlibcParser = 'up to 2.40'): GaiConf {
  const found: Record<GaiTable, PolicyEntry[]> = { label: [], precedence: [], scopev4: [] }
  const ignoredLines: LineRemark[] = []
  const warnings: LineRemark[] = []
  let reload = false
  for (const [index, raw] of (text ?? '').split('\n').entries()) {
    const remark = (reason: string): LineRemark => ({ line: index + 1, text: raw.replace(/\r$/, ''), reason })
    const [keyword = '', prefix = '', value = ''] = wordsOf(raw)
    if (keyword === '') continue
    if (keyword === 'reload') {
      reload = prefix === 'yes'
      continue
    }
    if (!isTable(keyword)) {
      ignoredLines.push(remark(whyUnknown(keyword)))
      continue
    }
    const entry = readEntry(keyword, prefix, value, parser)
    if (typeof entry === 'string') {
      ignoredLines.push(remark(entry))
      continue
    }
    warnings.push(...doubtsAbout(entry, prefix, value, found[keyword]).map(remark))
    found[keyword].push({ ...entry, line: index + 1 })
  }
  return {
    labels: tableOf('label', found.label),
    precedences: tableOf('precedence', found.precedence),
    scopes: tableOf('scopev4', found.scopev4),
    reload,
    ignoredLines,
    warnings,
  }
}

/** 2001:db8::1: what stands for IPv6 at large where the families are compared. */
export const GLOBAL_IPV6 = 0x2001_0db8_0000_0000_0000_0000_0000_0001n

/** The row that decides for an address (its `policyBits`). */
export function matchPolicy(table: readonly PolicyEntry[], bits: bigint): PolicyEntry {
  const entry = table.find(({ prefix, length }) => samePrefix(prefix, bits, length, 128))
  if (!entry) throw new Error('a policy table ends with a catch-all, and this one does not')
  return entry
}

/** Why a line is worse than ignored. */
export const CRASHES =
  'the prefix has no /length: glibc before 2.41 reads a stray pointer, and programs that look a name up may crash'

// Everything after the first # goes, wherever it stands; isspace(3) separates, so CRLF files work.
const wordsOf = (line: string): string[] =>
  line
    .replace(/#.*$/s, '')
    .split(/[ \t\n\v\f\r]+/)
    .filter(Boolean)

const isTable = (keyword: string): keyword is GaiTable => Object.hasOwn(BUILT_IN, keyword)

function readEntry(table: GaiTable, prefixText: string, valueText: string, parser: GlibcParser): PolicyEntry | string {
  const slash = prefixText.indexOf('/')
  const address = slash < 0 ? prefixText : prefixText.slice(0, slash)
  const lengthText = slash < 0 ? undefined : prefixText.slice(slash + 1)
  const shape = addressShape(table, address)
  if (typeof shape === 'string') return shape

  const strict = parser === 'from 2.41'
  // Up to 2.40 all of them read a stray pointer (bug 32465). Measured on 2.36: for scopev4 it points nowhere, unless a
  // scopev4 line with a length came before; programs then end in a segmentation fault within getaddrinfo.
  if (lengthText === undefined && !strict)
    return table === 'scopev4' ? CRASHES : 'the prefix has no /length (glibc before 2.41)'
  const length = lengthText === undefined ? shape.most : unsignedLong(lengthText, strict)
  if (length === undefined || length < shape.least || length > shape.most) {
    return `/${lengthText} is not a length from ${shape.least} to ${shape.most}`
  }
  const value = unsignedLong(valueText, strict)
  if (value === undefined || value > 0x7fffffff) {
    return valueText === ''
      ? 'the value is missing (glibc since 2.41)'
      : `${valueText} is not a value from 0 to 2147483647`
  }
  return { prefix: shape.bits, length: length + 128 - shape.width, value, text: prefixText }
}

interface AddressShape {
  readonly bits: bigint
  readonly width: 32 | 128
  readonly least: number
  readonly most: number
}

function addressShape(table: GaiTable, address: string): AddressShape | string {
  const bits = ipv6Bits(address)
  if (table !== 'scopev4') {
    if (bits !== undefined) return { bits, width: 128, least: 0, most: 128 }
    if (ipv4Bits(address) !== undefined)
      return `${address} is IPv4 text: write ::ffff:${address} and add 96 to the length`
    return whyNoAddress(address)
  }
  const mapped = policyBits(address)
  if (bits === undefined)
    return mapped === undefined ? whyNoAddress(address) : { bits: mapped, width: 32, least: 0, most: 32 }
  if (bits >> 32n !== 0xffffn) return `${address} is not an IPv4-mapped address (::ffff:a.b.c.d)`
  return { bits, width: 128, least: 96, most: 128 }
}

function whyNoAddress(address: string): string {
  const netsh = /^(::ffff:\d+\.\d+\.\d+\.\d+):0$/i.exec(address)
  if (netsh) return `${address} is not an address: the dotted quad must come last, ${netsh[1]}`
  return `${address || 'nothing'} is not an IPv6 address`
}

function whyUnknown(keyword: string): string {
  if (keyword.startsWith('\ufeff')) return 'the file begins with a byte order mark, which spoils this line'
  const meant = [...Object.keys(BUILT_IN), 'reload'].find((word) => word === keyword.toLowerCase())
  return meant ? `keywords are lower case: ${meant}` : `${keyword} is no keyword`
}

/** strtoul(3) of a whole word, base 10. Undefined on overflow or trailing text; an empty word is 0 unless strict. */
function unsignedLong(text: string, strict: boolean): number | undefined {
  if (text === '') return strict ? undefined : 0
  const [, sign, digits] = /^([+-]?)(\d+)$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const magnitude = BigInt(digits)
  if (magnitude >= 1n << 64n) return undefined
  return Number(sign === '-' ? BigInt.asUintN(64, -magnitude) : magnitude)
}

function doubtsAbout(entry: PolicyEntry, prefix: string, value: string, earlier: readonly PolicyEntry[]): string[] {
  const doubts: string[] = []
  if (value === '') doubts.push('the value is missing: 0 up to glibc 2.40, ignored since')
  if (prefix.endsWith('/')) doubts.push('the length is empty: 0 up to glibc 2.40, ignored since')
  if (!prefix.includes('/')) doubts.push('the prefix has no /length: glibc before 2.41 does not take it as one address')
  // ::ffff:172.31.0.0/16 covers all of ::/16; the writer meant the IPv4 length.
  if (prefix.toLowerCase().startsWith('::ffff:') && entry.length <= 32 && entry.length > 0) {
    doubts.push(`/${entry.length} counts IPv6 bits: for an IPv4 /${entry.length} write /${entry.length + 96}`)
  }
  const twin = earlier.find(({ prefix: other, length }) => {
    return length === entry.length && samePrefix(other, entry.prefix, length, 128)
  })
  if (twin) doubts.push(`line ${twin.line} has the same prefix and wins: the first one counts`)
  return doubts
}

function tableOf(table: GaiTable, found: readonly PolicyEntry[]): readonly PolicyEntry[] {
  if (found.length === 0) return BUILT_IN[table]
  const all = CATCH_ALL[table]
  const complete = found.some(({ length }) => length <= all.length) ? [...found] : [...found, all]
  // Array.prototype.sort is stable, as glibc's is here: among equal lengths the first line wins.
  return complete.sort((a, b) => b.length - a.length)
}

function row(text: string, value: number): PolicyEntry {
  const [address = '', length] = text.split('/')
  return { prefix: ipv6Bits(address) ?? 0n, length: Number(length), value, text }
}
