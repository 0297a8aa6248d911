/** What the API tells a doctor. Describe permissions are enough; a call that is refused leaves its part out, and is noted. */

import { memcached } from '../../../api/catalog/engines.ts'
import { readEvent } from '../../../api/catalog/events.ts'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import type { SecurityGroupReport } from '../../../api/local-network.ts'
import type { Input, OperationName, Output } from '../../../api/model.ts'
import { errorMessage } from '../../../api/thrown.ts'
import type { ApiFacts, ClusterFacts, Evidence, MissingCluster } from '../../../diagnose/evidence.ts'
import { mayBeId, meantId } from '../../../diagnose/meant-id.ts'
import { elapsedMs, systemClock } from '../../../net/clock.ts'
import { resolveTarget, systemNames } from '../../../net/resolve.ts'
import { withClient } from '../../caches/client.ts'
import { allCaches, findCache, isNoCache } from '../../caches/find.ts'
import { joinPorts, readPlace } from '../../caches/place.ts'
import { mostNodesAt } from '../../caches/quotas.ts'
import { noting, type OnUnasked, reasonOf } from '../../caches/refusals.ts'
import { describeAll } from '../../caches/resources.ts'
import type { GlobalOptions } from '../../global-flags.ts'
import { CallFailed, Problem } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { control } from '../../target/engine-control.ts'
import { engineAndRegion } from '../../target/engine-region.ts'
import { stateDirOf } from '../../target/state-dir.ts'
import type { Target } from '../../target/targets.ts'
import { tell } from '../../terminal.ts'
import {
  type BoundedClient,
  bounded,
  engineBehind,
  failedCall,
  isUnanswered,
  serviceAt,
  serviceWithoutTarget,
  unlessHeld,
} from './doctor-service.ts'
import { keepKnown, lastKnown } from './last-known.ts'
import { type Aim, type AimOptions, aimAtNamed, aimBy, aimOf } from './places.ts'

/** The SDK's timer of a connection outlives the question that was given up, and would keep this process for as long. */
const connectingWithin = (patienceMs: number, flags: AimOptions): AimOptions => ({
  'cli-connect-timeout': String(Math.ceil(patienceMs / 1000) + 1),
  ...flags,
})

export interface DoctorAim extends Aim {
  readonly missing: readonly MissingCluster[]
}

/** What doctors are told beside the words. */
export interface DoctorAsk {
  readonly flags: AimOptions
  /** Hears of what could not be asked. */
  readonly note: OnUnasked
  /** For one answer of the API, and for all of them. */
  readonly patienceMs: number
  readonly totalMs: number
  readonly look: (aim: DoctorAim) => Promise<Evidence>
}

/**
 * Looks at what the words name, and meanwhile asks the API for all it tells besides. A cluster that is not there is a finding,
 * not an error; and so is an API that is not: then the look is at what is named as host:port, and at
 * clusters as the API told of them before.
 */
export async function lookWithApi(spoken: readonly string[], ask: DoctorAsk): Promise<Evidence> {
  const { flags, look } = ask
  const words = joinPorts(spoken)
  const named = { ...aimAtNamed(words, flags), missing: [] }
  const onlyNamed = words.length > 0 && named.places.length === words.length
  if (onlyNamed && !words.some(mayBeId)) return look(named)
  try {
    return await withClient(connectingWithin(ask.patienceMs, flags), (client) =>
      lookBy(bounded(client, ask.patienceMs, ask.totalMs), words, named, ask),
    )
  } catch (error) {
    if (onlyNamed && (error instanceof Problem || error instanceof CallFailed)) return look(named)
    // Where no engine runs, there may have been one.
    const service = error instanceof Problem ? await serviceWithoutTarget(flags) : undefined
    if (!service) throw error
    return { ...(await look(named)), service }
  }
}

async function lookBy(
  client: BoundedClient,
  words: readonly string[],
  named: DoctorAim,
  { flags, note, patienceMs, look }: DoctorAsk,
): Promise<Evidence> {
  const start = systemClock.monotonicMs()
  const { target } = client
  const engine = engineBehind(target, flags)
  const found = serviceAt(target, engine, patienceMs)
  let aim: DoctorAim
  try {
    aim = await unlessHeld(doctorAim(client, words, flags, note), engine, target)
  } catch (error) {
    const service = await found
    const failed = failedCall(error, service, client.answered(), start)
    if (!failed) throw error
    const ids = words.map(readPlace).flatMap((place) => ('cluster' in place ? [place.cluster] : []))
    const known = lastKnown(stateDirOf(flags), apiOf(target), ids)
    const told = known && { ...aimOf(client, known.clusters, named, flags), missing: [] }
    return {
      ...(await look(told ?? named)),
      service: { ...service, failed, ...(known && { lastKnownAt: known.at }) },
    }
  }
  const [evidence, api, service] = await Promise.all([look(aim), allFacts(client, aim.clusters, flags, note), found])
  keepKnown(stateDirOf(flags), apiOf(target), { ...aim, at: systemClock.now().toISOString() })
  return { ...evidence, api, service }
}

