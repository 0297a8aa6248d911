import type { AskTls } from '../net/connection.ts'
import { type NameServices, resolveTarget } from '../net/resolve.ts'
import { endpoint, type Family } from '../net/target.ts'
import type { ClusterFacts, Place } from './evidence.ts'
import { attemptExchange, type ExchangeAttempt, metInstead } from './exchange.ts'
import { familiesOf } from './family-lacking.ts'
import { evaluatePreference, type IpPreference, PREFERENCE_TABLE, type PreferenceOutcome } from './preference.ts'

/** JSON-able. */
export interface Tried {
  readonly place: string
  readonly preference: IpPreference
  readonly lookupFamily: string
  /** If every family that the cluster's network type promises, or else name services, were found and served. */
  readonly predicted: PreferenceOutcome
  /** With the families where the cache really answered. */
  readonly actual: PreferenceOutcome
}

export interface TrialOptions {
  readonly networkType?: ClusterFacts['networkType'] | undefined
  /** What verifies the certificate, where the place speaks TLS. */
  readonly trust?: AskTls | undefined
  readonly names?: NameServices | undefined
  /** For one address: connection, handshake and answer together. Default 4000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Asks every address of a place for its version, as its clients would, and holds the preferences against that. */
export async function tryPlace(
  place: Place,
  preferences: readonly IpPreference[],
  { networkType, trust, names, timeoutMs = 4000, signal }: TrialOptions = {},
): Promise<Tried[]> {
  const passed = { ...(signal && { signal }) }
  const lookup = await resolveTarget(place.host, { ...passed, ...(names && { names }) })
  const addresses = lookup.ok ? lookup.addresses : []
  const depth = {
    protocol: place.speaks ?? true,
    ...(place.tls && { tls: { host: place.host, ...(trust?.ca && { ca: trust.ca }) } }),
  }
  const attempts = await Promise.all(
    addresses.map(({ address }) => attemptExchange({ address, port: place.port, timeoutMs, depth, ...passed })),
  )
  const discovery = [...new Set(addresses.flatMap(({ family, unnamed }) => (unnamed ? [] : [family])))]
  const promised = networkType === undefined ? discovery : familiesOf(networkType)
  const obstacles = {
    ...(!lookup.ok && { discovery: lookup.detail }),
    application: { 4: obstacleOn(4, attempts), 6: obstacleOn(6, attempts) },
  }
  const answered = FAMILIES.filter((family) => obstacles.application[family] === undefined)
  return preferences.map((preference) => ({
    place: endpoint(place.host, place.port),
    preference,
    lookupFamily: PREFERENCE_TABLE[preference].lookupFamily,
    predicted: evaluatePreference({ discovery: promised, application: promised }, preference),
    actual: evaluatePreference({ discovery, application: answered, obstacles }, preference),
  }))
}

const FAMILIES: readonly Family[] = [4, 6]

/** Undefined: every address of the family answers. Clients take any one of them. */
function obstacleOn(family: Family, attempts: readonly ExchangeAttempt[]): string | undefined {
  const own = attempts.filter((attempt) => attempt.family === family)
  if (own.length === 0) return 'it has no address'
  const bad = own.find(({ outcome }) => outcome !== 'connected')
  return bad && `${bad.address} ${metInstead(bad)}`
}

/** Whether a place is as it should be: of several preferences, each that DNS and network type promise, and one at least. */
export const isAsPromised = (tried: readonly Tried[]): boolean =>
  tried.some(({ actual }) => actual.ok) && tried.every(({ predicted, actual }) => actual.ok || !predicted.ok)
