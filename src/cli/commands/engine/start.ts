import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { regionFacts, regionNames } from '../../../api/catalog/regions.ts'
import {
  DEFAULT_DNS_PORT,
  DEFAULT_PORT,
  DEFAULT_REGION,
  type EngineInfo,
  type EngineOptions,
  type EngineStatus,
  LOG_FORMATS,
  NODE_RUNTIME_TAG,
  NODE_RUNTIMES,
  PACES,
  type Recovery,
  SERVER_VARIABLES,
  type ServerPlaces,
} from '../../../api/local-engine.ts'
import { ENDPOINT_MODES, LOCAL_ZONE } from '../../../api/local-names.ts'
import { nearest } from '../../../api/nearest.ts'
import { shellWord } from '../../../api/shell.ts'
import { namesOf } from '../../../api/tables.ts'
import { parseCidr } from '../../../net/cidr.ts'
import { sleep, systemClock } from '../../../net/clock.ts'
import { isLoopback } from '../../../net/loopback.ts'
import { command } from '../../command.ts'
import { type Environment, environment } from '../../environment.ts'
import { time } from '../../flag-kinds.ts'
import { choice, type Flags, texts, toggle, type ValuesOf, value, values } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { tellOfNewerNode } from '../../newer-node.ts'
import { ExitWith, Problem, usageProblem } from '../../problem.ts'
import { spanText } from '../../span.ts'
import { systemFiles } from '../../system-files.ts'
import { engineStatus, healthAt, holderOf } from '../../target/engine-control.ts'
import { type Patience, type Started, startAttached, startDetached } from '../../target/engine-process.ts'
import { stateDirOf } from '../../target/state-dir.ts'
import { tell } from '../../terminal.ts'

const startFlags = {
  port: value(
    {
      summary: `port of the API on 127.0.0.1 and ::1 (default ${DEFAULT_PORT})`,
      helpValue: '<port>',
    },
    portOf,
  ),
  region: value(
    { summary: `its region when a client names none (default ${DEFAULT_REGION})`, helpValue: '<region>' },
    regionOf,
  ),
  pace: choice(PACES, {
    summary: 'how long states last: instant, quick (default), realistic',
    helpValue: '<pace>',
  }),
  'node-runtime': choice(NODE_RUNTIMES, {
    summary: 'what cache nodes are: auto, embedded, server or memcached (default: as the last time, auto at first)',
    helpValue: '<runtime>',
  }),
  endpoints: choice(ENDPOINT_MODES, {
    summary:
      'how endpoints of what is created are told: ports, dns or hosts (default: as the last time, ports at first)',
    helpValue: '<way>',
  }),
  'dns-port': value(
    {
      summary: `port of its name server, for names of endpoints (default ${DEFAULT_DNS_PORT}, or one that is free)`,
      helpValue: '<port>',
    },
    portOf,
  ),
  listen: texts({
    summary: 'listen on these addresses, too: an address of this machine, or 0.0.0.0 or :: for all of a family',
    helpValue: '<address>...',
  }),
  'listen-beyond-loopback': toggle({ summary: 'allow --listen on addresses that other machines reach' }),
  'advertise-host': value(
    {
      summary: 'tell clients this host (a name or an IPv4 address) in endpoints, lists of nodes and redirects',
      helpValue: '<host>',
    },
    hostOf,
  ),
  'let-in': values(
    { summary: 'ranges of addresses that the default security group lets in from now on', helpValue: '<cidr>...' },
    rangeOf,
  ),
  wait: toggle({ summary: 'wait until it is ready, also where another command is just starting it; give up in time' }),
  timeout: time({ summary: 'how long --wait waits (default 2m)', otherwise: 120_000 }),
  recover: toggle({ summary: 'go on with what can be saved of a damaged state; the damaged files are kept' }),
  foreground: toggle({ summary: 'stay on this terminal until Ctrl-C, with a line for each call of the API' }),
  'log-format': choice(LOG_FORMATS, {
    summary: 'a line of the log: text for people (default), or json',
    helpValue: '<format>',
  }),
  ...stateDirFlag,
} satisfies Flags