/** What its clusters are known under. */
const apiOf = ({ kind, url = kind, region = '' }: Target): string => `${url} ${region}`

async function doctorAim(
  client: ApiClient,
  words: readonly string[],
  flags: AimOptions,
  note: OnUnasked,
): Promise<DoctorAim> {
  const missing = (await Promise.all(words.map((word) => missingAt(word, client, note)))).flatMap((each) => each ?? [])
  const there = words.filter((word) => !missing.some(({ id }) => id === word))
  const aim =
    words.length > 0 && there.length === 0
      ? { places: [], clusters: [], trust: new Map() }
      : await aimBy(client, there, flags, note)
  return { ...aim, missing }
}

async function allFacts(
  client: ApiClient,
  clusters: readonly ClusterFacts[],
  flags: GlobalOptions,
  note: OnUnasked,
): Promise<ApiFacts> {
  const [api, securityGroups, mostNodes] = await Promise.all([
    apiFacts(client, clusters, note),
    localGroups(client, flags),
    mostNodesAt(client.target),
  ])
  return { ...api, ...(securityGroups && { securityGroups }), ...(mostNodes !== undefined && { mostNodes }) }
}

async function missingAt(word: string, client: ApiClient, note: OnUnasked): Promise<MissingCluster | undefined> {
  const place = readPlace(word)
  if ('host' in place) return mayBeId(word) ? misspelt(word, client, note) : undefined
  try {
    await findCache(client, place.cluster)
    return undefined
  } catch (error) {
    if (!isNoCache(error)) throw error
  }
  const [caches, events] = await Promise.all([
    allCaches(client, note).catch(noting(note, undefined)),
    client
      .call('DescribeEvents', {
        SourceType: resources.cluster.sourceType,
        SourceIdentifier: place.cluster,
        Duration: LIMITS.eventRetentionMinutes,
      })
      .catch(noting(note, { Events: [] })),
  ])
  const deletion = newestFirst(events.Events ?? []).find(({ message }) => readEvent(message).kind === 'cluster-deleted')
  return {
    id: place.cluster,
    at: whereIs(client),
    ...(caches && { known: caches.map(({ id }) => id) }),
    ...(deletion && { deletedAt: deletion.at }),
  }
}

/** A word that reads as a host name: one that has no address, and is the id of a cache but for its spelling. */
async function misspelt(word: string, client: ApiClient, note: OnUnasked): Promise<MissingCluster | undefined> {
  const known = (await allCaches(client, note)).map(({ id }) => id)
  if (meantId(word, known) === undefined) return undefined
  const found = await resolveTarget(word, { names: systemNames, timeoutMs: NAME_PATIENCE_MS })
  return found.ok ? undefined : { id: word, at: whereIs(client), known }
}

const NAME_PATIENCE_MS = 2000

const DAY_MINUTES = 1440

function whereIs({ target }: ApiClient): string {
  const region = target.region ?? 'the default region'
  return target.kind === 'local' ? `${region} of the local engine` : region
}

