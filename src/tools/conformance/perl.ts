import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { NODE_RUN } from './node.ts'
import type { FileOutcome } from './outcome.ts'
import { runBounded } from './programs.ts'

const FILE_MS = 300_000

/** The files of memcached's suite; those of TLS among them need its variable. */
export const perlFiles = (directory: string): string[] =>
  readdirSync(join(directory, 't'))
    .filter((name) => name.endsWith('.t'))
    .map((name) => name.slice(0, -'.t'.length))
    .sort()

/** Puts the node where the suite looks for memcached's debug build. @param program A memcached to put there instead. */
export function placeNode(directory: string, version: string, program?: string): void {
  const node = [...NODE_RUN, '"$@"', '--plain', '--engine-version', version, '--debug-time']
  const programs = {
    'memcached-debug': `${program === undefined ? node.join(' ') : `${program} "$@"`} >/dev/null`,
    // What memcached's build makes of timedrun.c.
    timedrun: 'timeout "$@"',
  }
  for (const [name, command] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\nexec ${command}\n`)
    chmodSync(join(directory, name), 0o755)
  }
}

/** Runs one file, which starts nodes by itself. */
export async function runPerlFile(directory: string, file: string): Promise<FileOutcome> {
  const env = file.startsWith('ssl_') ? { SSL_TEST: '1' } : {}
  const command = ['prove', '-I', 't/lib', `t/${file}.t`]
  const { printed, status, seconds, isLate } = await runBounded(command, directory, FILE_MS, env)
  const isSkipped = /\.\. skipped/.test(printed)
  const isPassed = status === 0 && !isSkipped
  return {
    file,
    passed: isPassed ? 1 : 0,
    failed: status !== 0 && !isLate ? [file] : [],
    skipped: isSkipped ? 1 : 0,
    ...(isLate ? { stuck: file } : {}),
    seconds,
  }
}
