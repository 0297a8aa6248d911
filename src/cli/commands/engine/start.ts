import { resolve } from 'node:path'
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
  type Pace,
  type Recovery,
  SERVER_VARIABLES,
  type ServerPlaces,
} from '../../../api/local-engine.ts'
import { ENDPOINT_MODES, LOCAL_ZONE } from '../../../api/local-names.ts'
import { shellWord } from '../../../api/shell.ts'
import { namesOf } from '../../../api/tables.ts'
import { command } from '../../command.ts'
import { type Environment, environment } from '../../environment.ts'
import { choice, type Flags, text, toggle, type ValuesOf, value } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { tellOfNewerNode } from '../../newer-node.ts'
import { ExitWith, Problem, usageProblem } from '../../problem.ts'
import { systemFiles } from '../../system-files.ts'
import { engineStatus } from '../../target/engine-control.ts'
import { type Started, startAttached, startDetached } from '../../target/engine-process.ts'
import { stateDirOf } from '../../target/state-dir.ts'

const PACES = ['instant', 'quick', 'realistic'] as const satisfies readonly Pace[]

const startFlags = {
  port: value(
    {
      summary: `port of the API on 127.0.0.1 and ::1 (default ${DEFAULT_PORT})`,
      helpValue: '<port>',
    },
    portOf,
  ),
  region: text({ summary: `its region when a client names none (default ${DEFAULT_REGION})`, helpValue: '<region>' }),
  pace: choice(PACES, {
    summary: 'how long states last: instant, quick (default), realistic',
    helpValue: '<pace>',
  }),
  'node-runtime': choice(NODE_RUNTIMES, {
    summary: 'what cache nodes are: embedded or memcached (default: as the last time, embedded at first)',
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

Cache nodes are threads of the engine (--node-runtime embedded), or the memcached that is installed, a process each, behind a relay that adds what memcached lacks: \`config get cluster\`, TLS, security groups, faults to rehearse with (--node-runtime memcached). The engine remembers which. A single cluster has its own with --tags Key=${NODE_RUNTIME_TAG},Value=memcached when it is created. Such nodes are of the installed version, whatever the cluster's engine version.

Endpoints are 127.0.0.1 or localhost with a port each (--endpoints ports). With --endpoints dns what is created from then on has endpoints as on AWS: every node, configuration, primary, reader and serverless endpoint has an address of its own in 127.0.0.0/8 with the port that was asked for, and a name of AWS's shape that ends in ${LOCAL_ZONE}, which the engine's own name server answers for; \`cachectl engine dns enable\` makes this host ask it. --endpoints hosts writes the names into a marked block of the hosts file as well, while the engine runs. Of IPv6 there is but ::1, so that nodes with IPv6 have a port each; so has every node where the system has 127.0.0.1 alone. What there is keeps the endpoints it was created with.

Nodes of Redis OSS and Valkey are the redis-server and valkey-server in PATH, or those that ${SERVER_VARIABLES['redis-server']} and ${SERVER_VARIABLES['valkey-server']} name.`,
  flags: startFlags,
  forms: {},
  async run({ flags, print }) {
    const report = (started: Started, line: string) => print.answer(factsOf(started), () => startedText(started, line))
    const options = readOptions(flags)
    if (print.form === 'readable') tellOfNewerNode()
    const running = await engineStatus(options.stateDir)
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
    if (!flags.foreground) {
      const started = await startDetached(options)
      return report(started, startedLine(started))
    }
    const { ended, ...started } = await startAttached(options)
    // For a program that reads lines of JSON, the log's own line is enough.
    if (flags['log-format'] !== 'json') await report(started, startedLine(started))
    const code = await ended
    if (code !== 0) throw new ExitWith(code)
  },
})

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
  ...(flags.foreground && { foreground: true }),
  ...(flags['log-format'] && { logFormat: flags['log-format'] }),
  serverPlaces: serverPlaces(environment),
})

/** Where a running engine is not as the options, those that were given, want it. */
function differences(flags: ValuesOf<typeof startFlags>, running: EngineStatus): string[] {
  const { port, region, pace, 'node-runtime': nodeRuntime, endpoints, 'dns-port': dnsPort } = flags
  const isOther = <T>(wanted: T | undefined, is: T): boolean => wanted !== undefined && wanted !== is
  return [
    ...(isOther(nodeRuntime, running.nodeRuntime) ? [`Its nodes are ${running.nodeRuntime}, not ${nodeRuntime}.`] : []),
    ...(isOther(endpoints, running.endpoints) ? [`It tells endpoints by ${running.endpoints}, not ${endpoints}.`] : []),
    ...(dnsPort !== 0 && isOther(dnsPort, running.dnsPort) ? [`${nameServerOf(running)}, not ${dnsPort}.`] : []),
    // 0 takes any.
    ...(port !== 0 && isOther(port, running.port) ? [`Its port is ${running.port}, not ${port}.`] : []),
    ...(isOther(region, running.region) ? [`Its region is ${running.region}, not ${region}.`] : []),
    ...(isOther(pace, running.pace) ? [`Its pace is ${running.pace}, not ${pace}.`] : []),
  ]
}

const nameServerOf = ({ dnsPort }: EngineStatus): string =>
  dnsPort === undefined ? 'It has no name server' : `The port of its name server is ${dnsPort}`

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

cachectl talks to it by itself. To point aws, boto3, Terraform and the SDKs at it:
  ${evalLine(info)}`

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
