import { parseCidr } from '../net/cidr.ts'
import { policyBits, samePrefix } from '../net/ip-address.ts'
import { familyOf } from '../net/target.ts'
import { programOutput, type RunProgram } from './program-output.ts'

/** A rule of this host that may stop packets, or send them elsewhere. JSON-able. */
export interface FirewallRule {
  /** As the tool prints it. */
  readonly text: string
  readonly verdict: 'drop' | 'reject' | 'redirect'
  /** A command that shows it. */
  readonly show: string
  /** A command that takes it away; of a chain that drops what no rule lets pass: one that adds such a rule. */
  readonly fix: string
}

/** Packets to a place, answers from it, or packets to a place on this host on their way in. */
export interface Traffic {
  readonly address: string
  readonly port: number
  readonly direction: 'out' | 'in' | 'inside'
  /** Questions to a DNS server over UDP, and answers. Absent: TCP. */
  readonly dns?: true
}

/** Only root may read rules: undefined for others, where no tool is there, and where no rule is about this traffic. */
export async function ruleAbout(traffic: Traffic, run: RunProgram = programOutput): Promise<FirewallRule | undefined> {
  const save = familyOf(traffic.address) === 4 ? 'iptables-save' : 'ip6tables-save'
  const [saved, listed] = await Promise.all([run(save), run('nft', '-a', 'list', 'ruleset')])
  return ruleIn(iptablesRules(saved, save.replace('-save', '')), traffic) ?? ruleIn(nftRules(listed), traffic)
}

interface ParsedRule extends FirewallRule {
  readonly direction: 'out' | 'in' | 'either'
  readonly policy?: boolean
  /** What comes before the rule for this traffic, where it adds one. */
  readonly fixFor?: (traffic: Traffic) => string
}

/** The rule that says most of the traffic and nothing against it. Pure. */
function ruleIn(rules: readonly ParsedRule[], traffic: Traffic): FirewallRule | undefined {
  const about = rules.flatMap((rule) => {
    const score = isOf(rule.direction, traffic.direction) ? scoreOf(rule, traffic) : -1
    return score < 0 ? [] : [{ rule, score }]
  })
  const [best] = about.sort((a, b) => b.score - a.score)
  if (!best) return undefined
  const { text, verdict, show, fix, fixFor } = best.rule
  return { text, verdict, show, fix: fixFor?.(traffic) ?? fix }
}

const isOf = (hook: ParsedRule['direction'], direction: Traffic['direction']): boolean =>
  hook === 'either' || hook === (direction === 'out' ? 'out' : 'in')

