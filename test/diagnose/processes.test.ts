import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { openFilesOf } from '../../src/diagnose/processes.ts'

test.skipIf(process.platform !== 'linux')(
  'files that were handed down above a limit take none of its room',
  async () => {
    const [handedDown, limit] = [24, 16]
    const file = openSync('/dev/null', 'r')
    const stdio = Array.from({ length: handedDown }, (_, fd) => (fd < 2 ? ('pipe' as const) : file))
    const child = spawn('sh', ['-c', `ulimit -n ${limit}; echo ready; read line`], { stdio })
    onTestFinished(() => {
      child.kill('SIGKILL')
      closeSync(file)
    })
    await once(child.stdout ?? child, 'data')
    expect(await openFilesOf(child.pid ?? 0)).toMatchObject({ used: limit, soft: limit })
  },
)
