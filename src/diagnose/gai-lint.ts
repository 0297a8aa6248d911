import { parseCidr, textOf } from '../net/cidr.ts'
import { MAPPED, samePrefix } from '../net/ip-address.ts'
import {
  BUILT_IN,
  CRASHES,
  type GaiConf,
  type GaiTable,
  GLOBAL_IPV6,
  matchPolicy,
  type PolicyEntry,
  parseGaiConf,
} from './gai-conf.ts'

/** One thing to know about one line of a gai.conf, or about the whole file. */
export interface LintRemark {
  /** From 1. */
  readonly line: number
  readonly text: string
  /** `ignored`: glibc drops the line. `no-effect`: it reads it, and nothing changes. `harm`: it does what no operator wants. */
  readonly kind: 'ignored' | 'no-effect' | 'harm' | 'doubt'
  readonly sentence: string
  readonly fix: string
}

/** Explains every line that does nothing or does harm, in the order of the file. Pure. */
export function lintGaiConf(text: string | null): LintRemark[] {
  const lines = (text ?? '').split('\n')
  const conf = parseGaiConf(text)
  const at = (line: number) => ({ line, text: (lines[line - 1] ?? '').trim() })
  const remarks: LintRemark[] = [
    ...conf.ignoredLines.map(({ line, reason }) => ({
      ...at(line),
      ...(reason === CRASHES
        ? crashing(at(line).text)
        : { kind: 'ignored' as const, ...ignored(reason, at(line).text) }),
    })),
    ...conf.warnings.map(({ line, reason }) => ({ ...at(line), kind: 'doubt' as const, ...doubt(reason) })),
    ...redundant(conf).map(({ line, sentence }) => ({
      ...at(line),
      kind: 'no-effect' as const,
      sentence,
      fix: 'It may be deleted.',
    })),
    ...labelTraps(conf).map(({ line, ...words }) => ({ ...at(line), kind: 'harm' as const, ...words })),
    ...lostDefaults(conf, 'precedence').map(({ line, ...more }) => ({ ...at(line), ...more })),
    ...lostDefaults(conf, 'label').map(({ line, ...more }) => ({ ...at(line), ...more })),
    ...powerless(conf).map(({ line, ...words }) => ({ ...at(line), kind: 'harm' as const, ...words })),
  ]
  return remarks.sort((a, b) => a.line - b.line || RANK[a.kind] - RANK[b.kind])
}

const RANK = { harm: 0, ignored: 1, 'no-effect': 2, doubt: 3 } as const

const ignored = (reason: string, text: string) => ({
  sentence: `glibc drops this line without a word: ${reason}.`,
  fix: rewritten(text) ?? 'Correct it, or delete it.',
})

const crashing = (text: string) => ({
  kind: 'harm' as const,
  sentence: `${capital(CRASHES)}.`,
  fix: rewritten(text) ?? 'Write the length out.',
})

