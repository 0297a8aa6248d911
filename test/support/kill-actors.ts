/**
 * Whoever changes things while the engine is killed. Each has one resource, and changes it one call after the other, so that
 * it knows what is acknowledged: when a call got no answer the resource may be as before or as after it, and nothing else.
 */
import type { ElastiCache } from '@aws-sdk/client-elasticache'
import { ElastiCacheServiceException } from '@aws-sdk/client-elasticache'
import { CONTROL } from '../../src/api/local-engine.ts'
import { control } from './control.ts'
import { memcached } from './engine.ts'
import type { EngineProcess } from './engine-process.ts'
import { eventually } from './eventually.ts'
import type { Random } from './random.ts'
import { serverless } from './serverless.ts'

/** A state as text; `gone` when there is nothing. */
type State = string

const GONE = 'gone'

export abstract class Actor {
  readonly name: string
  /** What may be found: one state, or the two around a call that got no answer. */
  #possible: readonly State[] = [GONE]
  acknowledged = 0

  constructor(name: string) {
    this.name = name
  }

  protected get state(): State {
    return this.#possible[0] as State
  }

  /** One change. Settles when it is answered; rejects when the engine is gone. */
  abstract act(engine: EngineProcess, random: Random): Promise<void>

  /** What is there once nothing is under way any more. */
  protected abstract read(engine: EngineProcess): Promise<State>

  /** Fails when what is there is neither of what may be; from then on it is what is known. */
  async check(engine: EngineProcess): Promise<void> {
    const found = await this.read(engine)
    if (!this.#possible.includes(found)) {
      throw new Error(`${this.name} is ${found}, acknowledged was ${this.#possible.join(', or without an answer ')}`)
    }
    this.#possible = [found]
  }

  protected async change(next: State, call: () => Promise<unknown>): Promise<void> {
    const before = this.state
    this.#possible = [before, next]
    try {
      await call()
      this.#possible = [next]
      this.acknowledged++
    } catch (error) {
      // An answer, such as that a cluster is not available now: nothing has happened.
      if (!isAnswer(error)) throw error
      this.#possible = [before]
    }
  }
}

const isAnswer = (error: unknown): boolean =>
  error instanceof ElastiCacheServiceException && error.$metadata.httpStatusCode !== undefined

const gone = (code: string) => (error: { name?: string }) => {
  if (error.name === code) return undefined
  throw error
}

const tagsOf = async (client: ElastiCache, ResourceName: string | undefined) => {
  const { TagList = [] } = await client.listTagsForResource({ ResourceName })
  return TagList.map(({ Key, Value }) => `${Key}=${Value}`).join()
}

/** Created with tags; scaled, its window moved, rebooted, deleted. Afterwards all its nodes answer, with one list. */
export class ClusterActor extends Actor {
  #count = 0