export const engineStart = command({
  summary: 'Start the local engine; returns when its API answers',
  description: `Runs in the background, with its log in the state directory, until \`cachectl engine stop\`. Starting it again is no error. What it holds survives a stop and a crash; the contents of cache nodes do not. A state that is damaged is refused and left as it is; --recover goes on with what can be saved, says what is lost, and keeps the damaged files.

Cache nodes are parts of the engine (--node-runtime embedded), or the memcached, redis-server and valkey-server that are installed, a process each, behind a door that adds what they lack: \`config get cluster\`, TLS, security groups, faults to rehearse with (--node-runtime server). With auto they are parts of the engine, but for caches that ask for what only servers do: durable replication groups. With memcached those of Memcached alone are servers. The engine remembers which. A cache has its own with --tags Key=${NODE_RUNTIME_TAG},Value=server when it is created. Such nodes are of the installed version, whatever the cache's engine version, and those of Redis OSS and Valkey outlive an engine that is killed, with what they hold.

Endpoints are 127.0.0.1 or localhost with a port each (--endpoints ports). With --endpoints dns what is created from then on has endpoints as on AWS: every node, configuration, primary, reader and serverless endpoint has an address of its own in 127.0.0.0/8 with the port that was asked for, and a name of AWS's shape that ends in ${LOCAL_ZONE}, which the engine's own name server answers for; \`cachectl engine dns enable\` makes this host ask it. --endpoints hosts writes the names into a marked block of the hosts file as well, while the engine runs. Of IPv6 there is but ::1, so that nodes with IPv6 have a port each; so has every node where the system has 127.0.0.1 alone. What there is keeps the endpoints it was created with.

With --listen it and its nodes can be reached from other machines and containers; that has to be said in so many words (--listen-beyond-loopback). Every call of the API still needs a signature with the engine's keys (\`cachectl engine env\`), and control routes their token. Cache nodes ask for no password unless one is set: who may connect is for security groups to say, and the default one lets in this machine alone until --let-in, or \`cachectl engine security-group authorize\`, names others. Nothing is encrypted but nodes with TLS. Clients are told loopback addresses unless --advertise-host says what this machine is called where they are; nodes that there are already are told so, too.

Servers are those in PATH; ${SERVER_VARIABLES['redis-server']} and ${SERVER_VARIABLES['valkey-server']} name others.`,
  flags: startFlags,
  forms: {},
  async run({ flags, print }) {
    const report = (started: Started, line: string) => print.answer(factsOf(started), () => startedText(started, line))
    const options = readOptions(flags)
    if (print.form === 'readable') tellOfNewerNode()
    const patience = flags.wait ? patienceFor(options, flags.timeout) : undefined
    const running = await (patience ? statusInTime(options.stateDir, patience) : engineStatus(options.stateDir))
    if (running) {
      const line = `The engine is already running: ${running.url} (pid ${running.pid})`
      const others = differences(flags, running)
      if (others.length > 0) {
        throw new Problem(
          'general',
          `${line}. ${others.join(' ')}`,
          'To change that, stop it (cachectl engine stop) and start it again.',
        )
      }
      return report({ info: running }, line)
    }
    warnOfReach(options)
    if (!flags.foreground) {
      const started = await (patience ? startInTime(options, patience) : startDetached(options))
      return report(started, startedLine(started))
    }
    const { ended, ...started } = await startAttached(options)
    // For a program that reads lines of JSON, the log's own line is enough.
    if (flags['log-format'] !== 'json') await report(started, startedLine(started))
    const code = await ended
    if (code !== 0) throw new ExitWith(code)
  },
})

/** No call to an engine of another could be signed. */
function regionOf(said: string, argument: string): string {
  if (regionFacts(said)) return said
  const guess = nearest(said, regionNames)
  throw usageProblem(`argument ${argument}: there is no region ${said}`, guess && `Did you mean ${guess}?`)
}

const readOptions = (flags: ValuesOf<typeof startFlags>): EngineOptions => ({
  stateDir: stateDirOf(flags),
  port: flags.port ?? DEFAULT_PORT,
  region: flags.region ?? DEFAULT_REGION,
  pace: flags.pace ?? 'quick',
  ...(flags.recover && { recover: true }),
  ...(flags['node-runtime'] && { nodeRuntime: flags['node-runtime'] }),
  ...(flags.endpoints && { endpoints: flags.endpoints }),
  ...(flags['dns-port'] !== undefined && { dnsPort: flags['dns-port'] }),
  hostsFile: systemFiles(environment).hosts,
  ...listening(flags),
  ...(flags.foreground && { foreground: true }),
  ...(flags['log-format'] && { logFormat: flags['log-format'] }),
  serverPlaces: serverPlaces(environment),
})

