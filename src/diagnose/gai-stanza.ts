import type { Cidr } from '../net/cidr.ts'
import { MAPPED, samePrefix } from '../net/ip-address.ts'
import { BUILT_IN, type GaiConf, GLOBAL_IPV6, matchPolicy, type PolicyEntry, parseGaiConf } from './gai-conf.ts'

export interface StanzaRequest {
  /** What the file holds now; null: there is none. */
  readonly present: string | null
  readonly prefer: 'ipv4' | 'ipv6'
  /** The cluster's networks, of either family. None: the preference is for everything. */
  readonly cidrs: readonly Cidr[]
}

export interface StanzaPlan {
  /** The whole file as it should be. */
  readonly text: string
  /** Lines to add at its end; empty when the file is right already. */
  readonly added: readonly string[]
  /** Lines of the present file to be taken out of effect, by number. */
  readonly disabled: readonly { readonly line: number; readonly text: string; readonly why: string }[]
  /** What this file can't do, checked by reading the new text as glibc does. Empty: it does what was asked. */
  readonly shortcomings: readonly string[]
}

const EVERY_IPV4: Pick<Cidr, 'prefix' | 'policyLength' | 'policyText' | 'family' | 'text'> = {
  prefix: MAPPED,
  policyLength: 96,
  policyText: '::ffff:0:0/96',
  family: 4,
  text: '0.0.0.0/0',
}
/** Above the built-in 40 of IPv6 with room between; the guide's own figure. */
const HIGH = 100
/** Below the built-in 10 of IPv4. */
const LOW = 5

/**
 * The smallest change to a gai.conf that makes clients of these networks prefer a family: one precedence line per
 * network, glibc's five own lines in front of it where the file had none (one line replaces them all), and no label
 * line (rule 5 would turn it against clients outside the network).
 */
export function planStanza({ present, prefer, cidrs }: StanzaRequest): StanzaPlan {
  const conf = parseGaiConf(present)
  const networks = cidrs.length > 0 ? cidrs : [EVERY_IPV4]
  const disabled: { line: number; text: string; why: string }[] = []
  const lines = (present ?? '').split('\n')
  const wanted: string[] = []
  for (const network of networks) {
    for (const row of inTheWay(conf.labels, network)) {
      disabled.push({
        ...ownLine(row, lines),
        why: 'a label for the network works against clients outside it (rule 5)',
      })
    }
    if (decidesRightly(conf, network, prefer)) continue
    const own = conf.precedences.find((row) => row.line !== undefined && samePlace(row, network))
    if (own) disabled.push({ ...ownLine(own, lines), why: 'it decides the other way' })
    // Without that line the rest of the file may decide as wished already.
    const rest = own ? parseGaiConf(newText(present, [], new Set([own.line ?? 0]))) : conf
    if (decidesRightly(rest, network, prefer)) continue
    wanted.push(`precedence ${network.policyText} ${valueFor(network.family, prefer, conf)}`)
  }
  const gone = new Set(disabled.map(({ line }) => line))
  const hasPrecedences = conf.precedences.some(({ line }) => line !== undefined && !gone.has(line))
  const replaced = new Set(wanted.map((line) => line.split(' ')[1]))
  const defaults = BUILT_IN.precedence
    .filter(({ text }) => !replaced.has(text))
    .map(({ text, value }) => `precedence ${text} ${value}`)
  const added = wanted.length === 0 ? [] : [...(hasPrecedences ? [] : defaults), ...wanted]
  const text = newText(present, added, new Set(disabled.map(({ line }) => line)))
  return { text, added, disabled, shortcomings: shortcomingsOf(text, networks, prefer) }
}

type Network = typeof EVERY_IPV4

function valueFor(family: Network['family'], prefer: StanzaRequest['prefer'], conf: GaiConf): number {
  const preferred = prefer === (family === 4 ? 'ipv4' : 'ipv6')
  if (!preferred) return LOW
  const rivals = conf.precedences.filter(
    (row) =>
      (family === 4) !== samePrefix(row.prefix, EVERY_IPV4.prefix, Math.min(row.length, 96), 128) || row.length === 0,
  )
  const highest = Math.max(0, ...rivals.filter(({ length }) => length < 128).map(({ value }) => value))
  return highest < HIGH ? HIGH : highest + 10
}

