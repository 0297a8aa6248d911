import {
  DEFAULT_PORT,
  DEFAULT_REGION,
  type EngineInfo,
  type EngineOptions,
  NODE_RUNTIME_TAG,
  NODE_RUNTIMES,
  type Pace,
  type Recovery,
} from '../../api/local-engine.ts'
import { shellWord } from '../../api/shell.ts'
import { BaseCommand } from '../base-command.ts'
import { engineStatus } from '../engine-control.ts'
import { type Started, startAttached, startDetached } from '../engine-process.ts'
import { environment } from '../environment.ts'
import { text, toggle } from '../flags.ts'
import { tellOfNewerNode } from '../newer-node.ts'
import type { FlagValues } from '../parse.ts'
import { ExitWith, Problem, usageProblem } from '../problem.ts'
import { printLine } from '../terminal.ts'
import { choiceOf, outputFlag, stateDirFlag, stateDirOf } from './engine-flags.ts'

const PACES = ['instant', 'quick', 'realistic'] as const satisfies readonly Pace[]

export class EngineStart extends BaseCommand {
  static override summary = 'Start the local engine; returns when its API answers'
  static override description =
    `Runs in the background, with its log in the state directory, until \`cachectl engine stop\`. Starting it again is no error. What it holds survives a stop and a crash; the contents of cache nodes do not. A state that is damaged is refused and left as it is; --recover goes on with what can be saved, says what is lost, and keeps the damaged files.

Cache nodes are threads of the engine (--node-runtime embedded), or the memcached that is installed, a process each, behind a relay that adds what memcached lacks: \`config get cluster\`, TLS, security groups, faults to rehearse with (--node-runtime memcached). The engine remembers which. A single cluster has its own with --tags Key=${NODE_RUNTIME_TAG},Value=memcached when it is created. Such nodes are of the installed version, whatever the cluster's engine version.`
  static override flags = {
    port: text({ summary: `port of the API on 127.0.0.1 and ::1 (default ${DEFAULT_PORT})`, helpValue: '<port>' }),
    region: text({ summary: `its region when a client names none (default ${DEFAULT_REGION})`, helpValue: '<region>' }),
    pace: text({ summary: 'how long states last: instant, quick (default), realistic', helpValue: '<pace>' }),
    'node-runtime': text({
      summary: 'what cache nodes are: embedded or memcached (default: as the last time, embedded at first)',
      helpValue: '<runtime>',
    }),
    recover: toggle({ summary: 'go on with what can be saved of a damaged state; the damaged files are kept' }),
    foreground: toggle({ summary: 'stay on this terminal until Ctrl-C' }),
    ...stateDirFlag,
    ...outputFlag,
  }

  async run(): Promise<void> {
    const { flags } = this.read()
    const json = choiceOf(flags, 'output', ['text', 'json'], 'text') === 'json'
    const options = readOptions(flags)
    if (!json) tellOfNewerNode()
    const running = await engineStatus(options.stateDir)
    if (running) {
      const { nodeRuntime = running.nodeRuntime } = options
      const line = `The engine is already running: ${running.url} (pid ${running.pid})`
      if (nodeRuntime !== running.nodeRuntime) {
        throw new Problem(
          'general',
          `${line}. Its nodes are ${running.nodeRuntime}, not ${nodeRuntime}.`,
          'To change that, stop it (cachectl engine stop) and start it again.',
        )
      }
      print({ info: running }, json, line)
      return
    }
    if (flags.foreground !== true) {
      report(await startDetached(options), json)
      return
    }
    const { ended, ...started } = await startAttached(options)
    report(started, json)
    const code = await ended
    if (code !== 0) throw new ExitWith(code)
  }
}

function readOptions(flags: FlagValues): EngineOptions {
  const asked = flags['node-runtime'] !== undefined
  return {
    stateDir: stateDirOf(flags),
    port: portOf(flags.port as string | undefined),
    region: (flags.region as string | undefined) ?? DEFAULT_REGION,
    pace: choiceOf(flags, 'pace', PACES, 'quick'),
    ...(flags.recover === true && { recover: true }),
    ...(asked && { nodeRuntime: choiceOf(flags, 'node-runtime', NODE_RUNTIMES, 'embedded') }),
  }
}

function portOf(given: string | undefined): number {
  if (given === undefined) return DEFAULT_PORT
  const port = Number(given)
  if (/^\d+$/.test(given) && port <= 65535) return port
  throw usageProblem(`argument --port: invalid port: '${given}'`, '0 to 65535; 0 takes any free one.')
}

const startedLine = ({ url, pid, region }: EngineInfo): string =>
  `Engine started: ${url} (pid ${pid}, region ${region})`

const report = (started: Started, json: boolean): void =>
  print(started, json, [startedLine(started.info), ...recoveryLines(started.recovery)].join('\n'))

function print({ info, recovery }: Started, json: boolean, firstLine: string): void {
  if (json) {
    const { pid, version, url, port, region, stateDir, startedAt } = info
    const told = recovery && { recovery }
    printLine(JSON.stringify({ pid, version, url, port, region, stateDir, startedAt, ...told }, null, 4))
    return
  }
  printLine(`${firstLine}
State directory: ${info.stateDir}

cachectl talks to it by itself. To point aws, boto3, Terraform and the SDKs at it:
  ${evalLine(info)}`)
}

function recoveryLines(recovery: Recovery | undefined): string[] {
  if (!recovery) return []
  const { kept, saved, lost, lostRecords, mayBeOld } = recovery
  const counts = Object.entries(saved).map(([kind, count]) => `${count} ${plural(kind, count)}`)
  const names =
    lostRecords.length > 0 ? `${lostRecords.length === lost ? ':' : ', among them'} ${lostRecords.join(', ')}` : ''
  return [
    ...kept.map((path) => `Damaged, and kept: ${path}`),
    `Saved: ${counts.length > 0 ? counts.join(', ') : 'nothing'}`,
    `Lost: ${lost === null ? 'nobody can tell' : lost === 0 ? 'nothing' : `${lost} ${plural('record', lost)}${names}`}`,
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
