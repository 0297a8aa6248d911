/** What `cachectl top` shows, as lines. Pure. */
import { endpoint } from '../../../net/target.ts'
import { beginning, ending, shortened, widthOf } from '../../output/display-width.ts'
import { bytesText, countText } from '../../output/quantities.ts'
import type { Style } from '../../output/style.ts'
import { type Extent, KEYS, type Order, type TopState } from './keys.ts'
import { type NodeRates, totalOf } from './rates.ts'

export interface NodeView {
  readonly label: string
  /** undefined: it has been asked once only. */
  readonly rates: NodeRates | undefined
  /** Why there are no rates. */
  readonly problem: string | undefined
  /** Operations per second, the latest last; undefined: it did not answer. */
  readonly history: readonly (number | undefined)[]
  /** How long the last answer took. */
  readonly answerMs?: number | undefined
  /** Of a replica: what it has not received yet. */
  readonly lagBytes?: number | undefined
}

export interface TopView {
  readonly title: string
  readonly time: string
  readonly nodes: readonly NodeView[]
}

export interface Size {
  readonly width: number
  readonly height: number
}

export interface TopScreen {
  readonly lines: readonly string[]
  readonly extent: Extent
}

const BAR = 8
/** Right of the node's name, [head, width]; together with it no more than 80, but for the last. Those on the right go first. */
const COLUMNS: Columns = [
  ['ops/s', 7],
  ['hits', 6],
  ['items', 7],
  ['memory', BAR + 10],
  ['conns', 6],
  ['evict', 6],
  ['in/s', 9],
  ['out/s', 9],
  ['answer', 9],
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
  ['answer', 9],
]
const LONGEST_LABEL = 24
/** Trends stand beside the figures where there is room for so much of one, else below them. */
const LEAST_TREND = 12

/**
 * Lines of at most `width` columns, at most `height` of them. The total comes first; of the nodes, those from `state.above` on, as
 * many as there is room for.
 */
export function topScreen({ title, time, nodes }: TopView, size: Size, style: Style, state: TopState): TopScreen {
  const { width, height } = size
  const layout = layoutOf(nodes, width)
  const known = nodes.flatMap(({ rates }) => rates ?? [])
  const totals: readonly NodeView[] = nodes.length > 1 && known.length > 0 ? [totalView(nodes, known)] : []
  // Two lines each where all of them fit like that.
  const twice = layout.trend === 0 && HEAD + 2 * (totals.length + nodes.length) <= height
  const page = Math.max(1, height - HEAD - totals.length)
  const above = twice ? 0 : Math.max(0, Math.min(state.above, nodes.length - page))
  const shown = twice ? nodes : sorted(nodes, state).slice(above, above + page)
  const about = `${counted(nodes.length)}  ${time}  ? help  q quits`
  const status = [
    ...(state.paused ? ['PAUSED'] : []),
    ...(state.order === 'listed' ? [] : [`sorted by ${state.order}${state.reversed ? ', least first' : ''}`]),
    ...(shown.length < nodes.length ? [`${above + 1}-${above + shown.length} of ${nodes.length}: j k scroll`] : []),
    ...(layout.hidden.length > 0 ? [`wider: ${layout.hidden.join(', ')}`] : []),
  ]
  const lines = [
    titleLine(title, about, width, style),
    style.faint(shortened(status.join('  '), width, style.characters.ellipsis)),
    headLine(layout, state.order, style),
    ...[...totals, ...(twice ? sorted(nodes, state) : shown)].flatMap((node) =>
      nodeLines(node, layout, twice, size, style),
    ),
  ]
  const screen = state.help ? helpLines(size, style) : lines
  return { lines: screen.slice(0, height), extent: { nodes: nodes.length, page } }
}

/** Lines above the nodes. */
const HEAD = 3

const counted = (count: number): string => `${count} node${count === 1 ? '' : 's'}`

type Columns = readonly (readonly [name: string, width: number])[]

