import { ACL } from './acl.ts'
import { BITMAPS } from './bitmaps.ts'
import { CLUSTER } from './cluster.ts'
import type { Row } from './command.ts'
import { CONNECTION } from './connection.ts'
import { GENERICS } from './generic.ts'
import { GEO } from './geo.ts'
import { HASHES } from './hashes.ts'
import { HYPERLOGLOG } from './hyperloglog.ts'
import { LISTS } from './lists.ts'
import { PERSISTENCE } from './persistence.ts'
import { PUBSUB_COMMANDS } from './pubsub.ts'
import { REPLICATION } from './replication.ts'
import { SCRIPTING } from './scripting.ts'
import { SERVER } from './server.ts'
import { SETS } from './sets.ts'
import { SORT } from './sort.ts'
import { SORTED_SETS } from './sorted-sets.ts'
import { STREAMS } from './streams.ts'
import { STRINGS } from './strings.ts'
import { TRACKING } from './tracking.ts'
import { TRANSACTIONS } from './transactions.ts'
import { WATCHING } from './watching.ts'

/** Every command of the node. */
export const ROWS: readonly Row[] = [
  ...STRINGS,
  ...BITMAPS,
  ...HYPERLOGLOG,
  ...LISTS,
  ...HASHES,
  ...SETS,
  ...SORTED_SETS,
  ...GEO,
  ...STREAMS,
  ...PUBSUB_COMMANDS,
  ...TRANSACTIONS,
  ...SCRIPTING,
  ...GENERICS,
  ...SORT,
  ...CONNECTION,
  ...TRACKING,
  ...SERVER,
  ...WATCHING,
  ...PERSISTENCE,
  ...REPLICATION,
  ...CLUSTER,
  ...ACL,
]