async function apiFacts(client: ApiClient, clusters: readonly ClusterFacts[], note: OnUnasked): Promise<ApiFacts> {
  const refused: ApiFacts['refused'][number][] = []
  const noted = async <T>(name: OperationName, answer: Promise<T>): Promise<T | undefined> => {
    const start = systemClock.monotonicMs()
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      const waitedMs = Math.round(elapsedMs(systemClock, start))
      const code = error.serviceCode ?? reasonOf(error)
      refused.push({ operation: name, code, ...(isUnanswered(error) && { waitedMs }) })
      note(error)
      return undefined
    }
  }
  const ask = <N extends OperationName>(name: N, input: Input<N>) => noted(name, client.call(name, input))
  const parameterGroups = [...new Set(clusters.flatMap(({ parameterGroup }) => parameterGroup ?? []))]
  const ids = clusters.filter(({ serverless, group }) => !serverless && !group).map(({ id }) => id)
  const groupIds = clusters.filter(({ group }) => group).map(({ id }) => id)
  const hasServerless = clusters.some(({ serverless }) => serverless)
  const hasUsers = clusters.some(({ engine }) => engine !== memcached.name)
  const [events, ofServerless, ofGroups, versions, subnets, updates, users, ...parameters] = await Promise.all([
    ask('DescribeEvents', { SourceType: resources.cluster.sourceType, Duration: DAY_MINUTES }),
    hasServerless
      ? ask('DescribeEvents', { SourceType: resources.serverlessCache.sourceType, Duration: DAY_MINUTES })
      : undefined,
    groupIds.length > 0
      ? ask('DescribeEvents', { SourceType: resources.replicationGroup.sourceType, Duration: DAY_MINUTES })
      : undefined,
    ask('DescribeCacheEngineVersions', { Engine: 'memcached' }),
    ask('DescribeCacheSubnetGroups', {}),
    noted('DescribeUpdateActions', updateActions(client, ids, groupIds)),
    hasUsers ? ask('DescribeUsers', {}) : undefined,
    ...parameterGroups.map((group) => ask('DescribeCacheParameters', { CacheParameterGroupName: group })),
  ])
  return {
    refused,
    ...(events?.Events && {
      events: newestFirst([events, ofServerless, ofGroups].flatMap((answer) => answer?.Events ?? [])),
    }),
    ...(versions?.CacheEngineVersions && {
      versions: versions.CacheEngineVersions.flatMap(({ EngineVersion }) => EngineVersion ?? []),
    }),
    ...(subnets?.CacheSubnetGroups && { subnetGroups: subnets.CacheSubnetGroups.map(subnetGroup) }),
    ...(updates && { updates: updates.flatMap(waiting) }),
    ...(users?.Users && {
      users: users.Users.flatMap(({ UserId: id, UserName: name, AccessString: access }) =>
        id && name && access ? [{ id, name, access }] : [],
      ),
    }),
    parameters: parameters.flatMap((answer, at) =>
      (answer?.Parameters ?? []).flatMap(({ ParameterName: name, ParameterValue: value }) =>
        name && value ? [{ group: parameterGroups[at] ?? '', name, value }] : [],
      ),
    ),
  }
}

type UpdateAction = NonNullable<Output<'DescribeUpdateActions'>['UpdateActions']>[number]

/** Of all of them, asked for by as many as one call may name. */
async function updateActions(
  client: ApiClient,
  clusters: readonly string[],
  groups: readonly string[],
): Promise<readonly UpdateAction[]> {
  const most = LIMITS.updateTargetsPerRequest
  const asked: Promise<readonly object[]>[] = []
  for (let at = 0; at < Math.max(clusters.length, groups.length); at += most) {
    const [CacheClusterIds, ReplicationGroupIds] = [clusters.slice(at, at + most), groups.slice(at, at + most)]
    const input = {
      ...(CacheClusterIds.length > 0 && { CacheClusterIds }),
      ...(ReplicationGroupIds.length > 0 && { ReplicationGroupIds }),
    }
    asked.push(describeAll(client, 'DescribeUpdateActions', input))
  }
  return (await Promise.all(asked)).flat()
}

/** Undefined: not the local engine, or it does not say. */
async function localGroups({ target }: ApiClient, flags: GlobalOptions): Promise<ApiFacts['securityGroups']> {
  if (target.kind !== 'local') return undefined
  try {
    const { engine, region } = engineAndRegion({ ...flags, region: target.region })
    const path = `${CONTROL.securityGroups}/list`
    const { securityGroups } = await control<{ securityGroups: SecurityGroupReport[] }>(engine, 'POST', path, {
      region,
    })
    return securityGroups.map(({ groupId: id, groupName, members, ingress }) => ({
      id,
      name: groupName,
      members,
      ingress,
    }))
  } catch (error) {
    tell(`The engine did not tell its security groups: ${errorMessage(error)}`)
    return undefined
  }
}

const newestFirst = (events: NonNullable<Output<'DescribeEvents'>['Events']>): NonNullable<ApiFacts['events']> =>
  events
    .flatMap(({ Date: at, SourceIdentifier: source, Message: message }) =>
      at && source && message ? [{ at: new Date(at).toISOString(), source, message }] : [],
    )
    .sort((a, b) => b.at.localeCompare(a.at))

const subnetGroup = ({
  CacheSubnetGroupName = '',
  SupportedNetworkTypes = [],
  Subnets = [],
}: NonNullable<Output<'DescribeCacheSubnetGroups'>['CacheSubnetGroups']>[number]) => ({
  name: CacheSubnetGroupName,
  networkTypes: SupportedNetworkTypes,
  zones: [...new Set(Subnets.flatMap(({ SubnetAvailabilityZone }) => SubnetAvailabilityZone?.Name ?? []))],
})

function waiting({
  CacheClusterId: cluster,
  ServiceUpdateName: name,
  ServiceUpdateSeverity: severity,
  ServiceUpdateRecommendedApplyByDate: due,
  UpdateActionStatus: status,
}: UpdateAction) {
  if (!cluster || !name || (status !== 'not-applied' && status !== 'scheduled')) return []
  return [{ cluster, name, severity: severity ?? 'new', ...(due && { due: new Date(due).toISOString() }) }]
}
