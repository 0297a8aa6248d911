import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { engineFiles } from '../../../api/local-engine.ts'
import { errorCode } from '../../../api/thrown.ts'
import { sleep, systemClock } from '../../../net/clock.ts'
import { command } from '../../command.ts'
import { count } from '../../flag-kinds.ts'
import { toggle } from '../../flags.ts'
import { stateDirFlag } from '../../global-flags.ts'
import { untilInterrupted } from '../../live/interrupt.ts'
import { Problem } from '../../problem.ts'
import { stateDirOf } from '../../target/state-dir.ts'
import { print } from '../../terminal.ts'

const LOOK_MS = 200

export const engineLogs = command({
  summary: "Print the end of the local engine's log",
  flags: {
    follow: toggle({ summary: 'go on with what is written from now on, until Ctrl-C', char: 'f' }),
    lines: count({ summary: 'lines to begin with (default 50)', helpValue: '<number>', char: 'n', otherwise: 50 }),
    ...stateDirFlag,
  },
  async run({ flags }) {
    const { log } = engineFiles(stateDirOf(flags))
    const read = readerOf(log)
    print(lastLines(read(), flags.lines))
    if (!flags.follow) return
    await untilInterrupted(async (signal) => {
      while (!signal.aborted) {
        await sleep(systemClock, LOOK_MS, signal)
        print(read())
      }
    })
  },
})

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
