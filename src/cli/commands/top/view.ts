/** What `cachectl top` shows, as lines. Pure. */
import { endpoint } from '../../../net/target.ts'
import { bytesText, countText } from '../../output/quantities.ts'
import type { Style } from '../../output/style.ts'
import { type NodeRates, totalOf } from './rates.ts'

export interface NodeView {
  readonly label: string
  /** undefined: it has been asked once only. */
  readonly rates: NodeRates | undefined
  /** Why there are no rates. */
  readonly problem: string | undefined
  /** Operations per second, the latest last; undefined: it did not answer. */
  readonly history: readonly (number | undefined)[]
  /** Of a replica: what it has not received yet. */
  readonly lagBytes?: number | undefined
}

export interface TopView {
  readonly title: string
  readonly time: string
  readonly nodes: readonly NodeView[]
}

const TICKS = '▁▂▃▄▅▆▇█'
const BAR = 8
/** Right of the node's name, [head, width]; together with it no more than 80. Those on the right go first. */
const COLUMNS: Columns = [
  ['ops/s', 7],
  ['hits', 6],
  ['items', 7],
  ['memory', BAR + 10],
  ['conns', 6],
  ['evict', 6],
  ['in/s', 9],
  ['out/s', 9],
]
const LEAST_LABEL = 9
/** Of servers that replicate; ids of members tell them apart only as a whole. */
const REPLICATING: Columns = [
  ['role', 8],
  ['ops/s', 7],
  ['hits', 6],
  ['keys', 7],
  ['memory', BAR + 10],
  ['lag', 9],
  ['conns', 6],
  ['evict', 6],
  ['in/s', 9],
  ['out/s', 9],
]
const LONGEST_LABEL = 24

/** Lines of at most `width` characters, at most `height` of them; what has no room is left out, the total comes first. */
export function topLines({ title, time, nodes }: TopView, width: number, height: number, style: Style): string[] {
  const replicates = nodes.some(({ rates }) => rates?.replication)
  const longest = Math.max(LEAST_LABEL, ...nodes.map(({ label }) => label.length + 2))
  const columns = replicates
    ? columnsFor(REPLICATING, Math.min(longest, LONGEST_LABEL), width)
    : columnsFor(COLUMNS, LEAST_LABEL, width)
  const room = Math.max(1, width - columns.reduce((sum, [, size]) => sum + size, 0))
  const labelWidth = Math.min(room, longest)
  const known = nodes.flatMap(({ rates }) => rates ?? [])
  const head = [
    titleLine(title, `${nodes.length} node${nodes.length === 1 ? '' : 's'}  ${time}  q quits`, width, style),
    '',
    style.strong(`${'node'.padEnd(labelWidth)}${columns.map(([name, size]) => name.padStart(size)).join('')}`),
  ]
  const total =
    nodes.length > 1 && known.length > 0
      ? [
          row({ label: 'all' }, labelWidth, totalOf(known), columns, style),
          trend(historyOfAll(nodes), labelWidth, width, style),
        ]
      : []
  const own = nodes.map((node) => {
    if (!node.rates) {
      const why = (node.problem ?? 'asking').slice(0, Math.max(0, width - labelWidth - 1))
      return [`${clipped(node.label, labelWidth)}${node.problem ? style.bad(why) : style.faint(why)}`]
    }
    return [row(node, labelWidth, node.rates, columns, style), trend(node.history, labelWidth, width, style)]
  })
  return fitted(head, total, own, height, style)
}

/** Sparklines go first where the terminal is low, then the nodes at the end. */
function fitted(
  head: readonly string[],
  total: readonly string[],
  own: readonly (readonly string[])[],
  height: number,
  style: Style,
): string[] {
  const all = [...head, ...total, ...own.flat()]
  if (all.length <= height) return all
  const short = [...head, ...total.slice(0, 1), ...own.map(([first = '']) => first)]
  if (short.length <= height) return short
  const more = short.length - height + 1
  return [...short.slice(0, Math.max(0, height - 1)), style.faint(`${more} more; the window is too low`)].slice(
    0,
    height,
  )
}

type Columns = readonly (readonly [name: string, width: number])[]