/** The line in the form glibc reads, where it is clear what was meant: IPv4 text, netsh's form, capitals, hexadecimal. */
function rewritten(text: string): string | undefined {
  const [, word = '', prefix = '', length, value = ''] =
    /^\s*\ufeff?([A-Za-z]\w*)\s+([^\s/#]+)(?:\/(\d+))?\s+(0x[\da-f]+|\d+)(?=\s|$)/i.exec(text) ?? []
  const keyword = ['label', 'precedence', 'scopev4'].find((known) => isSlipOf(word.toLowerCase(), known))
  const address = prefix.replace(/^(::ffff:\d+\.\d+\.\d+\.\d+):0$/i, '$1').replace(/^::(?=\d+\.)/, '::ffff:')
  const cidr = parseCidr(length === undefined ? address : `${address}/${length}`)
  if (keyword === undefined || typeof cidr === 'string') return undefined
  const line = `${keyword} ${cidr.policyText} ${value.startsWith('0x') ? Number(value) : value}`
  return parseGaiConf(line).ignoredLines.length === 0 ? `Write: ${line}` : undefined
}

/** The same word, or one that differs in a single letter. */
const isSlipOf = (word: string, known: string): boolean =>
  word.length === known.length && [...word].filter((letter, at) => letter !== known[at]).length <= 1

const doubt = (reason: string) => ({ sentence: `${capital(reason)}.`, fix: 'Write what is meant.' })

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

type Words = Pick<LintRemark, 'sentence' | 'fix'> & { readonly line: number }

const ALL_IPV4: PolicyEntry = { prefix: MAPPED, length: 96, value: 0, text: '::ffff:0:0/96' }
const fromFile = (table: readonly PolicyEntry[]) =>
  table.filter((row): row is PolicyEntry & { line: number } => row.line !== undefined)
const within = (inner: PolicyEntry, outer: PolicyEntry): boolean =>
  inner.length >= outer.length && samePrefix(inner.prefix, outer.prefix, outer.length, 128)

/** The row that would decide for a prefix if this one were not there. */
const behind = (table: readonly PolicyEntry[], row: PolicyEntry): PolicyEntry | undefined =>
  table.find((other) => other !== row && within(row, other))

function redundant(conf: GaiConf): { line: number; sentence: string }[] {
  const remarks: { line: number; sentence: string }[] = []
  for (const [name, table] of tablesOf(conf)) {
    const own = fromFile(table)
    const [first] = own
    if (first && sameAsBuiltIn(name, table)) {
      // Every line of it is one of glibc's own: the usual copy of the sample, uncommented. Said once.
      remarks.push({ line: first.line, sentence: `The ${name} lines are glibc's own table, line for line.` })
      continue
    }
    for (const row of own) {
      const next = behind(table, row)
      const isDefault = BUILT_IN[name].some((known) => sameRow(known, row))
      if (!isDefault && next && next.value === row.value && next.length < row.length) {
        remarks.push({
          line: row.line,
          sentence: `It changes nothing: ${next.text} already gives these addresses ${name} ${row.value}.`,
        })
      }
    }
  }
  return remarks
}

const tablesOf = (conf: GaiConf): readonly (readonly [GaiTable, readonly PolicyEntry[]])[] => [
  ['label', conf.labels],
  ['precedence', conf.precedences],
  ['scopev4', conf.scopes],
]

const sameRow = (a: PolicyEntry, b: PolicyEntry): boolean =>
  a.prefix === b.prefix && a.length === b.length && a.value === b.value

const sameAsBuiltIn = (name: GaiTable, table: readonly PolicyEntry[]): boolean =>
  table.length === BUILT_IN[name].length && table.every((row) => BUILT_IN[name].some((known) => sameRow(known, row)))

/**
 * A label of its own for an IPv4 network, as in the ElastiCache guide's sample: the destination gets it, a client
 * outside the network does not, and rule 5 (matching label) speaks before rule 6 (precedence).
 */
function labelTraps(conf: GaiConf): Words[] {
  return fromFile(conf.labels).flatMap((row) => {
    if (!within(row, ALL_IPV4) || row.length === 96) return []
    const outside = behind(conf.labels, row)
    if (!outside || outside.value === row.value) return []
    const network = `${textOf(row.prefix & 0xffffffffn, 32)}/${row.length - 96}`
    const wish = fromFile(conf.precedences).find(({ prefix, length }) => prefix === row.prefix && length === row.length)
    const lost = wish ? ` before precedence ${wish.value} (line ${wish.line}) is looked at` : ' before precedence'
    return [
      {
        line: row.line,
        sentence:
          `It works only for clients inside ${network}: one outside, as in a peered VPC, has source label ` +
          `${outside.value}, the cluster has ${row.value}, and rule 5 (matching label) prefers IPv6${lost}.`,
        fix: `Delete the line: a precedence line alone does it, for every client. (Or give it label ${outside.value}.)`,
      },
    ]
  })
}

function lostDefaults(conf: GaiConf, name: 'precedence' | 'label') {
  const table = name === 'label' ? conf.labels : conf.precedences
  const [first] = fromFile(table).sort((a, b) => a.line - b.line)
  if (!first) return []
  const missing = BUILT_IN[name].filter((row) => row.length > 0 && effective(table, row) !== row.value)
  const absent = missing.filter(
    (row) => !table.some(({ prefix, length }) => prefix === row.prefix && length === row.length),
  )
  if (absent.length === 0) return []
  const rows = absent.map(({ text, value }) => `${name} ${text} ${value}`)
  const allIPv4 = name === 'precedence' && absent.some(({ text }) => text === ALL_IPV4.text)
  const what = allIPv4
    ? 'Every other IPv4 address now has precedence 40, as IPv6 has: the order of DNS decides, and IPv4 comes first there.'
    : name === 'label'
      ? 'Addresses of these ranges now have the label of the row around them.'
      : 'Addresses of these ranges now rank with the row around them.'
  return [
    {
      line: first.line,
      kind: allIPv4 ? ('harm' as const) : ('doubt' as const),
      sentence: `One ${name} line replaces glibc's whole ${name} table; the file lacks ${absent.map(({ text }) => text).join(', ')}. ${what}`,
      fix: `Add: ${rows.join('; ')}`,
    },
  ]
}

const effective = (table: readonly PolicyEntry[], row: PolicyEntry): number | undefined =>
  table.find((other) => within(row, other))?.value

/** A precedence for an IPv4 network that still leaves it behind, or level with, IPv6. */
function powerless(conf: GaiConf): Words[] {
  const ipv6 = matchPolicy(conf.precedences, GLOBAL_IPV6)
  return fromFile(conf.precedences).flatMap((row) => {
    if (!within(row, ALL_IPV4) || row.length === 96 || row.value > ipv6.value) return []
    if (row.value < matchPolicy(conf.precedences, MAPPED).value) return []
    const what = row.value === ipv6.value ? `is that of IPv6 (${ipv6.text})` : `is below that of IPv6, ${ipv6.value}`
    return [
      {
        line: row.line,
        sentence: `Precedence ${row.value} ${what}: the line does not bring these addresses first.`,
        fix: `Give it more than ${ipv6.value}; 100 is usual.`,
      },
    ]
  })
}
