import type { Client } from '../client.ts'
import type { Core } from '../core.ts'
import { idleMs } from '../keyspace/access-clock.ts'
import type { Database } from '../keyspace/database.ts'
import { digestOf, digestOfAll } from '../keyspace/digest.ts'
import { ACCESS, LISTPACK } from '../keyspace/entry.ts'
import { ANY_DATABASE } from '../propagation.ts'
import type { Args } from '../protocol/args.ts'
import { fixed } from '../protocol/printed.ts'
import { NO_SUCH_KEY, refusal } from '../protocol/refusals.ts'
import { subcommandSyntax } from '../refused.ts'
import type { Quicklist } from '../types/list.ts'
import { packedCount } from '../types/packed.ts'
import type { Row } from './command.ts'
import { encodingName } from './generic.ts'
import { refuseUnlessAllowed } from './guarded.ts'
import { populate } from './populate.ts'
import { debugLoadAof, debugReload } from './saves.ts'

/** DEBUG, as far as the servers' own suites and clients' tests need it. */
export const DEBUG: readonly Row[] = [{ name: 'debug', run: debug }]

type Subcommand = (client: Client, args: Args) => void

const ok: Subcommand = ({ replies }) => replies.ok()

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  jmap: ok,
  loadaof: debugLoadAof,
  reload: debugReload,
  digest: (client) => client.replies.status(digestOfAll(client.core)),
  'digest-value': (client, args) => {
    client.replies.array(args.count - 2)
    for (let i = 2; i < args.count; i++) client.replies.status(digestOf(client.core, client.db, args.bytesOf(i)))
  },
  'set-active-expire': (client, args) => {
    client.core.activeExpiry = args.text(2) !== '0'
    client.replies.ok()
  },
  'quicklist-packed-threshold': ok,
  'set-disable-deny-scripts': (client, args) => {
    client.core.scriptsMayAll = args.text(2) !== '0'
    client.replies.ok()
  },
  'pause-cron': ok,
  object: objectOf,
  populate,
  sleep: sleepFor,
  error: (client, args) => client.replies.error(args.text(2)),
  log: (client, args) => {
    client.core.log('warning', `DEBUG LOG: ${args.text(2)}`)
    client.replies.ok()
  },
  protocol: protocolOf,
  replicate: tellReplicas,
  stringmatchlen: ok,
  htstats: tableOf,
}

function debug(client: Client, args: Args): void {
  refuseUnlessAllowed(client, 'debug')
  const name = args.text(1).toLowerCase()
  const run = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : client.core.debugs.get(name)
  if (run === undefined) throw refusal(subcommandSyntax(args))
  run(client, args)
}

function objectOf({ core, db, replies }: Client, args: Args): void {
  // Of a key that has expired, too, as long as it lies there.
  const entry = db.findKey(args.slice(2))
  if (entry === 0) throw NO_SUCH_KEY
  const access = db.arena.word(entry, ACCESS)
  const encoding = encodingName(core, db, entry)
  const list = encoding === 'quicklist' ? ` ${quicklistOf(core, db, entry)}` : ''
  const idle = Math.floor(idleMs(db.keyspace, access) / 1000)
  replies.status(
    `Value at:0x${entry.toString(16).padStart(12, '0')} refcount:1 encoding:${encoding} serializedlength:1 lru:${access & 0xffffff} lru_seconds_idle:${idle}${list}`,
  )
}

/** The nodes of a list. None of them is compressed, so that `list-compress-depth` says only whether they might be. */
function quicklistOf({ config }: Core, db: Database, entry: number): string {
  const { listCompressDepth, listMaxListpackSize } = config.settings
  const isSmall = db.encodingOf(entry) === LISTPACK
  const list = isSmall ? undefined : (db.objectOf(entry) as Quicklist) // a list's only object
  const nodes = list?.nodes ?? 1
  const count = list?.count ?? packedCount(db.arena, db.packedOf(entry))
  const bytes = list?.bytes ?? db.arena.capacity(db.packedOf(entry))
  return `ql_nodes:${nodes} ql_avg_node:${fixed(count / nodes, 2)} ql_listpack_max:${listMaxListpackSize} ql_compressed:${listCompressDepth > 0 ? 1 : 0} ql_uncompressed_size:${bytes}`
}

/** Holds up the whole node, as it does the whole server. */
function sleepFor({ core, replies }: Client, args: Args): void {
  const until = core.clock.monotonicMs() + args.float(2) * 1000
  while (core.clock.monotonicMs() < until);
  core.refreshTime()
  replies.ok()
}

/** Has replicas told a command that this node does not know, or has not done. */
function tellReplicas({ core, replies }: Client, args: Args): void {
  if (args.count < 3) throw refusal(subcommandSyntax(args))
  core.propagation.feed?.all([{ db: ANY_DATABASE, words: args.words(2) }])
  replies.ok()
}

function tableOf({ db, replies }: Client): void {
  const [size, before] = db.table.sizes
  replies.verbatim(
    `[Dictionary HT]\nHash table 0 stats (main hash table):\n table size: ${before || size}\n number of elements: ${db.keys}\n`,
  )
}

function protocolOf({ replies }: Client, args: Args): void {
  const name = args.text(2).toLowerCase()
  switch (name) {
    case 'string':
      replies.bulkText('Hello World')
      return
    case 'integer':
      replies.integer(12_345)
      return
    case 'double':
      replies.doubleAs('3.141')
      return
    case 'null':
      replies.null()
      return
    case 'array':
    case 'set':
      replies[name](3)
      for (let i = 0; i < 3; i++) replies.integer(i)
      return
    case 'map':
      replies.map(3)
      for (let i = 0; i < 3; i++) {
        replies.integer(i)
        replies.boolean(i === 1)
      }
      return
    case 'attrib':
      if (replies.resp === 3) {
        replies.attribute(1)
        replies.bulkText('key-popularity')
        replies.array(2)
        replies.bulkText('key:123')
        replies.integer(90)
      }
      replies.bulkText('Some real reply following the attribute')
      return
    case 'push':
      replies.push(2)
      replies.bulkText('server-cpu-usage')
      replies.integer(42)
      return
    case 'verbatim':
      replies.verbatim('This is a verbatim\nstring')
      return
    case 'true':
    case 'false':
      replies.boolean(name === 'true')
      return
    case 'bignum':
      replies.bigNumber('1234567999999999999999999999999999999')
      return
    default:
      throw refusal(
        `ERR Wrong protocol type name. Please use one of the following: string|integer|double|null|array|set|map|attrib|push|verbatim|true|false`,
      )
  }
}