function columnsFor(all: Columns, label: number, width: number): Columns {
  let count = all.length
  const taken = () => all.slice(0, count).reduce((total, [, size]) => total + size, label)
  while (count > 1 && taken() > width) count--
  return all.slice(0, count)
}

function titleLine(title: string, about: string, width: number, style: Style): string {
  const gap = width - title.length - about.length
  return gap < 2 ? style.strong(title.slice(0, width)) : `${style.strong(title)}${' '.repeat(gap)}${style.faint(about)}`
}

function row(
  { label, lagBytes }: Pick<NodeView, 'label' | 'lagBytes'>,
  labelWidth: number,
  rates: NodeRates,
  columns: Columns,
  style: Style,
): string {
  const { replication } = rates
  const cells: Readonly<Record<string, (size: number) => string>> = {
    'ops/s': (size) => countText(Math.round(rates.operations)).padStart(size),
    hits: (size) => (rates.hitRate === undefined ? '-' : `${Math.floor(rates.hitRate * 100)} %`).padStart(size),
    items: (size) => countText(rates.items).padStart(size),
    keys: (size) => countText(rates.items).padStart(size),
    role: (size) => (replication?.role ?? '').padStart(size),
    lag: (size) => {
      if (replication?.role !== 'replica') return ' '.repeat(size)
      if (!replication.linked) return style.bad('no link'.padStart(size))
      return (lagBytes === undefined ? '-' : bytesText(lagBytes)).padStart(size)
    },
    memory: (size) => memory(rates, size, style),
    conns: (size) => countText(rates.connections).padStart(size),
    evict: (size) => {
      const text = countText(Math.round(rates.evictions)).padStart(size)
      return rates.evictions > 0 ? style.busy(text) : text
    },
    'in/s': (size) => bytesText(Math.round(rates.bytesIn)).padStart(size),
    'out/s': (size) => bytesText(Math.round(rates.bytesOut)).padStart(size),
  }
  return clipped(label, labelWidth) + columns.map(([name, size]) => cells[name]?.(size) ?? '').join('')
}

/** `███░░░░░░░ 512 MiB`: the share of the limit, and the bytes. */
function memory({ bytes, limitBytes }: NodeRates, size: number, style: Style): string {
  const share = limitBytes > 0 ? Math.min(1, bytes / limitBytes) : 0
  const full = bytes > 0 ? Math.max(1, Math.round(share * BAR)) : 0
  const bar = '█'.repeat(full)
  const coloured = share >= 0.95 ? style.bad(bar) : share >= 0.8 ? style.busy(bar) : style.good(bar)
  const text = bytesText(bytes)
  return `${' '.repeat(Math.max(1, size - BAR - 9))}${coloured}${style.faint('░'.repeat(BAR - full))}${text.padStart(9)}`
}

/** How many operations there were, from none to the most of those shown. */
function trend(history: NodeView['history'], indent: number, width: number, style: Style): string {
  const shown = history.slice(-Math.max(0, width - indent - 1))
  const most = Math.max(1, ...shown.map((value) => value ?? 0))
  const ticks = shown.map((value) =>
    value === undefined ? 'x' : (TICKS[Math.min(TICKS.length - 1, Math.floor((value / most) * TICKS.length))] ?? ''),
  )
  return `${' '.repeat(indent + 1)}${style.faint(ticks.join(''))}`
}

function historyOfAll(nodes: readonly NodeView[]): (number | undefined)[] {
  const longest = Math.max(0, ...nodes.map(({ history }) => history.length))
  return Array.from({ length: longest }, (_, at) => {
    const values = nodes.flatMap(({ history }) => history.at(at - longest) ?? [])
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
  })
}

/** The end of a long name says more than its beginning. */
const clipped = (label: string, width: number): string =>
  label.length < width ? label.padEnd(width) : `…${label.slice(-Math.max(1, width - 2))} `

/** The id of a node where its name tells it, as AWS's do (`shop.abc123.0001.usw2...`), else host and port. */
export const labelOf = (host: string, port: number): string =>
  /\.(\d{4})\.[a-z0-9-]+\.cache\./.exec(host)?.[1] ?? endpoint(host, port)
