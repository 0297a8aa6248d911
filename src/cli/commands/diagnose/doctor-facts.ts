/** What the API tells a doctor. Describe permissions are enough; a call that is refused leaves its part out, and is noted. */

import { readEvent } from '../../../api/catalog/events.ts'
import { LIMITS } from '../../../api/catalog/limits.ts'
import { resources } from '../../../api/catalog/resources.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import type { SecurityGroupReport } from '../../../api/local-network.ts'
import type { Input, OperationName, Output } from '../../../api/model.ts'
import { errorMessage } from '../../../api/thrown.ts'
import type { ApiFacts, ClusterFacts, MissingCluster } from '../../../diagnose/evidence.ts'
import { withClient } from '../../caches/client.ts'
import { allCaches, findCache, isNoCache } from '../../caches/find.ts'
import { joinPorts, readPlace } from '../../caches/place.ts'
import { mostNodesAt } from '../../caches/quotas.ts'
import { noting, type OnUnasked, reasonOf } from '../../caches/refusals.ts'
import type { GlobalOptions } from '../../global-flags.ts'
import { CallFailed } from '../../problem.ts'
import type { ApiClient } from '../../target/client.ts'
import { control } from '../../target/engine-control.ts'
import { engineAndRegion } from '../../target/engine-region.ts'
import { tell } from '../../terminal.ts'
import { type Aim, type AimOptions, aimAt } from './places.ts'

export interface DoctorAim extends Aim {
  readonly missing: readonly MissingCluster[]
  readonly api?: ApiFacts
}

/** As `aimAt`; a cluster that is not there is a finding, not an error. */
export async function doctorAim(spoken: readonly string[], flags: AimOptions, note: OnUnasked): Promise<DoctorAim> {
  const words = joinPorts(spoken)
  if (words.length > 0 && words.every((word) => 'host' in readPlace(word)))
    return { ...(await aimAt(words, flags)), missing: [] }
  return withClient(flags, async (client) => {
    const missing = (await Promise.all(words.map((word) => missingAt(word, client, note)))).flatMap(
      (each) => each ?? [],
    )
    const there = words.filter((word) => !missing.some(({ id }) => id === word))
    const aim =
      words.length > 0 && there.length === 0
        ? { places: [], clusters: [], trust: new Map() }
        : await aimAt(there, flags, note)
    const [api, securityGroups, mostNodes] = await Promise.all([
      apiFacts(client, aim.clusters, note),
      localGroups(client, flags),
      mostNodesAt(client.target),
    ])
    const local = { ...(securityGroups && { securityGroups }), ...(mostNodes !== undefined && { mostNodes }) }
    return { ...aim, missing, api: { ...api, ...local } }
  })
}

async function missingAt(word: string, client: ApiClient, note: OnUnasked): Promise<MissingCluster | undefined> {
  const place = readPlace(word)
  if ('host' in place) return undefined
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

const DAY_MINUTES = 1440

function whereIs({ target }: ApiClient): string {
  const region = target.region ?? 'the default region'
  return target.kind === 'local' ? `${region} of the local engine` : region
}

async function apiFacts(client: ApiClient, clusters: readonly ClusterFacts[], note: OnUnasked): Promise<ApiFacts> {
  const refused: { operation: string; code: string }[] = []
  const ask = async <N extends OperationName>(name: N, input: Input<N>): Promise<Output<N> | undefined> => {
    try {
      return await client.call(name, input)
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      refused.push({ operation: name, code: error.serviceCode ?? reasonOf(error) })
      note(error)
      return undefined
    }
  }
  const parameterGroups = [...new Set(clusters.flatMap(({ parameterGroup }) => parameterGroup ?? []))]
  const ids = clusters.filter(({ serverless, group }) => !serverless && !group).map(({ id }) => id)
  const groupIds = clusters.filter(({ group }) => group).map(({ id }) => id)
  const hasServerless = clusters.some(({ serverless }) => serverless)
  const [events, ofServerless, ofGroups, versions, subnets, updates, ...parameters] = await Promise.all([
    ask('DescribeEvents', { SourceType: resources.cluster.sourceType, Duration: DAY_MINUTES }),
    hasServerless
      ? ask('DescribeEvents', { SourceType: resources.serverlessCache.sourceType, Duration: DAY_MINUTES })
      : undefined,
    groupIds.length > 0
      ? ask('DescribeEvents', { SourceType: resources.replicationGroup.sourceType, Duration: DAY_MINUTES })
      : undefined,
    ask('DescribeCacheEngineVersions', { Engine: 'memcached' }),
    ask('DescribeCacheSubnetGroups', {}),
    ids.length + groupIds.length === 0
      ? undefined
      : ask('DescribeUpdateActions', {
          ...(ids.length > 0 && { CacheClusterIds: ids }),
          ...(groupIds.length > 0 && { ReplicationGroupIds: groupIds }),
        }),
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
    ...(updates?.UpdateActions && { updates: updates.UpdateActions.flatMap(waiting) }),
    parameters: parameters.flatMap((answer, at) =>
      (answer?.Parameters ?? []).flatMap(({ ParameterName: name, ParameterValue: value }) =>
        name && value ? [{ group: parameterGroups[at] ?? '', name, value }] : [],
      ),
    ),
  }
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
}: NonNullable<Output<'DescribeUpdateActions'>['UpdateActions']>[number]) {
  if (!cluster || !name || (status !== 'not-applied' && status !== 'scheduled')) return []
  return [{ cluster, name, severity: severity ?? 'new', ...(due && { due: new Date(due).toISOString() }) }]
}
