/** What keys do to the view of `top`. Pure. */

/** Columns by which nodes are sorted; `listed`: as the cluster lists them. */
export const ORDERS = ['listed', 'ops/s', 'hits', 'memory', 'conns', 'evict', 'answer'] as const
export type Order = (typeof ORDERS)[number]

export interface TopState {
  readonly order: Order
  /** The least first; without it the most. */
  readonly reversed: boolean
  /** How many nodes stand above the first that is shown. */
  readonly above: number
  readonly paused: boolean
  readonly help: boolean
}

export const AT_FIRST: TopState = { order: 'listed', reversed: false, above: 0, paused: false, help: false }

/** What is told of them, in the order of the page of help. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['s S', 'sort by the next column, or the one before'],
  ['r', 'the other way round'],
  ['j k, arrows', 'one node down or up'],
  ['space, PgDn PgUp', 'a screen down or up'],
  ['g G, Home End', 'to the first nodes, or the last'],
  ['p', 'pause: what is shown stands still'],
  ['? h', 'this page; any key leaves it'],
  ['q, Ctrl-C', 'quit'],
]

/** How far it can be scrolled. */
export interface Extent {
  readonly nodes: number
  /** Nodes on a screen. */
  readonly page: number
}

export function afterKey(state: TopState, key: string, { nodes, page }: Extent): TopState {
  if (state.help) return { ...state, help: false }
  const to = (above: number): TopState => ({ ...state, above: Math.max(0, Math.min(above, nodes - page)) })
  switch (key) {
    case 's':
      return { ...state, order: next(state.order, 1), above: 0 }
    case 'S':
      return { ...state, order: next(state.order, -1), above: 0 }
    case 'r':
      return { ...state, reversed: !state.reversed, above: 0 }
    case 'p':
      return { ...state, paused: !state.paused }
    case '?':
    case 'h':
      return { ...state, help: true }
    case 'j':
    case '\x1b[B':
    case '\x1bOB':
      return to(state.above + 1)
    case 'k':
    case '\x1b[A':
    case '\x1bOA':
      return to(state.above - 1)
    case ' ':
    case '\x1b[6~':
      return to(state.above + page)
    case '\x1b[5~':
      return to(state.above - page)
    case 'g':
    case '\x1b[H':
    case '\x1bOH':
    case '\x1b[1~':
      return to(0)
    case 'G':
    case '\x1b[F':
    case '\x1bOF':
    case '\x1b[4~':
      return to(nodes)
    default:
      return state
  }
}

const next = (order: Order, step: number): Order =>
  ORDERS.at((ORDERS.indexOf(order) + step) % ORDERS.length) ?? 'listed'