  async act({ client }: EngineProcess, random: Random): Promise<void> {
    const CacheClusterId = this.name
    const choice = random()
    if (this.state === GONE) {
      const window = windowOf(this.#count++)
      const nodes = 1 + Math.floor(random() * 2)
      const create = { ...memcached(CacheClusterId, nodes), PreferredMaintenanceWindow: window }
      const Tags = [{ Key: 'made', Value: window }]
      return this.change(`${nodes} ${window} made=${window}`, () => client.createCacheCluster({ ...create, Tags }))
    }
    const [nodes = '', , tags = ''] = this.state.split(' ')
    if (choice < 0.15) return this.change(GONE, () => client.deleteCacheCluster({ CacheClusterId }))
    if (choice < 0.3) {
      const reboot = { CacheClusterId, CacheNodeIdsToReboot: ['0001'] }
      return this.change(this.state, () => client.rebootCacheCluster(reboot))
    }
    const next = windowOf(this.#count++)
    const modify = { CacheClusterId, PreferredMaintenanceWindow: next, ApplyImmediately: true }
    if (choice < 0.6) return this.change(`${nodes} ${next} ${tags}`, () => client.modifyCacheCluster(modify))
    // Both in one call: both are there afterwards, or none.
    const [other, scale] =
      nodes === '1' ? ['2', { NumCacheNodes: 2 }] : ['1', { NumCacheNodes: 1, CacheNodeIdsToRemove: ['0002'] }]
    return this.change(`${other} ${next} ${tags}`, () => client.modifyCacheCluster({ ...modify, ...scale }))
  }

  protected async read({ client }: EngineProcess): Promise<State> {
    const describe = async () => {
      const input = { CacheClusterId: this.name, ShowCacheNodeInfo: true }
      const answer = await client.describeCacheClusters(input).catch(gone('CacheClusterNotFoundFault'))
      return answer?.CacheClusters?.[0]
    }
    await eventually(`${this.name} has settled`, async () => {
      const cluster = await describe()
      return cluster === undefined || cluster.CacheClusterStatus === 'available'
    })
    const cluster = await describe()
    if (!cluster) return GONE
    const nodes = cluster.CacheNodes ?? []
    if (nodes.length !== cluster.NumCacheNodes) throw new Error(`${this.name} has ${nodes.length} nodes`)
    if (Object.keys(cluster.PendingModifiedValues ?? {}).length > 0) throw new Error(`${this.name} still has pending`)
    await this.#refuseOtherLists([...nodes.map(({ Endpoint }) => Endpoint), cluster.ConfigurationEndpoint])
    return `${nodes.length} ${cluster.PreferredMaintenanceWindow} ${await tagsOf(client, cluster.ARN)}`
  }

  async #refuseOtherLists(endpoints: readonly ({ Port?: number | undefined } | undefined)[]): Promise<void> {
    const { ask } = await import('./raw.ts')
    const ports = endpoints.map((endpoint) => endpoint?.Port as number)
    const lists = await Promise.all(ports.map((port) => ask(port, 'config get cluster\r\n')))
    const expected = ports.slice(0, -1).every((port) => lists[0]?.includes(`|${port}`))
    if (!expected || new Set(lists).size !== 1) throw new Error(`${this.name}: lists are ${lists.join(' and ')}`)
  }
}

const windowOf = (count: number): string => {
  const day = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][count % 7]
  const hour = String(count % 23).padStart(2, '0')
  const end = String((count % 23) + 1).padStart(2, '0')
  return `${day}:${hour}:30-${day}:${end}:30`
}

/** A parameter group with values and tags. Its events are counted as well: they come with the change, or not at all. */
export class ParameterGroupActor extends Actor {
  #count = 0

  async act({ client }: EngineProcess, random: Random): Promise<void> {
    const name = { CacheParameterGroupName: this.name }
    if (this.state === GONE) {
      const create = { ...name, CacheParameterGroupFamily: 'memcached1.6', Description: 'd' }
      const Tags = [{ Key: 'a', Value: 'b' }]
      return this.change('300', () => client.createCacheParameterGroup({ ...create, Tags }))
    }
    if (random() < 0.3) return this.change(GONE, () => client.deleteCacheParameterGroup(name))
    const value = String(300 + ++this.#count)
    const ParameterNameValues = [
      { ParameterName: 'memcached_connections_overhead', ParameterValue: value },
      { ParameterName: 'idle_timeout', ParameterValue: value },
    ]
    return this.change(value, () => client.modifyCacheParameterGroup({ ...name, ParameterNameValues }))
  }

  protected async read({ client }: EngineProcess): Promise<State> {
    const name = { CacheParameterGroupName: this.name }
    const answer = await client.describeCacheParameterGroups(name).catch(gone('CacheParameterGroupNotFoundFault'))
    const group = answer?.CacheParameterGroups?.[0]
    const events = await allEvents(client, this.name)
    const balance = ['created', 'deleted'].map(
      (what) => events.filter((message) => message === `Cache parameter group ${what}`).length,
    )
    if ((balance[0] ?? 0) - (balance[1] ?? 0) !== (group ? 1 : 0)) throw new Error(`${this.name}: events ${balance}`)
    if (!group) return GONE
    if ((await tagsOf(client, group.ARN)) !== 'a=b') throw new Error(`${this.name} has lost its tags`)
    const { Parameters = [] } = await client.describeCacheParameters({ ...name, Source: 'user' })
    const values = new Set(Parameters.map(({ ParameterValue }) => ParameterValue))
    if (Parameters.length === 1 || values.size > 1) throw new Error(`${this.name} is half changed`)
    return Parameters[0]?.ParameterValue ?? '300'
  }
}

async function allEvents(client: ElastiCache, SourceIdentifier: string): Promise<(string | undefined)[]> {
  const messages: (string | undefined)[] = []
  let Marker: string | undefined
  do {
    const input = { SourceType: 'cache-parameter-group' as const, SourceIdentifier, Duration: 20_160 }
    const answer = await client.describeEvents({ ...input, ...(Marker && { Marker }) })
    messages.push(...(answer.Events ?? []).map(({ Message }) => Message))
    Marker = answer.Marker
  } while (Marker)
  return messages
}

/** A serverless cache: description and limit change together. */
export class ServerlessActor extends Actor {
  #count = 0

