import { existsSync, rmSync } from 'node:fs'
import { hostname, totalmem } from 'node:os'
import { NODE_CONNECTIONS } from '../api/catalog/cache-node.ts'
import { LIMITS } from '../api/catalog/limits.ts'
import { PRIMARY_PORT } from '../api/catalog/serverless.ts'
import {
  ACCOUNT_ID,
  CONTROL,
  type EngineCredentials,
  type EngineInfo,
  type EngineOptions,
  type EngineStatus,
  engineFiles,
  type Holder,
  type Recovery,
} from '../api/local-engine.ts'
import { pidNamespace } from '../holder/words.ts'
import { openFileLimit } from '../net/serve/file-limit.ts'
import { type ApiOptions, answerApi, factsOf } from './api.ts'
import { AuditLog } from './audit/audit.ts'
import type { Context } from './calls/context.ts'
import { Metrics } from './cloudwatch/metrics.ts'
import { clockRoutes } from './control/clock.ts'
import { faultRoutes } from './control/faults.ts'
import { withKnownMembers } from './control/members.ts'
import type { NetworkOffice } from './control/network-office.ts'
import { notificationRoutes } from './control/notifications.ts'
import { quotaRoutes } from './control/quotas.ts'
import { securityGroupRoutes } from './control/security-groups.ts'
import { reportStatus } from './control/status.ts'
import { subnetRoutes } from './control/subnets.ts'
import { userRoutes } from './control/users.ts'
import { ApiThrottle } from './faults/api-throttle.ts'
import { connectionLimits } from './http/connections.ts'
import { frontDoor } from './http/front-door.ts'
import { LoopbackServer } from './http/server.ts'
import { Signatures } from './http/signature.ts'
import { openCredentials } from './identity/credentials.ts'
import { Principals } from './identity/principals.ts'
import { Users } from './identity/users.ts'
import { replacementDelay } from './lifecycle/pace.ts'
import { Runner } from './lifecycle/runner.ts'
import { canListen, Ports } from './network/ports.ts'
import { EmbeddedRuntime } from './nodes/embedded.ts'
import { Fleet } from './nodes/fleet.ts'
import { NodeRuntimes } from './nodes/node-runtimes.ts'
import { RestoredLists } from './nodes/restored-lists.ts'
import { addressEvent, NotificationSink } from './notifications/sink.ts'
import { FaultKeeper } from './rehearsal/keeper.ts'
import { writeWhole } from './store/durable-file.ts'
import { type Seat, takeStateDirectory } from './store/holder.ts'
import { JsonLines } from './store/json-lines.ts'
import { recover } from './store/recover.ts'
import { SnapshotFiles } from './store/snapshot-files.ts'
import { openStateDirectory } from './store/state-dir.ts'
import { Store } from './store/store.ts'
import { damaged } from './store/unusable.ts'
import { type Clock, systemClock } from './time/clock.ts'
import { EngineClock } from './time/engine-clock.ts'
import { recordedPorts } from './workloads/all.ts'
import { ClusterLife } from './workloads/clusters/life.ts'
import { ServerlessLife } from './workloads/serverless/life.ts'
import { SnapshotErrands } from './workloads/serverless/snapshots.ts'

export interface EngineParts extends EngineOptions {
  readonly version: string
  /** The bundled worker of embedded nodes. */
  readonly workerFile: URL
  readonly log: (line: string) => void
  readonly clock?: Clock
  readonly random?: () => number
  /** Where free ports for serverless caches, which cannot ask for one, are looked for from. */
  readonly serverlessPort?: number
  /** Called when a client asks that the engine stop. */
  readonly onStop?: () => void
  /** Called when the state directory is found to be gone: no change can be kept any more. */
  readonly onGone?: () => void
}

export interface Engine {
  readonly info: EngineInfo
  readonly credentials: EngineCredentials
  /** What became of a state that was damaged, where that was to be saved. */
  readonly recovery: Recovery | undefined
  status(): Promise<EngineStatus>
  close(): Promise<void>
}

/** Bytes of each of the two files of the audit log. */
const AUDIT_BYTES = 10_000_000
/** Of calls whose signature was not right. */
const AUDIT_STRANGERS_BYTES = 1_000_000
/** Bytes of each of the two files of notifications. */
const NOTIFICATION_BYTES = 5_000_000

/** Half of the machine: what all nodes together may take. */
const memoryBudget = (): number => Math.floor(totalmem() / 2)

/**
 * Opens the state directory, brings back every cluster that is recorded there, and then answers the API. Rejects with
 * StateDirectoryHeld, or with the system's error when the port is taken.
 */
