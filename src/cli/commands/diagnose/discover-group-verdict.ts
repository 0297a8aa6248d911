/** Whether the nodes of a replication group are as wished, by what they say of themselves. Pure. */
import { isIP } from 'node:net'
import { endpoint } from '../../../net/target.ts'
import { type Cache, endpointsOf } from '../../caches/cache.ts'
import { type AskedNode, membersOf } from '../../caches/group-nodes.ts'
import { usageProblem } from '../../problem.ts'
import { isLoginRefusal } from '../kv/resp/next-step.ts'
import type { Wishes } from './wishes.ts'

export type GroupVerdict =
  | { readonly converged: true; readonly nodes: number; readonly shards: number }
  | {
      readonly converged: false
      readonly reason:
        | 'login-refused'
        | 'differs'
        | 'wrong-count'
        | 'wrong-shards'
        | 'wrong-replicas'
        | 'wrong-primary'
        | 'wrong-family'
        | 'no-ip-advertised'
      /** One sentence that names the nodes concerned. */
      readonly detail: string
      /** No further round will change it: waiting is pointless. */
      readonly final: boolean
    }

/**
 * One round against the wishes: nodes have to agree with each other and with the API first. During a failover they don't, until
 * the API knows of the new primary, too.
 */
export function groupVerdict(
  cache: Cache,
  asked: readonly AskedNode[],
  differences: readonly string[],
  wishes: Wishes,
): GroupVerdict {
  const locked = asked.find(({ refusal }) => isLoginRefusal(refusal))
  // No waiting makes a password right.
  if (locked) return { ...not('login-refused', locked.problem ?? ''), final: true }
  const unmet = unmetWish(cache, asked, wishes)
  // What is wished says more than that nodes differ on the way to it.
  if (unmet) return unmet
  const [first, ...more] = differences
  if (first !== undefined) return not('differs', [first, ...more].join('; '))
  return { converged: true, nodes: asked.length, shards: shardsOf(cache).length }
}

type Unconverged = Extract<GroupVerdict, { converged: false }>

const not = (reason: Unconverged['reason'], detail: string): Unconverged => ({
  converged: false,
  reason,
  detail,
  final: false,
})

const shardsOf = (cache: Cache): readonly { readonly id: string }[] => cache.shards ?? []

function unmetWish(cache: Cache, asked: readonly AskedNode[], wishes: Wishes): Unconverged | undefined {
  const { expect, shards, replicas, primaries, family } = wishes
  const answering = asked.filter(({ standing }) => standing).length
  if (expect !== undefined && answering !== expect) {
    return not('wrong-count', `${answering} nodes answer, ${expect} expected`)
  }
  return (
    (shards === undefined ? undefined : wrongShards(cache, asked, shards)) ??
    (replicas === undefined ? undefined : wrongReplicas(cache, asked, replicas)) ??
    (primaries === undefined ? undefined : wrongPrimary(cache, asked, primaries)) ??
    (family === undefined ? undefined : wrongFamily(cache, asked, family))
  )
}

/** By the API, and by every node that lists them. */
function wrongShards(cache: Cache, asked: readonly AskedNode[], expected: number): Unconverged | undefined {
  const count = shardsOf(cache).length
  if (count !== expected) return not('wrong-shards', `${shardsSaid(count)}, ${expected} expected`)
  const odd = asked.find(({ shards }) => shards && shards.length !== expected)
  return odd && not('wrong-shards', `${odd.node.id} lists ${shardsSaid(odd.shards?.length ?? 0)}, ${expected} expected`)
}

const shardsSaid = (count: number): string => (count === 1 ? '1 shard' : `${count} shards`)

/** Those that receive what their primary writes. */
function wrongReplicas(cache: Cache, asked: readonly AskedNode[], expected: number): Unconverged | undefined {
  for (const { id } of shardsOf(cache)) {
    const count = asked.filter(
      ({ node, standing }) => node.shard === id && standing?.role === 'replica' && standing.linked,
    ).length
    if (count === expected) continue
    const said = count === 1 ? '1 replica follows' : `${count} replicas follow`
    return not('wrong-replicas', `${said} the primary of shard ${id}, ${expected} expected`)
  }
  return undefined
}

function wrongPrimary(cache: Cache, asked: readonly AskedNode[], wished: readonly string[]): Unconverged | undefined {
  for (const who of wished) {
    const found = asked.find((each) => isCalled(each.node, who))
    if (found?.standing?.role === 'primary') continue
    const role = found?.standing ? `is a ${found.standing.role}` : found ? 'does not answer' : 'is no node of it'
    const now = asked.filter(({ node, standing }) => node.shard === found?.node.shard && standing?.role === 'primary')
    const instead = now.length === 0 ? '' : `, the primary is ${now.map(({ node }) => node.id).join(' and ')}`
    return not('wrong-primary', `${who} ${role}${instead}`)
  }
  const headless = shardsOf(cache).find(
    ({ id }) => asked.filter(({ node, standing }) => node.shard === id && standing?.role === 'primary').length !== 1,
  )
  return headless && not('wrong-primary', `shard ${headless.id} does not have one primary`)
}

/** What clients are told to go to: in cluster mode what nodes list, else the endpoints. */
function wrongFamily(
  cache: Cache,
  asked: readonly AskedNode[],
  family: NonNullable<Wishes['family']>,
): Unconverged | undefined {
  const listed = asked.flatMap(({ shards = [] }) => shards.flatMap(({ primary, replicas }) => [primary, ...replicas]))
  const told = listed.length > 0 ? listed : endpointsOf(cache)
  const name = told.find(({ host }) => isIP(host) === 0)
  if (name) {
    const why = `clients are told names (${name.host}): the family is chosen by the client that resolves them`
    return { ...not('no-ip-advertised', why), final: true }
  }
  const odd = told.find(({ host }) => isIP(host) !== (family === 'ipv4' ? 4 : 6))
  return odd && not('wrong-family', `clients are told ${endpoint(odd.host, odd.port)}, which is not ${family}`)
}

type Member = AskedNode['node']

const isCalled = ({ id, host, port }: Member, who: string): boolean => who === id || who === endpoint(host, port)

/** @throws Problem of usage for a wish that this group can't come to have, however long it is waited for. */
export function refuseHopeless(cache: Cache, { shards, primaries = [] }: Wishes): void {
  if (shards !== undefined && shards > 1 && !cache.configuration && shardsOf(cache).length > 0) {
    throw usageProblem(
      `argument --until: shards ${shards} can't be waited for at ${cache.id}: without cluster mode a group has one shard`,
    )
  }
  const members = membersOf(cache)
  const stranger = primaries.find((who) => !members.some((node) => isCalled(node, who)))
  if (stranger === undefined) return
  throw usageProblem(
    `argument --until: ${cache.id} has no node ${stranger} (choose from: ${members.map(({ id }) => id).join(', ')})`,
    'Nodes are named by their id, or by host:port.',
  )
}
