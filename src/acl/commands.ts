/** Commands and categories that rules of an access string may name: what servers say of themselves, and what they have besides. */
import { KEYS, REDIS, type Row, VALKEY_BESIDES } from './commands.generated.ts'
import { parentOf } from './rules.ts'

/** Engines whose servers have access control. */
export type AclEngine = 'redis' | 'valkey'

/** Valkey's own, newer than the server that was asked; from its release notes. */
const VALKEY_LATER: readonly Row[] = [
  ['admin dangerous slow', 'commandlog|get commandlog|len commandlog|reset'],
  ['slow', 'commandlog commandlog|help'],
  ['connection slow', 'client|import-source'],
  [
    'admin dangerous slow',
    'cluster|cancelslotmigrations cluster|flushslot cluster|getslotmigrations cluster|migrateslots cluster|syncslots',
  ],
  ['fast read hash', 'hexpiretime hpexpiretime hpttl httl'],
  ['fast write hash', 'hexpire hexpireat hgetex hpersist hpexpire hpexpireat hsetex'],
  ['fast string write', 'delifeq'],
]

/** Of the data type that ElastiCache's servers of both engines have (guide, "Getting started with JSON"). */
const JSON_COMMANDS: readonly Row[] = [
  [
    'json read',
    'json.arrindex json.arrlen json.debug json.get json.mget json.objkeys json.objlen json.resp json.strlen json.type',
  ],
  [
    'json write',
    'json.arrappend json.arrinsert json.arrpop json.arrtrim json.clear json.del json.forget json.mset json.numincrby json.nummultby json.set json.strappend json.toggle',
  ],
]

/** Of Valkey 8.1 and 8.2 on ElastiCache (guide, Bloom filters and vector search). */
const VALKEY_MODULES: readonly Row[] = [
  ['bloom read', 'bf.card bf.exists bf.info bf.mexists'],
  ['bloom write', 'bf.add bf.insert bf.load bf.madd bf.reserve'],
  ['search read', 'ft._list ft.aggregate ft.info ft.search'],
  ['search write', 'ft.create ft.dropindex'],
]

const PLAIN: Readonly<Record<AclEngine, readonly Row[]>> = { redis: REDIS, valkey: [...REDIS, ...VALKEY_BESIDES] }

const ALL: Readonly<Record<AclEngine, readonly Row[]>> = {
  redis: [...PLAIN.redis, ...JSON_COMMANDS],
  valkey: [...PLAIN.valkey, ...VALKEY_LATER, ...JSON_COMMANDS, ...VALKEY_MODULES],
}

export interface Commands {
  /** Of each command and subcommand (`config|get`). */
  readonly categoriesOf: ReadonlyMap<string, ReadonlySet<string>>
  readonly categories: ReadonlySet<string>
  /** Commands that have subcommands. */
  readonly containers: ReadonlySet<string>
}

/** What ElastiCache's servers of an engine know, of its newest version. */
export const commandsOf = (engine: AclEngine): Commands => read(ALL[engine])

/** What a server of an engine knows that has no modules, and is not newer than the one that was asked. */
export const plainCommandsOf = (engine: AclEngine): Commands => read(PLAIN[engine])

const known = new Map<readonly Row[], Commands>()

function read(rows: readonly Row[]): Commands {
  const commands = known.get(rows) ?? readRows(rows)
  known.set(rows, commands)
  return commands
}

function readRows(rows: readonly Row[]): Commands {
  const categoriesOf = new Map<string, ReadonlySet<string>>()
  for (const [categories, commands] of rows) {
    const set = new Set(categories.split(' '))
    for (const command of commands.split(' ')) categoriesOf.set(command, set)
  }
  const names = [...categoriesOf.keys()]
  return {
    categoriesOf,
    categories: new Set([...categoriesOf.values()].flatMap((set) => [...set])),
    containers: new Set(names.filter((name) => name.includes('|')).map(parentOf)),
  }
}

let keys: ReadonlyMap<string, string> | undefined

/** Where the keys of a command are (commands.generated.ts); empty where it has none, or is no command of a plain server. */
export function keysTextOf(command: string): string {
  keys ??= new Map(KEYS.flatMap(([text, commands]) => commands.split(' ').map((name) => [name, text] as const)))
  return keys.get(command) ?? ''
}

/** What rules about a command may call it: by its name or that of the one whose subcommand it is, or by a category of either. */
export function namesInRules(command: string, { categoriesOf }: Commands): ReadonlySet<string> {
  const own = [command, parentOf(command)]
  return new Set(own.flatMap((name) => [name, ...[...(categoriesOf.get(name) ?? [])].map((each) => `@${each}`)]))
}

/**
 * Commands that the nodes of ElastiCache refuse (guide, "Restricted commands"), and two that the page does not have: a
 * client that could make a node replicate or forget its slots would take it out of the service's hands.
 */
export const RESTRICTED: ReadonlySet<string> = new Set(
  `acl|deluser acl|load acl|save acl|setuser bgrewriteaof bgsave cluster|addslots cluster|addslotsrange cluster|bumpepoch
  cluster|delslots cluster|delslotsrange cluster|failover cluster|flushslots cluster|forget cluster|links cluster|meet
  cluster|replicate cluster|reset cluster|setslot config debug migrate module psync replicaof save shutdown slaveof sync`.split(
    /\s+/,
  ),
)

/**
 * Those that serverless caches refuse besides (guide, "Restricted commands"). The page has COMMANDLOG among what they know as well; the
 * page on parameters says that it is not to be had there.
 */
export const RESTRICTED_ON_SERVERLESS: ReadonlySet<string> = new Set(
  `acl|log client|caching client|getredir client|id client|info client|kill client|list client|no-evict client|pause
  client|tracking client|trackinginfo client|unblock client|unpause cluster|count-failure-reports commandlog fcall fcall_ro
  function keys lastsave latency memory monitor move object pfdebug pfselftest psubscribe pubsub|numpat punsubscribe script|kill
  slowlog swapdb wait`.split(/\s+/),
)