interface Layout {
  readonly label: number
  readonly columns: Columns
  /** Columns there is no room for. */
  readonly hidden: readonly string[]
  /** Room for a trend beside the figures; 0: none. */
  readonly trend: number
}

function layoutOf(nodes: readonly NodeView[], width: number): Layout {
  const replicates = nodes.some(({ rates }) => rates?.replication)
  const longest = Math.max(LEAST_LABEL, ...nodes.map(({ label }) => widthOf(label) + 2))
  const [all, least] = replicates ? [REPLICATING, Math.min(longest, LONGEST_LABEL)] : [COLUMNS, LEAST_LABEL]
  const columns = columnsFor(all, least, width)
  const taken = columns.reduce((sum, [, size]) => sum + size, 0)
  const label = Math.min(Math.max(1, width - taken), longest)
  const spare = width - taken - label - 2
  return {
    label,
    columns,
    hidden: all.slice(columns.length).map(([name]) => name),
    trend: columns.length === all.length && spare >= LEAST_TREND ? spare : 0,
  }
}

function columnsFor(all: Columns, label: number, width: number): Columns {
  let count = all.length
  const taken = () => all.slice(0, count).reduce((total, [, size]) => total + size, label)
  while (count > 1 && taken() > width) count--
  return all.slice(0, count)
}

/** Nodes that do not answer come first, unless they stay where they are listed. */
function sorted(nodes: readonly NodeView[], { order, reversed }: TopState): readonly NodeView[] {
  if (order === 'listed') return reversed ? nodes.toReversed() : nodes
  const weight = (node: NodeView): number => (node.rates ? weightOf(order, node, node.rates) : SILENT)
  const by = (a: NodeView, b: NodeView): number => {
    const [left, right] = [weight(a), weight(b)]
    if (left === right) return 0
    if (left === SILENT || right === SILENT) return left === SILENT ? -1 : 1
    return reversed ? left - right : right - left
  }
  return nodes.toSorted(by)
}

const SILENT = Number.POSITIVE_INFINITY

function weightOf(order: Exclude<Order, 'listed'>, { answerMs = 0 }: NodeView, rates: NodeRates): number {
  switch (order) {
    case 'ops/s':
      return rates.operations
    case 'hits':
      return rates.hitRate ?? 0
    case 'memory':
      return shareOf(rates)
    case 'conns':
      return rates.connections
    case 'evict':
      return rates.evictions
    case 'answer':
      return answerMs
  }
}

function titleLine(title: string, about: string, width: number, style: Style): string {
  const { ellipsis } = style.characters
  const room = width - about.length - 2
  if (room < LEAST_LABEL) return style.strong(shortened(title, width, ellipsis))
  const told = shortened(title, room, ellipsis)
  return `${style.strong(told)}${' '.repeat(width - widthOf(told) - about.length)}${style.faint(about)}`
}

function headLine({ label, columns }: Layout, order: Order, style: Style): string {
  const heads = columns.map(([name, size]) => (name === order ? style.busy : style.strong)(name.padStart(size)))
  return `${style.strong('node'.padEnd(label))}${heads.join('')}`
}

function helpLines({ width }: Size, style: Style): string[] {
  const widest = Math.max(...KEYS.map(([keys]) => keys.length))
  const { ellipsis } = style.characters
  const lines = [
    ...KEYS.map(([keys, does]) => `  ${keys.padEnd(widest)}  ${does}`),
    '',
    'hits: gets that found their key. memory: share of the limit.',
    'evict: items a second. answer: how long a node took to tell.',
    'The trend is of operations, x where there was no answer.',
    'Where nodes are sorted, those that are silent come first.',
  ]
  return [style.strong('Keys'), ...lines.map((line) => shortened(line, width, ellipsis))]
}