function listening(flags: ValuesOf<typeof startFlags>): Pick<EngineOptions, 'listen' | 'advertisedHost' | 'letIn'> {
  const { listen, 'advertise-host': advertisedHost, 'let-in': letIn, endpoints } = flags
  for (const address of listen) {
    if (isIP(address) === 0) {
      throw usageProblem(`argument --listen: ${address} is no address`, '0.0.0.0 or :: stand for all of a family.')
    }
    if (['127.0.0.1', '::1'].includes(address)) throw usageProblem(`argument --listen: on ${address} it listens anyway`)
    if (!isLoopback(address) && !flags['listen-beyond-loopback']) {
      throw usageProblem(
        `argument --listen: ${address} can be reached from other machines, and cache nodes may ask for no password.`,
        'If that is wanted, and a firewall limits the clients, add --listen-beyond-loopback.',
      )
    }
  }
  if (endpoints !== undefined && endpoints !== 'ports' && (listen.length > 0 || advertisedHost !== undefined)) {
    const option = listen.length > 0 ? '--listen' : '--advertise-host'
    throw usageProblem(
      `argument --endpoints: ${endpoints} is not allowed with ${option}`,
      'Names are for this machine.',
    )
  }
  return {
    ...(listen.length > 0 && { listen }),
    ...(advertisedHost !== undefined && { advertisedHost }),
    ...(letIn.length > 0 && { letIn }),
  }
}

/** What a user should know who lets other machines in. */
function warnOfReach({ listen, advertisedHost, letIn }: EngineOptions): void {
  if (!listen || listen.every(isLoopback)) return
  tell(
    `warning: other machines reach this engine on ${listen.join(', ')}. Calls need its keys; cache nodes ask for no password unless one is set.`,
  )
  if (!letIn)
    tell('Security groups decide who connects to nodes; the default one lets in this machine alone: --let-in.')
  if (advertisedHost === undefined) tell('Clients are told loopback addresses: --advertise-host says what is right.')
}

function hostOf(said: string, argument: string): string {
  if (
    isIP(said) === 4 ||
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(said)
  ) {
    return said
  }
  throw usageProblem(`argument ${argument}: ${said} is no host name and no IPv4 address`)
}

function rangeOf(said: string, argument: string): string {
  const range = parseCidr(said)
  if (typeof range === 'string')
    throw usageProblem(`argument ${argument}: ${range}`, 'As in 172.16.0.0/12 or fd00::/8.')
  return said.includes('/') ? said : `${said}/${range.length}`
}

const READY_LOOK_MS = 200

const patienceFor = ({ stateDir, port }: EngineOptions, ms: number): Patience => ({
  until: systemClock.monotonicMs() + ms,
  async late() {
    const holder = await holderOf(stateDir)
    const waitsFor = (await healthAt(port))?.waitsFor ?? 'its first word'
    const who = holder ? `The engine (pid ${holder.pid})` : 'The engine'
    return new Problem(
      'general',
      `${who} is not ready after ${spanText(ms)}: it waits for ${waitsFor}.`,
      'It goes on starting: cachectl engine logs. A longer --timeout waits longer.',
    )
  },
})

/** Where another command is just starting one, that one. */
async function startInTime(options: EngineOptions, patience: Patience): Promise<Started> {
  try {
    return await startDetached(options, patience)
  } catch (error) {
    // The other one may have been too new, at the first look, to be known as the holder.
    for (const pause of [0, READY_LOOK_MS]) {
      await sleep(systemClock, pause)
      const running = await statusInTime(options.stateDir, patience)
      if (running) return { info: running }
    }
    throw error
  }
}

/** Of the engine that runs, or that starts meanwhile; undefined: none holds the state directory. */
async function statusInTime(stateDir: string, { until, late }: Patience): Promise<EngineStatus | undefined> {
  for (;;) {
    const running = await engineStatus(stateDir)
    if (running || !(await holderOf(stateDir))) return running
    if (systemClock.monotonicMs() >= until) throw await late()
    await sleep(systemClock, READY_LOOK_MS)
  }
}

