/** What `cachectl discover --until` waits for: its words, and which caches have what they are about. Pure. */
import { namesOf } from '../../../api/tables.ts'
import type { IpDiscovery, Wish } from '../../../discovery/compare.ts'
import { usageProblem } from '../../problem.ts'
import { countOf } from '../../seconds.ts'

/** What nodes of any cache can be wished to be, each absent where it is not wished. */
export interface Wishes extends Wish {
  readonly shards?: number
  /** Of each shard. */
  readonly replicas?: number
  /** Ids or addresses of nodes that are to be primaries; none: every shard is to have one, whichever. */
  readonly primaries?: readonly string[]
}

/** What tells of it: a list of nodes (Memcached), or the nodes of a replication group. */
type Tells = 'list' | 'group'

interface Word {
  /** What stands behind it. */
  readonly behind?: '<number>' | '<node>'
  /** It can stand alone all the same. */
  readonly alone?: true
  readonly tells: readonly Tells[]
  /** Absent: it adds nothing to what all want. */
  readonly wish?: (value: string) => Wishes
}

const number = (least: number) => (said: string) => countOf('--until', said, least)
const family = (wished: IpDiscovery): Word => ({ tells: ['list', 'group'], wish: () => ({ family: wished }) })

const WORDS = {
  ipv4: family('ipv4'),
  ipv6: family('ipv6'),
  version: { behind: '<number>', tells: ['list'], wish: (said) => ({ version: number(0)(said) }) },
  nodes: { behind: '<number>', tells: ['list', 'group'], wish: (said) => ({ expect: number(1)(said) }) },
  shards: { behind: '<number>', tells: ['group'], wish: (said) => ({ shards: number(1)(said) }) },
  replicas: { behind: '<number>', tells: ['group'], wish: (said) => ({ replicas: number(0)(said) }) },
  primary: {
    behind: '<node>',
    alone: true,
    tells: ['group'],
    wish: (said) => ({ primaries: said === '' ? [] : [said] }),
  },
  agreed: { tells: ['list', 'group'] },
} as const satisfies Readonly<Record<string, Word>>

type WordName = keyof typeof WORDS

/** Each word a wish begins with. */
export const wishWords: readonly WordName[] = namesOf(WORDS)

const wordOf = (name: WordName): Word => WORDS[name]

const spelled = (name: WordName): string => {
  const { behind, alone } = wordOf(name)
  return behind === undefined ? name : alone ? `${name} [${behind}]` : `${name} ${behind}`
}

/** As the help and refusals tell them: all, or those that such a cache has. */
const choicesOf = (tells?: Tells): string =>
  wishWords
    .filter((name) => tells === undefined || wordOf(name).tells.includes(tells))
    .map(spelled)
    .join(', ')

/** `ipv4`, `version 5`, `primary shop-002`, `shards=3`, or several of them with commas. @throws Problem of usage */
export function wishesOf(said: string): Wishes {
  const all = said.split(',').map((each) => oneWish(each.trim()))
  const primaries = all.flatMap((each) => each.primaries ?? [])
  return { ...Object.assign({}, ...all), ...(all.some((each) => each.primaries) && { primaries }) }
}

function oneWish(text: string): Wishes {
  const [, name = '', value = ''] = /^([a-z0-9]*)(?:[ =:]\s*(.+))?$/s.exec(text) ?? []
  const found = wishWords.find((each) => each === name)
  const { behind, alone, wish } = found ? wordOf(found) : {}
  const isWhole = value === '' ? behind === undefined || alone : behind === '<node>' || /^\d+$/.test(value)
  if (found && isWhole && (value === '' || behind !== undefined)) return wish?.(value) ?? {}
  throw usageProblem(
    `argument --until: invalid choice: '${text}' (choose from: ${choicesOf()})`,
    'Several with commas: --until ipv6,nodes=3',
  )
}

/** The wish each member stands for. */
const NAMES = {
  family: 'ipv4',
  expect: 'nodes',
  version: 'version',
  shards: 'shards',
  replicas: 'replicas',
  primaries: 'primary',
} as const satisfies Readonly<Record<keyof Wishes, WordName>>

const WITHOUT: Readonly<Record<Tells, { readonly why: string; readonly hint: string }>> = {
  list: {
    why: 'nodes of Memcached have neither shards nor roles',
    hint: 'Of a replication group of Redis OSS or Valkey, give its id in the place of host:port.',
  },
  group: {
    why: 'a replication group has no list with a version',
    hint: 'Its nodes tell their roles and shards.',
  },
}

/** @throws Problem of usage for a wish that nothing at such a cache tells of. */
export function refuseUnfit(wishes: Wishes, where: string, tells: Tells): void {
  const unfit = namesOf(wishes).find((name) => wishes[name] !== undefined && !tellersOf(name).includes(tells))
  if (unfit === undefined) return
  const { why, hint } = WITHOUT[tells]
  throw usageProblem(
    `argument --until: ${NAMES[unfit]} can't be waited for at ${where}: ${why} (choose from: ${choicesOf(tells)})`,
    hint,
  )
}

const tellersOf = (name: keyof Wishes): readonly Tells[] => WORDS[NAMES[name]].tells

interface Wishing {
  readonly until?: Wishes | undefined
  readonly expect?: number | undefined
}

/** Undefined: nothing is wished. */
export function wishOf({ until, expect }: Wishing): Wishes | undefined {
  if (until === undefined && expect === undefined) return undefined
  return { ...until, ...(expect !== undefined && { expect }) }
}

const isWord = (word: string | undefined): word is string => word !== undefined && !word.startsWith('-')

/** `--until version 5` is one value, as it is said, and so is `--until primary shop-002` where another word says where. */
export function wholeWishes(argv: readonly string[]): string[] {
  const words = [...argv]
  for (let at = 0; at < words.length; at++) {
    const spoken = words[at] === '--until' ? 1 : words[at]?.startsWith('--until=') ? 0 : undefined
    if (spoken === undefined) continue
    const wish = (words[at + spoken] ?? '').replace(/^--until=/, '')
    const { behind } = wordOf(wishWords.find((name) => name === wish.split(',').at(-1)) ?? 'agreed')
    const next = words[at + spoken + 1]
    // The place comes first, or right after.
    const isPlaced = (at > 0 && isWord(words[0])) || isWord(words[at + spoken + 2])
    const belongs = behind === '<number>' ? /^\d+$/.test(next ?? '') : behind === '<node>' && isPlaced && isWord(next)
    if (belongs) words.splice(at, spoken + 2, `--until=${wish} ${next}`)
  }
  return words
}
