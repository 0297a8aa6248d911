import { SocketCounters } from '../net/serve/socket-counters.ts'

/** What a node counts, beside what its keyspace does. */
export class Counters extends SocketCounters {
  evictedClients = 0
  peakMemory = 0
  expiredTimeCapReached = 0
  outputLimitDisconnections = 0
}