/** -1: it is not about this traffic. */
function scoreOf({ text, policy }: ParsedRule, { address, port, direction, dns }: Traffic): number {
  if (policy) return 0
  const [far, near] = direction === 'in' ? ['s', 'd'] : ['d', 's']
  const places = valuesOf(text, `${far}addr`, `-${far}`)
  const ports = valuesOf(text, `${far}port`, `--${far}port`)
  const isOther = dns ? /\btcp\b|-p icmp/ : /\budp\b|-p icmp/
  const isBoth = /\btcp\b/.test(text) && /\budp\b/.test(text)
  if ((isOther.test(text) && !isBoth) || valuesOf(text, `${near}port`, `--${near}port`).length > 0) return -1
  if (/ct state (\{ )?(established|related)/.test(text) && direction === 'out') return -1
  const isPlace = places.some((each) => isWithin(address, each))
  const isPort = ports.some((each) => isBetween(port, each))
  if ((places.length > 0 && !isPlace) || (ports.length > 0 && !isPort)) return -1
  return 1 + (isPlace ? 4 : 0) + (isPort ? 2 : 0)
}

/** `ip daddr { 10.2.0.11, 10.2.0.12 }`, `tcp dport 11211`, `-d 10.2.0.0/24`, `--dport 11211:11212`; negated ones are left out. */
function valuesOf(text: string, ...words: readonly string[]): string[] {
  return words
    .flatMap((word) => {
      const pattern = new RegExp(`(?<![\\w-])(?<!! )${word} (\\{[^}]*\\}|[^\\s]+)`, 'g')
      return [...text.matchAll(pattern)].flatMap(([, value = '']) => value.replace(/[{}]/g, '').split(/[,\s]+/))
    })
    .filter((value) => value !== '' && value !== '!=')
}

function isWithin(address: string, range: string): boolean {
  const [cidr, bits] = [parseCidr(range), policyBits(address)]
  return typeof cidr !== 'string' && bits !== undefined && samePrefix(cidr.prefix, bits, cidr.policyLength, 128)
}

function isBetween(port: number, range: string): boolean {
  const [low = '', high = low] = range.split(/[-:]/)
  return port >= Number(low) && port <= Number(high)
}

const protocolOf = (dns: Traffic['dns']): string => (dns ? 'udp' : 'tcp')

const VERDICT = /\b(drop|reject|redirect|dnat)\b/i
const HOOKS: Readonly<Record<string, ParsedRule['direction']>> = {
  output: 'out',
  postrouting: 'out',
  input: 'in',
  prerouting: 'in',
  ingress: 'in',
  egress: 'out',
}

const verdictOf = (word: string): FirewallRule['verdict'] =>
  /drop/i.test(word) ? 'drop' : /reject/i.test(word) ? 'reject' : 'redirect'

/** Of `nft -a list ruleset`. */
function nftRules(listed: string): ParsedRule[] {
  let [table, chain] = ['', '']
  let direction: ParsedRule['direction'] = 'either'
  return listed.split('\n').flatMap((raw): ParsedRule[] => {
    const line = raw.trim()
    const opened = /^(table|chain) (.*?) \{/.exec(line)
    if (opened?.[1] === 'table') table = opened[2] ?? ''
    if (opened?.[1] === 'chain') [chain, direction] = [opened[2] ?? '', 'either']
    if (opened) return []
    const base = /^type \w+ hook (\w+) .*?(?:policy (\w+);)?$/.exec(line)
    if (base) direction = HOOKS[base[1] ?? ''] ?? 'either'
    const show = `nft -a list chain ${table} ${chain}`
    if (base?.[2] === 'drop') {
      const fixFor = ({ address, port, direction: to, dns }: Traffic): string =>
        `nft insert rule ${table} ${chain} ${familyOf(address) === 4 ? 'ip' : 'ip6'} ${to === 'in' ? 'saddr' : 'daddr'} ${address} ${protocolOf(dns)} ${to === 'in' ? 'sport' : 'dport'} ${port} accept`
      return [{ text: line, verdict: 'drop', show, fix: '', direction, policy: true, fixFor }]
    }
    const [, text = '', handle] = /^(.*) # handle (\d+)$/.exec(line) ?? []
    const verdict = VERDICT.exec(text)?.[1]
    if (base || verdict === undefined) return []
    return [
      { text, verdict: verdictOf(verdict), show, fix: `nft delete rule ${table} ${chain} handle ${handle}`, direction },
    ]
  })
}

/** Of `iptables-save`. */
function iptablesRules(saved: string, tool: string): ParsedRule[] {
  let table = 'filter'
  return saved.split('\n').flatMap((line): ParsedRule[] => {
    if (line.startsWith('*')) table = line.slice(1)
    const where = table === 'filter' ? tool : `${tool} -t ${table}`
    const policy = /^:(OUTPUT|INPUT) DROP/.exec(line)?.[1]
    if (policy !== undefined) {
      const fixFor = ({ address, port, direction, dns }: Traffic): string =>
        `${where} -I ${policy} -${direction === 'in' ? 's' : 'd'} ${address} -p ${protocolOf(dns)} --${direction === 'in' ? 's' : 'd'}port ${port} -j ACCEPT`
      const direction = HOOKS[policy.toLowerCase()] ?? 'either'
      return [{ text: line, verdict: 'drop', show: `${where} -S ${policy}`, fix: '', direction, policy: true, fixFor }]
    }
    const [, chain = '', rule = ''] = /^-A (\S+) (.*)$/.exec(line) ?? []
    const verdict = /-j (DROP|REJECT|REDIRECT|DNAT)\b/.exec(rule)?.[1]
    if (verdict === undefined) return []
    const direction = HOOKS[chain.toLowerCase()] ?? 'either'
    return [
      {
        text: line,
        verdict: verdictOf(verdict),
        show: `${where} -S ${chain}`,
        fix: `${where} -D ${chain} ${rule}`,
        direction,
      },
    ]
  })
}