function inTheWay(labels: readonly PolicyEntry[], network: Network): PolicyEntry[] {
  if (network.family !== 4) return []
  const general = labels.find((row) => row.length <= 96 && samePrefix(row.prefix, EVERY_IPV4.prefix, row.length, 128))
  return labels.filter(
    (row) =>
      row.line !== undefined &&
      row.length > 96 &&
      row.value !== general?.value &&
      (covers(row, network) || covers({ prefix: network.prefix, length: network.policyLength }, toNetwork(row))),
  )
}

const toNetwork = (row: PolicyEntry): Network => ({ ...EVERY_IPV4, prefix: row.prefix, policyLength: row.length })
const covers = (row: Pick<PolicyEntry, 'prefix' | 'length'>, { prefix, policyLength }: Network): boolean =>
  row.length <= policyLength && samePrefix(row.prefix, prefix, row.length, 128)
const samePlace = (row: PolicyEntry, { prefix, policyLength }: Network): boolean =>
  row.length === policyLength && samePrefix(row.prefix, prefix, row.length, 128)

const ownLine = ({ line = 0 }: PolicyEntry, lines: readonly string[]) => ({
  line,
  text: (lines[line - 1] ?? '').replace(/\r$/, ''),
})

function decidesRightly(conf: GaiConf, network: Network, prefer: StanzaRequest['prefer']): boolean {
  const own = matchPolicy(conf.precedences, network.prefix).value
  const other = matchPolicy(conf.precedences, network.family === 4 ? GLOBAL_IPV6 : EVERY_IPV4.prefix).value
  return prefer === (network.family === 4 ? 'ipv4' : 'ipv6') ? own > other : own < other
}

function newText(present: string | null, added: readonly string[], disabled: ReadonlySet<number>): string {
  const kept = (present ?? '').split('\n').map((line, index) => (disabled.has(index + 1) ? `#${line}` : line))
  const base = kept.join('\n')
  if (added.length === 0) return base
  return `${base}${base === '' || base.endsWith('\n') ? '' : '\n'}${added.join('\n')}\n`
}

function shortcomingsOf(text: string, networks: readonly Network[], prefer: StanzaRequest['prefer']): string[] {
  const conf = parseGaiConf(text)
  return networks.flatMap((network) => {
    const problems: string[] = []
    if (!decidesRightly(conf, network, prefer)) problems.push(`${network.text} does not come out as wished`)
    const inner = conf.precedences.filter(
      (row) =>
        row.length > network.policyLength &&
        covers({ prefix: network.prefix, length: network.policyLength }, toNetwork(row)),
    )
    const wanted = matchPolicy(conf.precedences, network.prefix).value
    for (const { line, text: prefix, value } of inner) {
      const rivals = network.family === 4 ? GLOBAL_IPV6 : EVERY_IPV4.prefix
      const rival = matchPolicy(conf.precedences, rivals).value
      if (value > rival !== wanted > rival && line !== undefined) {
        problems.push(`line ${line} decides otherwise for ${prefix}, a part of ${network.text}`)
      }
    }
    if (prefer === (network.family === 4 ? 'ipv4' : 'ipv6')) {
      for (const { line, text: prefix } of rivalsOf(conf, network, wanted)) {
        problems.push(`line ${line} ranks ${prefix} as high or higher: names with an address there take that first`)
      }
    }
    if (network.family === 6 && prefer === 'ipv6' && samePrefix(network.prefix, ULA, 7, 128)) {
      problems.push(
        `${network.text} is ULA: clients whose only IPv6 address is global still take IPv4 (rule 5, labels 6 and 1)`,
      )
    }
    return problems
  })
}

/** Networks of the other family that the file itself puts first. A single address is no network. */
const rivalsOf = (conf: GaiConf, { family }: Network, value: number): PolicyEntry[] =>
  conf.precedences.filter((row) => {
    const isIPv4 = row.length >= 96 && samePrefix(row.prefix, EVERY_IPV4.prefix, 96, 128)
    return row.line !== undefined && row.value >= value && row.length < 128 && isIPv4 === (family === 6)
  })

/** fc00::/7 */
const ULA = 0xfcn << 120n