/** Where a running engine is not as the options, those that were given, want it. */
function differences(flags: ValuesOf<typeof startFlags>, running: EngineStatus): string[] {
  const {
    listen,
    'advertise-host': advertisedHost,
    port,
    region,
    pace,
    'node-runtime': nodeRuntime,
    endpoints,
    'dns-port': dnsPort,
    foreground,
    'log-format': logFormat,
  } = flags
  const isOther = <T>(wanted: T | undefined, is: T): boolean => wanted !== undefined && wanted !== is
  const listens = (addresses: readonly string[] = []) => ['loopback', ...addresses].join(', ')
  return [
    ...(listen.length > 0 && listens(listen) !== listens(running.listen)
      ? [`It listens on ${listens(running.listen)}, not ${listens(listen)}.`]
      : []),
    ...(isOther(advertisedHost, running.advertisedHost)
      ? [`It tells ${running.advertisedHost ?? 'loopback addresses'}, not ${advertisedHost}.`]
      : []),
    ...(isOther(nodeRuntime, running.nodeRuntime) ? [`Its nodes are ${running.nodeRuntime}, not ${nodeRuntime}.`] : []),
    ...(isOther(endpoints, running.endpoints) ? [`It tells endpoints by ${running.endpoints}, not ${endpoints}.`] : []),
    ...(dnsPort !== 0 && isOther(dnsPort, running.dnsPort) ? [`${nameServerOf(running)}, not at ${dnsPort}.`] : []),
    // 0 takes any.
    ...(port !== 0 && isOther(port, running.port) ? [`Its port is ${running.port}, not ${port}.`] : []),
    ...(isOther(region, running.region) ? [`Its region is ${running.region}, not ${region}.`] : []),
    ...(isOther(pace, running.pace) ? [`Its pace is ${running.pace}, not ${pace}.`] : []),
    ...(isOther(logFormat, running.logFormat ?? 'text')
      ? [`It logs ${running.logFormat ?? 'text'}, not ${logFormat}.`]
      : []),
    // A program that looks after it would take the end of this command for the engine's.
    ...(foreground ? [`It runs ${running.foreground ? 'elsewhere' : 'in the background'}, not on this terminal.`] : []),
  ]
}

const nameServerOf = ({ dnsPort }: EngineStatus): string =>
  dnsPort === undefined ? 'It has no name server' : `Its name server is at port ${dnsPort}`

/** What the environment says; a path that is relative is so to where the command is given. */
function serverPlaces(env: Environment): ServerPlaces {
  const places = namesOf(SERVER_VARIABLES).flatMap((name) => {
    const place = env[SERVER_VARIABLES[name]]
    return place ? [[name, place.includes('/') ? resolve(place) : place]] : []
  })
  return Object.fromEntries(places)
}

function portOf(given: string, argument: string): number {
  const port = Number(given)
  if (/^\d+$/.test(given) && port <= 65535) return port
  throw usageProblem(`argument ${argument}: invalid port: '${given}'`, '0 to 65535; 0 takes any free one.')
}

function startedLine({ info: { url, pid, region }, recovery }: Started): string {
  return [`Engine started: ${url} (pid ${pid}, region ${region})`, ...recoveryLines(recovery)].join('\n')
}

function factsOf({ info: { pid, version, url, port, region, stateDir, startedAt }, recovery }: Started) {
  return { pid, version, url, port, region, stateDir, startedAt, ...(recovery && { recovery }) }
}

const startedText = ({ info }: Started, firstLine: string): string => `${firstLine}
State directory: ${info.stateDir}
${namesLine(info)}
cachectl talks to it by itself. To point aws, boto3, Terraform and the SDKs at it:
  ${evalLine(info)}`

/** Of an engine with names. */
const namesLine = ({ dnsPort }: EngineInfo): string =>
  dnsPort === undefined
    ? ''
    : `Names of endpoints end in ${LOCAL_ZONE}, answered on 127.0.0.1 port ${dnsPort}: cachectl engine dns status\n`

function recoveryLines(recovery: Recovery | undefined): string[] {
  if (!recovery) return []
  const { kept, saved, lost, lostRecords, mayBeOld } = recovery
  const counts = Object.entries(saved).map(([kind, count]) => `${count} ${plural(kind, count)}`)
  const names =
    lostRecords.length > 0 ? `${lostRecords.length === lost ? ':' : ', among them'} ${lostRecords.join(', ')}` : ''
  return [
    ...kept.map((path) => `Damaged, and kept: ${path}`),
    `Saved: ${counts.length > 0 ? counts.join(', ') : 'nothing'}`,
    `Lost: ${lost === null ? 'not known: the file does not tell what it held' : lost === 0 ? 'nothing' : `${lost} ${plural('record', lost)}${names}`}`,
    ...(mayBeOld ? ['Some may be as they were one change earlier, or are back that had been deleted.'] : []),
  ]
}

/** `parameterGroup` -> `parameter groups` */
const plural = (kind: string, count: number): string => {
  const words = kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return count === 1 ? words : `${words}s`
}

function evalLine({ stateDir }: EngineInfo): string {
  const isDefault = stateDir === stateDirOf({}) && !environment.CACHECTL_HOME
  return `eval "$(cachectl engine env${isDefault ? '' : ` --state-dir ${shellWord(stateDir)}`})"`
}