  async act({ client }: EngineProcess, random: Random): Promise<void> {
    const name = { ServerlessCacheName: this.name }
    const count = 1_000 + ++this.#count
    const settings = { Description: String(count), CacheUsageLimits: { ECPUPerSecond: { Maximum: count } } }
    if (this.state === GONE) {
      return this.change(`${count}`, () => client.createServerlessCache({ ...serverless(this.name), ...settings }))
    }
    if (random() < 0.2) return this.change(GONE, () => client.deleteServerlessCache(name))
    return this.change(`${count}`, () => client.modifyServerlessCache({ ...name, ...settings }))
  }

  protected async read({ client }: EngineProcess): Promise<State> {
    const describe = async () => {
      const input = { ServerlessCacheName: this.name }
      const answer = await client.describeServerlessCaches(input).catch(gone('ServerlessCacheNotFoundFault'))
      return answer?.ServerlessCaches?.[0]
    }
    await eventually(`${this.name} has settled`, async () => {
      const cache = await describe()
      return cache === undefined || cache.Status === 'available'
    })
    const cache = await describe()
    if (!cache) return GONE
    const limit = String(cache.CacheUsageLimits?.ECPUPerSecond?.Maximum)
    if (limit !== cache.Description) throw new Error(`${this.name} is half changed: ${limit}, ${cache.Description}`)
    return limit
  }
}

/** A user of the engine, which is in a file of its own, and a policy. */
export class UserActor extends Actor {
  #count = 0

  async act(engine: EngineProcess, random: Random): Promise<void> {
    const post = (path: string, body: object) => () => control(engine, 'POST', path, body)
    if (this.state === GONE) return this.change('none', post(CONTROL.users, { create: this.name }))
    if (random() < 0.2) return this.change(GONE, post(CONTROL.users, { delete: this.name }))
    const Sid = `s${++this.#count}`
    const Statement = [{ Sid, Effect: 'Allow', Action: 'elasticache:*', Resource: '*' }]
    const document = { Version: '2012-10-17', Statement }
    return this.change(Sid, post(CONTROL.policies, { userName: this.name, policyName: 'p', document }))
  }

  protected async read(engine: EngineProcess): Promise<State> {
    type Report = { userName: string; policies: Record<string, { Statement: { Sid: string }[] }> }
    const users = await control<Report[]>(engine, 'GET', CONTROL.users)
    const user = users.find(({ userName }) => userName === this.name)
    return user ? (user.policies.p?.Statement[0]?.Sid ?? 'none') : GONE
  }
}

/** A user of caches of Valkey. */
export class CacheUserActor extends Actor {
  #count = 0

  async act({ client }: EngineProcess, random: Random): Promise<void> {
    const UserId = this.name
    if (this.state === GONE) {
      const rest = { UserName: UserId, Engine: 'valkey', Passwords: ['correct-horse-battery'] }
      return this.change('off -@all', () => client.createUser({ UserId, AccessString: 'off', ...rest }))
    }
    if (random() < 0.2) return this.change(GONE, () => client.deleteUser({ UserId }))
    const AccessString = `on ~${++this.#count} -@all`
    return this.change(AccessString, () => client.modifyUser({ UserId, AccessString }))
  }

  protected async read({ client }: EngineProcess): Promise<State> {
    const found = async () => {
      const { Users = [] } = await client.describeUsers({})
      return Users.find(({ UserId }) => UserId === this.name)
    }
    await eventually(`user ${this.name} is at rest`, async () => ((await found())?.Status ?? 'active') === 'active')
    return (await found())?.AccessString ?? GONE
  }
}
