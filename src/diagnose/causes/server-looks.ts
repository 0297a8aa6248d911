/** Servers of Redis OSS and Valkey as causes speak of them. */
import { shell } from '../../api/shell.ts'
import { endpoint } from '../../net/target.ts'
import type { Evidence } from '../evidence.ts'
import type { RespClientSeen, RespLook } from '../resp-look.ts'
import { whoIs } from './places.ts'

/** ACL LOG and SLOWLOG keep entries for days. */
export const LATELY_S = 60

export const looksOf = ({ servers }: Evidence): readonly RespLook[] => servers?.looks ?? []

/** Its host:port. */
export const at = ({ address, port }: RespLook): string => endpoint(address, port)

/** What it is called, as a sentence begins; {@link whose}: within one. */
export const who = (look: RespLook): string => whoIs(look.place, at(look))

export const whose = (look: RespLook): string => who(look).replace(/^(Node|The) /, (word) => word.toLowerCase())

/** Undefined: it did not tell. */
export const standing = ({ standing: own }: RespLook): string | undefined => own?.role

/** To be pasted: asks as the same user. */
export const redisCli = (
  { address, port, place, user, hasPassword }: RespLook,
  ...words: readonly string[]
): string => {
  const tls = place.tls ? ['--tls'] : []
  const login = hasPassword ? ['--user', user, '--askpass'] : []
  return shell`redis-cli -h ${address} -p ${port} ${[...tls, ...login]} ${words}`.replace(/ {2,}/g, ' ')
}

/** `count=5` and `5` alike. */
export const number = (info: RespLook['after'], name: string): number =>
  Number(/\d+/.exec(info?.[name] ?? '')?.[0] ?? 0)

/** How many errors of a code it has answered since it started. */
export const errors = (look: RespLook, code: string): number => number(look.after, `errorstat_${code}`)

/** How many of them while it was looked at. */
export const grown = (look: RespLook, code: string): number =>
  errors(look, code) - number(look.before, `errorstat_${code}`)

export const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

export const rate = (look: RespLook, code: string): string =>
  `${grown(look, code)} within ${Math.round(look.ms ?? 0)} ms`

/** Of clients, users and the like in a sentence. */
export const MOST_NAMED = 3

export function clientsText(clients: readonly RespClientSeen[]): string {
  const named = clients
    .slice(0, MOST_NAMED)
    .map(
      ({ address, name, user }) =>
        `${address}${name === '' ? '' : ` (${name})`}${user === '' || user === 'default' ? '' : ` as ${user}`}`,
    )
  const more = clients.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

export const shardOf = ({ clusters }: Evidence, { place }: RespLook): string | undefined =>
  clusters.find(({ id }) => id === place.cluster)?.nodes.find(({ id }) => id === place.role)?.shard

/** The primary of its shard; undefined: none says that it is. */
export const primaryOf = (evidence: Evidence, look: RespLook): RespLook | undefined =>
  looksOf(evidence).find(
    (other) =>
      other.place.cluster === look.place.cluster &&
      shardOf(evidence, other) === shardOf(evidence, look) &&
      standing(other) === 'primary',
  )

export const megabytes = (bytes: number): string => `${+(bytes / 1024 / 1024).toFixed(1)} MB`