const totalView = (nodes: readonly NodeView[], known: readonly NodeRates[]): NodeView => ({
  label: 'all',
  rates: totalOf(known),
  problem: undefined,
  history: historyOfAll(nodes),
  answerMs: Math.max(...nodes.map(({ answerMs = 0 }) => answerMs)),
})

function nodeLines(node: NodeView, layout: Layout, twice: boolean, { width }: Size, style: Style): string[] {
  const name = clipped(node.label, layout.label, style)
  if (!node.rates) {
    const why = shortened(node.problem ?? 'asking', Math.max(0, width - layout.label - 1), style.characters.ellipsis)
    return [`${name}${node.problem ? style.bad(why) : style.faint(why)}`]
  }
  const figures = name + cells(node, node.rates, layout.columns, style)
  if (twice) return [figures, `${' '.repeat(layout.label + 1)}${trend(node, width - layout.label - 1, style)}`]
  return [layout.trend === 0 ? figures : `${figures}  ${trend(node, layout.trend, style)}`]
}

function cells({ lagBytes, answerMs }: NodeView, rates: NodeRates, columns: Columns, style: Style): string {
  const { replication } = rates
  const each: Readonly<Record<string, (size: number) => string>> = {
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
    answer: (size) => (answerMs === undefined ? '-' : `${answerMs.toFixed(answerMs < 100 ? 1 : 0)} ms`).padStart(size),
  }
  return columns.map(([name, size]) => each[name]?.(size) ?? '').join('')
}

const shareOf = ({ bytes, limitBytes }: NodeRates): number => (limitBytes > 0 ? Math.min(1, bytes / limitBytes) : 0)

/** `███▌░░░░ 512 MiB`: the share of the limit, to the parts of a place there are characters for, and the bytes. */
function memory(rates: NodeRates, size: number, style: Style): string {
  const { full, parts, empty } = style.characters
  const share = shareOf(rates)
  const filled = Math.round(share * BAR * (parts.length + 1))
  const part = parts[(filled % (parts.length + 1)) - 1] ?? ''
  const bar = `${full.repeat(Math.floor(filled / (parts.length + 1)))}${part}`
  const coloured = share >= 0.95 ? style.bad(bar) : share >= 0.8 ? style.busy(bar) : style.good(bar)
  const rest = style.faint(empty.repeat(BAR - bar.length))
  return `${' '.repeat(Math.max(1, size - BAR - 9))}${coloured}${rest}${bytesText(rates.bytes).padStart(9)}`
}

/** How many operations there were, from none to the most of those shown. */
function trend({ history }: NodeView, room: number, style: Style): string {
  const { ticks } = style.characters
  const shown = history.slice(-Math.max(1, room))
  const most = Math.max(1, ...shown.map((value) => value ?? 0))
  const drawn = shown.map((value) =>
    value === undefined ? 'x' : (ticks[Math.min(ticks.length - 1, Math.floor((value / most) * ticks.length))] ?? ''),
  )
  return style.faint(drawn.join(''))
}

function historyOfAll(nodes: readonly NodeView[]): (number | undefined)[] {
  const longest = Math.max(0, ...nodes.map(({ history }) => history.length))
  return Array.from({ length: longest }, (_, at) => {
    const values = nodes.flatMap(({ history }) => history.at(at - longest) ?? [])
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
  })
}

/** The end of a long name says more than its beginning. */
function clipped(label: string, width: number, { characters: { ellipsis } }: Style): string {
  const wide = widthOf(label)
  if (wide < width) return `${label}${' '.repeat(width - wide)}`
  const room = width - 1 - ellipsis.length
  return room > 0 ? `${ellipsis}${ending(label, room)} ` : `${beginning(label, width - 1)} `
}

/** The id of a node where its name tells it, as AWS's do (`shop.abc123.0001.usw2...`), else host and port. */
export const labelOf = (host: string, port: number): string =>
  /\.(\d{4})\.[a-z0-9-]+\.cache\./.exec(host)?.[1] ?? endpoint(host, port)
