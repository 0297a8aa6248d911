import type { Cidr } from '../net/cidr.ts'
import { ipv6Bits, samePrefix } from '../net/ip-address.ts'
import type { PolicyTables } from './address-order.ts'
import { type PolicyEntry, policyRows } from './gai-conf.ts'
import { RFC_6724 } from './policies.ts'

export interface WindowsPolicyRow {
  readonly precedence: number
  readonly label: number
  /** As netsh takes it back: repaired where the listing prints what nothing can read. */
  readonly prefix: string
  /** From 1, in what was pasted. */
  readonly line: number
}

export interface WindowsPolicies {
  readonly rows: readonly WindowsPolicyRow[]
  readonly warnings: readonly string[]
}

// Headings are in the language of the system; only the numbers are the same everywhere.
const ROW = /^\s*(\d+)\s+(\d+)\s+([0-9A-Fa-f:.]+)\/(\d+)\s*$/
const ODD_MAPPED = /^(::ffff:\d+\.\d+\.\d+\.\d+):0$/i

/** Reads what `netsh interface ipv6 show prefixpolicies` prints, in any language. Lines that are no rows are skipped. */
export function parsePrefixPolicies(pasted: string): WindowsPolicies {
  const rows: WindowsPolicyRow[] = []
  const warnings: string[] = []
  for (const [index, text] of pasted.split(/\r?\n/).entries()) {
    const [, precedence, label, address = '', length] = ROW.exec(text) ?? []
    if (precedence === undefined) continue
    const line = index + 1
    const repaired = ODD_MAPPED.exec(address)?.[1]
    if (repaired) warnings.push(`line ${line}: ${address}/${length} is no address; read as ${repaired}/${length}`)
    const prefix = repaired ?? address
    if (ipv6Bits(prefix) === undefined || Number(length) > 128) {
      warnings.push(`line ${line}: ${address}/${length} is not an IPv6 prefix, left out`)
      continue
    }
    rows.push({ precedence: Number(precedence), label: Number(label), prefix: `${prefix}/${length}`, line })
  }
  if (rows.length === 0) warnings.push('no row of a prefix policy table was found')
  else if (!rows.some(({ prefix }) => prefix.endsWith('/0'))) {
    warnings.push('::/0 is missing: addresses that match no row are taken to have precedence 40 and label 1')
  }
  return { rows, warnings }
}

/** The table Windows ships since 8.1 and Server 2012 R2. */
export const WINDOWS_DEFAULT: readonly WindowsPolicyRow[] = RFC_6724.precedences.map(({ text, value }, index) => ({
  precedence: value,
  label: RFC_6724.labels.find((row) => row.text === text)?.value ?? 0,
  prefix: text,
  line: index + 1,
}))

/** For `orderAddresses`. Rows may stand in any order; of two with one prefix the first counts. */
export function windowsTables(rows: readonly WindowsPolicyRow[]): PolicyTables {
  const tableOf = (pick: (row: WindowsPolicyRow) => number, otherwise: number): PolicyEntry[] =>
    policyRows(
      ...rows.map((row) => [row.prefix, pick(row)] as const),
      ...(rows.some(({ prefix }) => prefix.endsWith('/0')) ? [] : [['::/0', otherwise] as const]),
    )
  return {
    precedences: tableOf(({ precedence }) => precedence, 40),
    labels: tableOf(({ label }) => label, 1),
    scopes: RFC_6724.scopes,
  }
}

/** IPv4 keeps the label it has in every table; one of its own works only for clients inside the network (rule 5). */
const IPV4_LABEL = 4

/**
 * A script for an elevated prompt. It writes the whole table: on some builds a table with any added row has lost the
 * rows it came with, and `set` refuses a prefix that was never added.
 */
export function netshScript(
  present: readonly WindowsPolicyRow[],
  prefer: 'ipv4' | 'ipv6',
  cidrs: readonly Cidr[],
): string[] {
  const wanted = cidrs.length > 0 ? cidrs.map(({ policyText, family }) => ({ policyText, family })) : [EVERY_IPV4]
  const base = present.length > 0 ? present : WINDOWS_DEFAULT
  const { labels } = windowsTables(base)
  const changed = wanted.map(({ policyText, family }): Omit<WindowsPolicyRow, 'line'> => {
    const high = prefer === (family === 4 ? 'ipv4' : 'ipv6')
    // An IPv6 network keeps the label of the row around it: ULA with another one would lose to IPv4 (rule 5).
    const bits = ipv6Bits(policyText.split('/')[0] ?? '') ?? 0n
    const around = labels.find(({ prefix, length }) => samePrefix(prefix, bits, length, 128))?.value ?? 1
    return { prefix: policyText, precedence: high ? 100 : 5, label: family === 4 ? IPV4_LABEL : around }
  })
  const kept = base.filter(({ prefix }) => !changed.some((row) => sameText(row.prefix, prefix)))
  const rows = [...kept, ...changed]
  return [
    'rem Keep what is there now:',
    'netsh interface ipv6 show prefixpolicies > prefixpolicies-before.txt',
    ...rows.map(
      ({ prefix, precedence, label }) => `netsh interface ipv6 add prefixpolicy ${prefix} ${precedence} ${label}`,
    ),
    'rem A prefix that was there already must be set:',
    ...rows.map(
      ({ prefix, precedence, label }) => `netsh interface ipv6 set prefixpolicy ${prefix} ${precedence} ${label}`,
    ),
    'netsh interface ipv6 show prefixpolicies',
  ]
}

const EVERY_IPV4 = { policyText: '::ffff:0:0/96', family: 4 } as const
const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** Rows that make the preference depend on where the client is. */
export const windowsRemarks = (rows: readonly WindowsPolicyRow[]): string[] =>
  rows.flatMap(({ prefix, label, line }) => {
    const length = Number(prefix.split('/')[1])
    const general = rows.find((row) => sameText(row.prefix, '::ffff:0:0/96'))?.label ?? IPV4_LABEL
    if (!/^::ffff:/i.test(prefix) || length <= 96 || label === general) return []
    return [
      `line ${line}: ${prefix} has label ${label}, other IPv4 has ${general}: clients outside the network take IPv6 ` +
        `first (rule 5, matching label, comes before precedence). Use label ${general}.`,
    ]
  })
