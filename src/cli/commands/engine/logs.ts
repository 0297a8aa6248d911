import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { engineFiles } from '../../../api/local-engine.ts'
import { LOG_TYPES } from '../../../api/local-logs.ts'
import { errorCode } from '../../../api/thrown.ts'
import { sleep, systemClock } from '../../../net/clock.ts'
import { command } from '../../command.ts'
import { count } from '../../flag-kinds.ts'
import { choice, toggle } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { endLine, untilInterrupted } from '../../live/interrupt.ts'
import { Problem, usageProblem } from '../../problem.ts'
import { runningEngine, stateDirOf } from '../../target/state-dir.ts'
import { print } from '../../terminal.ts'
import { optional } from '../../words.ts'
import { streamsOf } from './log-streams.ts'

const LOOK_MS = 200

export const engineLogs = command({
  summary: "Print the end of the local engine's log, or of the logs that a cache has delivered",
  description:
    'With the name of a replication group or of a cache cluster of Redis OSS or Valkey: its slow log and engine log, as far as LogDeliveryConfigurations has them delivered. They are files in the folder `logs` of the state directory, which stands for CloudWatch Logs and Firehose; of several, each is told by its path. When a stream has 10 MB it goes on in a new file, and the one before is beside it with `.1` at its end.',
  examples: ['engine logs --follow', 'engine logs shop --type slow-log', 'engine logs shop-001 -f'],
  words: { cache: optional('replication group or cache cluster whose delivered logs are meant') },
  flags: {
    type: choice(LOG_TYPES, { summary: 'of the logs of a cache, those of this type' }),
    follow: toggle({ summary: 'go on with what is written from now on, until Ctrl-C', char: 'f' }),
    lines: count({ summary: 'lines to begin with (default 50)', helpValue: '<number>', char: 'n', otherwise: 50 }),
    ...stateDirFlag,
  },
  async run({ words: { cache }, flags }) {
    if (cache === undefined && flags.type !== undefined) throw usageProblem('--type needs the name of a cache.')
    const stateDir = stateDirOf(flags)
    const { log, logs } = engineFiles(stateDir)
    const running = cache === undefined ? runningEngine(stateDir) : undefined
    if (running?.info.foreground) {
      throw new Problem(
        'general',
        `The engine (pid ${running.info.pid}) runs in the foreground, and logs to the terminal or the program that started it.`,
        'One in the background has its log in a file: cachectl engine start',
      )
    }
    const show = printerOf(cache === undefined ? [log] : streamsOf(logs, cache, flags.type))
    show((text) => lastLines(text, flags.lines))
    if (!flags.follow) return
    await untilInterrupted(async (signal) => {
      while (!signal.aborted) {
        await sleep(systemClock, LOOK_MS, signal)
        show((text) => text)
      }
    }, endLine)
  },
})

/** Each call prints what is new; where it is of another one of several files, its path before that. */
function printerOf(paths: readonly string[]): (part: (text: string) => string) => void {
  const files = paths.map((path) => ({ path, read: readerOf(path) }))
  let last = ''
  return (part) => {
    for (const { path, read } of files) {
      const text = part(read())
      if (text === '') continue
      if (files.length > 1 && path !== last) print(`${last === '' ? '' : '\n'}==> ${path} <==\n`)
      last = path
      print(text)
    }
  }
}

/** Each call returns what has been written since the one before. */
function readerOf(path: string): () => string {
  let position = 0
  return () => {
    const file = openLog(path)
    try {
      const { size } = fstatSync(file)
      if (size < position) position = 0
      const bytes = Buffer.alloc(size - position)
      position += readSync(file, bytes, 0, bytes.length, position)
      return bytes.toString('utf8')
    } finally {
      closeSync(file)
    }
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    throw new Problem('configuration', `There is no log: ${path}`, 'It is written from the first start on.')
  }
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n')
  const ended = lines.at(-1) === '' ? 1 : 0
  return lines.slice(Math.max(0, lines.length - ended - count)).join('\n')
}