export async function startEngine(parts: EngineParts): Promise<Engine> {
  const { stateDir } = parts
  openStateDirectory(stateDir)
  const me: Holder = {
    pid: process.pid,
    pidNamespace: pidNamespace(),
    host: hostname(),
    startedAt: new Date(systemClock.now()).toISOString(),
    url: '',
  }
  const seat = await takeStateDirectory(stateDir, me, () => parts.onStop?.())
  try {
    return await startIn(seat, me, parts)
  } catch (error) {
    seat.release()
    throw error
  }
}

/** In a state directory that is ours. */
async function startIn(seat: Seat, me: Holder, parts: EngineParts): Promise<Engine> {
  const { stateDir, log, random = Math.random } = parts
  const files = engineFiles(stateDir)
  const recovery = parts.recover ? await recover(stateDir, systemClock.now()) : undefined
  if (!existsSync(files.store) && existsSync(files.credentials)) {
    throw damaged(files.store, 'it is not there, though an engine has run here')
  }
  const store = await Store.open(files.store)
  store.onGone(() => parts.onGone?.())
  const nodeRuntimes = await openNodeRuntimes(store, parts)
  const clock = new EngineClock(parts.clock ?? systemClock, store)
  const notificationLines = new JsonLines(files.notifications, NOTIFICATION_BYTES)
  const notifications = new NotificationSink(notificationLines, store, log)
  store.onEvents(
    (event) => addressEvent(event, store),
    (number, event) => notifications.deliver(number, event),
  )
  notifications.catchUp()

  const credentials = openCredentials(files.credentials)
  const openAuthority = once(async () => {
    const { Authority } = await import('./nodes/authority.ts')
    return Authority.open({ key: files.authorityKey, certificate: files.authorityCertificate }, systemClock.now())
  })
  if (!existsSync(files.authorityCertificate)) await openAuthority()
  const hasIpv6 = await canListen('::1', 0)
  const addresses = hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']
  const runtime = new EmbeddedRuntime(parts.workerFile)
  // Who could have as many on one node has no need to know.
  if (runtime.connectionLimit !== undefined && runtime.connectionLimit < NODE_CONNECTIONS) {
    log(
      `${runtime.connectionLimit} connections at most to all embedded nodes together: the limit of open files (ulimit -n)`,
    )
  }
  const fleet = new Fleet({
    runtime,
    memcachedFor: (node, name) => (nodeRuntimes.of(node) === 'memcached' ? nodeRuntimes.filesOf(name) : undefined),
    openAuthority,
    memoryBudget: memoryBudget(),
    wallClock: systemClock.now,
    clock,
    wake: ({ kind, region, id }) => void runner.kick(kind, region, id),
  })
  const ports = new Ports(() => recordedPorts(store), addresses)
  const { pace } = parts
  const snapshotFiles = new SnapshotFiles(files.snapshots, files.buckets)
  const runner = new Runner({
    store,
    clock,
    fleet,
    lives: {
      cluster: new ClusterLife({ store, clock, ports, pace, log }),
      serverlessCache: new ServerlessLife({
        store,
        clock,
        runtime,
        ports,
        firstPort: parts.serverlessPort ?? PRIMARY_PORT,
        files: snapshotFiles,
        wakeSnapshot: (region, id) => void runner.kick('serverlessSnapshot', region, id),
        pace,
        random,
        log,
      }),
    },
    errands: { serverlessSnapshot: new SnapshotErrands({ store, clock, files: snapshotFiles, pace, log }) },
    log,
  })
  runtime.onLost((names, why) => {
    log(`a worker thread ended; starting its nodes again: ${names.join(', ')}: ${why}`)
    runner.lost(fleet.lost(names), why)
  })

  runtime.onCrash((name, how) => {
    log(`node ${name}: memcached ended (${how})`)
    const key = fleet.nodeCalled(name)
    fleet.lost([name])
    if (!key) return
    const { region, id: cluster, node } = key
    // The same from here on as a rehearsed crash: events, a replacement after a while.
    const durationMs = replacementDelay(pace)
    faults
      .inject({ kind: 'node-crash', region, cluster, node, durationMs })
      .catch((error: Error) => log(`node ${name} is not replaced: ${error.message}`))
  })

  const restoredLists = new RestoredLists(store, () => clock.now(), log)
  runtime.onRestored((name, loss) => {
    const key = fleet.nodeCalled(name)
    if (key) restoredLists.tell(key, loss)
  })

  const contextOf = (region: string): Context => ({
    region,
    facts: factsOf(region),
    account: ACCOUNT_ID,
    store,
    now: clock.now(),
    random,
    hasIpv6,
    nodeRuntimes,
    pace,
    wake(kind, id) {
      void runner.kick(kind, region, id)
      faults.rearm()
    },
  })
  const users = new Users(files.users)
  const principals = new Principals(credentials, users)
  const signatures = new Signatures(principals, systemClock.now)
  const audit = new AuditLog(
    new JsonLines(files.audit, AUDIT_BYTES),
    new JsonLines(files.auditStrangers, AUDIT_STRANGERS_BYTES),
    systemClock,
    log,
  )
  const metrics = new Metrics({
    store,
    clock,
    machineClock: parts.clock ?? systemClock,
    readings: () => runtime.readings(),
    signatures,
    principals,
    audit,
    files,
    log,
  })
  const status = () =>
    reportStatus({
      info,
      store,
      runtime,
      nodeRuntimes,
      memoryBudgetBytes: memoryBudget(),
      residentBytes: process.memoryUsage.rss(),
      connectionLimit: runtime.connectionLimit,
    })
  const office: NetworkOffice = {
    contextOf,
    async settle(region, ids) {
      const caches = store.list('serverlessCache', region).map(({ id }) => id)
      await runner.settle([
        ...ids.map((id) => ({ region, kind: 'cluster' as const, id })),
        ...caches.map((id) => ({ region, kind: 'serverlessCache' as const, id })),
      ])
    },
  }
  const apiThrottle = new ApiThrottle(store)
  const faults = new FaultKeeper({
    store,
    clock,
    homeRegion: parts.region,
    settle: (owners) => runner.settle(owners),
    listOf: (node) => fleet.listOf(node),
  })
  const api: ApiOptions = {
    signatures,
    principals,
    audit,
    throttle: (call, context) => apiThrottle.check(call, context),
    contextOf,
    homeRegion: parts.region,
    now: () => clock.now(),
    log,
  }
  const server = new LoopbackServer({
    respond: frontDoor({
      api: (head) => metrics.answer(head) ?? answerApi(head, api),
      control: withKnownMembers({
        [`GET ${CONTROL.status}`]: status,
        [`POST ${CONTROL.reset}`]: () => {
          notificationLines.clear()
          return reset(store, runner, clock).finally(() => {
            nodeRuntimes.remember()
            metrics.recorder.clear()
          })
        },
        ...clockRoutes(
          clock,
          () => runner.idle(),
          store,
          () => metrics.recorder.catchUp(),
        ),
        ...notificationRoutes(store),
        ...faultRoutes(faults),
        [`POST ${CONTROL.auditFlush}`]: () => audit.flush(),
        ...userRoutes(users, systemClock.now),
        ...subnetRoutes(office),
        ...quotaRoutes(office),
        ...securityGroupRoutes(office),
      }),
      controlToken: credentials.controlToken,
    }),
    isPromising: (head) => signatures.isKeyNamed(head),
    limits: connectionLimits(openFileLimit()),
    later: (milliseconds, act) => systemClock.at(systemClock.now() + milliseconds, act),
  })

  const shutDown = async () => {
    await server.close()
    audit.close()
    // Nobody is to be replaced any more.
    runtime.onCrash(() => {})
    faults.close()
    await metrics.recorder.close()
    await runner.close()
    await runtime.close()
    nodeRuntimes.close()
    await store.close()
    seat.release()
  }
  store.forgetEvents(clock.now() - LIMITS.eventRetentionMinutes * 60_000)
  let port: number
  try {
    // Before the door opens: a cluster that says available answers.
    faults.resume()
    await runner.resume()
    port = await server.listen(addresses, parts.port)
  } catch (error) {
    await shutDown()
    throw error
  }
  const info: EngineInfo = {
    ...me,
    version: parts.version,
    url: `http://127.0.0.1:${port}`,
    port,
    region: parts.region,
    stateDir,
  }
  seat.hold({ ...me, url: info.url })
  writeWhole(files.info, `${JSON.stringify(info, null, 2)}\n`)
  log(`cachectl engine ${parts.version} answers at ${info.url}`)

  return {
    info,
    credentials,
    recovery,
    status,
    async close() {
      rmSync(files.info, { force: true })
      await shutDown()
    },
  }
}

/** Without memcached, where all nodes are to be that, nothing stays open. */
async function openNodeRuntimes(store: Store, { stateDir, nodeRuntime: asked }: EngineParts): Promise<NodeRuntimes> {
  try {
    return new NodeRuntimes({ store, stateDir, asked })
  } catch (error) {
    await store.close()
    throw error
  }
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

/** Forgets everything; the nodes end as their records are gone, and the clock is the machine's again. */
async function reset(store: Store, runner: Runner, clock: EngineClock): Promise<{ clusters: number }> {
  const former = runner.owners()
  store.clear()
  clock.reset()
  await runner.cleared(former)
  return { clusters: former.filter(({ kind }) => kind === 'cluster').length }
}
