/** Reads the request for a fault, and refuses what has no meaning. Pure. */

import { nodeTypes } from '../../api/catalog/node-types.ts'
import { regionFacts } from '../../api/catalog/regions.ts'
import {
  FAULT_KINDS,
  FAULT_OPTION_NAMES,
  FAULT_OPTIONS,
  type FaultKind,
  type FaultName,
  type FaultOption,
  type FaultRequest,
  type OptionUse,
  type Takes,
} from '../../api/engine-faults.ts'
import { isOperation } from '../../api/model.ts'
import { invalid } from '../../api/refusals.ts'
import { isNameOf } from '../../api/tables.ts'
import type { FaultOf } from '../store/records.ts'
import { IN_WINDOW, replacementTime } from '../workloads/clusters/replacements.ts'
import { aimed, aimOf, readTarget, type Things } from './target.ts'

const LONGEST_DELAY_MS = 24 * 60 * 60 * 1000
const LONGEST_MS = 100 * 365 * LONGEST_DELAY_MS

export interface FaultSurroundings {
  readonly homeRegion: string
  readonly now: number
  /** What there is in a region, by ids in lower case. */
  readonly things: (region: string) => Things
}

/** The record of a fault that has no name yet. */
type Unnamed = { [K in FaultName]: Omit<FaultOf<K>, 'id'> }[FaultName]

/** Throws what a request has no meaning for. */
export function readFault(wanted: FaultRequest, { homeRegion, now, things }: FaultSurroundings): Unnamed {
  const name = wanted.kind
  if (!isNameOf(FAULT_KINDS, name)) {
    throw invalid(`There is no fault ${name}. There are: ${Object.keys(FAULT_KINDS).join(', ')}.`)
  }
  const kind: FaultKind = FAULT_KINDS[name]
  const region = wanted.region ?? homeRegion
  if (!regionFacts(region)) throw invalid(`There is no region ${region}.`)
  const request = aimed(name, kind, wanted, things(region))
  refuseForeignOptions(name, kind, request)
  const target = readTarget(name, kind, request, things(region))
  const { durationMs } = request
  if (durationMs !== undefined && !(durationMs > 0)) throw invalid('A fault lasts longer than no time.')
  if (durationMs !== undefined && durationMs > LONGEST_MS) throw invalid('A fault lasts a hundred years at most.')
  const { cluster } = target
  const scheduled = name === 'node-replacement' && durationMs === undefined && cluster ? cluster : undefined
  const lasts = durationMs ?? (kind.seconds === null ? null : kind.seconds * 1000)
  const until = scheduled ? replacementTime(scheduled, now) : lasts === null ? undefined : now + lasts
  const read = {
    region,
    kind: name,
    ...aimOf(target, kind),
    zone: readZone(name, kind, request, region),
    ...readSettings(name, kind, request),
    ...(scheduled && { how: IN_WINDOW }),
    since: now,
    until,
    // The replacement of a node is noticed, and announced, before it is done; groups tell of their members by themselves.
    replacementDue: name === 'node-crash' && cluster && lasts !== null ? now + Math.ceil(lasts / 4) : undefined,
  }
  // Sound: what its row wants is there, and what has not been said is left out.
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) as unknown as Unnamed
}

function refuseForeignOptions(name: FaultName, kind: FaultKind, request: FaultRequest): void {
  const { options, aim, caches, groups, zones } = kind
  const foreign = FAULT_OPTION_NAMES.find((option) => request[option] !== undefined && !options[option])
  if (foreign) throw invalid(`${name} has no --${FAULT_OPTIONS[foreign].flag}.`)
  if (request.zone !== undefined && aim !== 'zone' && !zones) throw invalid(`${name} has no --zone.`)
  if (request.cluster !== undefined && (aim === 'zone' || aim === 'region')) throw invalid(`${name} has no --cluster.`)
  if (request.node !== undefined && !AT_NODES.includes(aim)) throw invalid(`${name} has no --node.`)
  if (request.replicationGroup !== undefined && !groups) throw invalid(`${name} has no --replication-group.`)
  if (request.serverlessCache === undefined) return
  if (!caches) throw invalid(`${name} has no --serverless-cache.`)
  if (request.cluster !== undefined) throw invalid('--cluster and --serverless-cache exclude one another.')
  if (request.node !== undefined) throw invalid('A serverless cache has no nodes to choose from.')
}

const AT_NODES: readonly FaultKind['aim'][] = ['node', 'nodes', 'primary']

function readZone(name: FaultName, { aim }: FaultKind, { zone }: FaultRequest, region: string): string | undefined {
  if (zone === undefined) {
    if (aim === 'zone') throw invalid(`${name} needs --zone.`)
    return undefined
  }
  const zones = regionFacts(region)?.zones ?? []
  if (!zones.includes(zone)) throw invalid(`${zone} is not a zone of ${region}. Its zones are ${zones.join(', ')}.`)
  return zone
}

type Value = number | string

/** What of a value is refused, in words; undefined: nothing. */
const REFUSALS: Readonly<Record<Takes, (value: Value, flag: string, use: OptionUse) => string | undefined>> = {
  time(value, flag, { most = LONGEST_DELAY_MS }) {
    if (!(Number(value) > 0)) return `--${flag} must be longer than no time.`
    if (Number(value) <= most) return undefined
    return `--${flag} must be ${most === LONGEST_DELAY_MS ? 'a day' : `${most / 1000}s`} at most.`
  },
  rate: (value, flag, { least = 0 }) => (Number(value) >= least ? undefined : `--${flag} is too low.`),
  word(value, flag, { words = [] }) {
    return words.includes(String(value)) ? undefined : `--${flag} is ${words.join(' or ')}.`
  },
  operation: (value) => (isOperation(String(value)) ? undefined : `There is no operation ${value}.`),
  'node type': (value) => (nodeTypes.has(String(value)) ? undefined : `There is no node type ${value}.`),
}

/** The options of a fault, as its row has them. */
function readSettings(
  name: FaultName,
  { options }: FaultKind,
  request: FaultRequest,
): Record<string, Value | undefined> {
  const settings = Object.entries(options) as [FaultOption, OptionUse][] // names of options, by its type
  return Object.fromEntries(
    settings.map(([option, use]) => {
      const { flag, takes } = FAULT_OPTIONS[option]
      const said = request[option]
      if (said === undefined && use.isRequired) {
        throw invalid(`${name} needs ${(use.words ?? ['']).map((word) => `--${flag} ${word}`.trim()).join(' or ')}.`)
      }
      const refusal = said === undefined ? undefined : REFUSALS[takes](said, flag, use)
      if (refusal) throw invalid(refusal)
      return [option, said ?? use.otherwise]
    }),
  )
}
