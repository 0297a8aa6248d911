/** What the endpoint of a serverless cache is called. Pure. */
import { hostsOfMachine, hostToTell } from '../../nodes/addresses.ts'
import { domainOf, hostName } from '../../nodes/host-names.ts'
import type { HostName, ServerlessCacheRecord } from '../../store/records.ts'

const suffixOf = (cache: ServerlessCacheRecord): string => `serverless.${domainOf(cache)}`

const nameOf = (cache: ServerlessCacheRecord): string => `${cache.id}-${cache.token}.${suffixOf(cache)}`

/** `Address` of both endpoints: they differ in the port. */
export const addressOfCache = (cache: ServerlessCacheRecord): string =>
  cache.named ? nameOf(cache) : hostToTell(cache, cache.ports ?? {})

/** What its server tells clients that take it for a cluster: a name that is in its certificate. */
export const nameForClients = (cache: ServerlessCacheRecord): string =>
  cache.named ? nameOf(cache) : (cache.advertisedHost ?? 'localhost')

/** What its name stands for. */
export const namesOf = (cache: ServerlessCacheRecord): readonly HostName[] =>
  cache.named && cache.ports ? [hostName(nameOf(cache), cache.networkType, cache.ports)] : []

/** Whom its certificate is for. The wildcard is what the guide's clients are told to check for. */
export const certificateNames = (cache: ServerlessCacheRecord) => ({
  subject: nameOf(cache),
  names: [...hostsOfMachine(cache), nameOf(cache), `*.${suffixOf(cache)}`],
})
