/** `nodes.conf`, written before the start: the servers know each other from the first moment. Pure. */
import { createHash } from 'node:crypto'
import { isAtLeast } from '../../../api/catalog/versions.ts'
import type { Member, RedisProgram, RedisSpec, SlotRange } from './spec.ts'

/** Ids of shards are part of what nodes tell each other since Redis 7.2; 7.0 does not read a line that has one. */
const SHARD_IDS_SINCE = '7.2'

/** What a server in cluster mode knows of its group when it starts. */
export function nodesFile(
  topology: readonly Member[],
  { nodeId, announce, program }: Pick<RedisSpec, 'nodeId' | 'announce' | 'program'>,
): string {
  const primaries = topology.filter(({ primary }) => primary)
  const lines = topology.map((member) => {
    const primary = primaries.find(({ shard }) => shard === member.shard)
    const flags = [...(member.nodeId === nodeId ? ['myself'] : []), member.primary ? 'master' : 'slave']
    // Each primary has an epoch of its own, or two would have to agree on which goes first.
    const epoch = member.primary ? primaries.indexOf(member) + 1 : 0
    return [
      ...[member.nodeId, addressOf(member, announce, program), flags.join(',')],
      ...[member.primary ? '-' : (primary?.nodeId ?? '-'), '0', '0', String(epoch), 'connected'],
      ...(member.primary ? member.slots.map(rangeText) : []),
    ].join(' ')
  })
  return `${lines.join('\n')}\nvars currentEpoch ${primaries.length} lastVoteEpoch 0\n`
}

function addressOf(
  { port, busPort, shard, ...member }: Member,
  announce: RedisSpec['announce'],
  { version }: RedisProgram,
): string {
  const { ip, hostname = '' } = { ...announce, ...member }
  const address = `${ip}:${port}@${busPort}`
  if (isAtLeast(version, SHARD_IDS_SINCE)) {
    return `${address},${hostname},tls-port=0,shard-id=${createHash('sha1').update(shard).digest('hex')}`
  }
  return hostname === '' ? address : `${address},${hostname}`
}

const rangeText = ([first, last]: SlotRange): string => (first === last ? String(first) : `${first}-${last}`)
