/** The configuration file of a node that has one. */
import { existsSync, readFileSync } from 'node:fs'
import type { Core } from '../core.ts'
import { replaceFile } from '../replace-file.ts'
import type { WrittenValue } from './kinds.ts'
import { rewritten } from './rewrite.ts'

/** CONFIG REWRITE: has the file say what holds now. One that is gone is written anew. @throws ErrnoException */
export function rewriteConfigFile(core: Core): void {
  const { config, host } = core
  const path = host.configFile
  const before = existsSync(path) ? readFileSync(path, 'latin1') : ''
  const after = rewritten(before, (name) => config.nameOf(name), linesOf(core))
  replaceFile(path, `${path}.${core.runId.slice(0, 6)}`, [Buffer.from(after, 'latin1')])
}

function* linesOf({ config, cluster, access }: Core): Generator<readonly [string, readonly WrittenValue[]]> {
  for (const [name, lines] of config.written()) {
    // Whom a node of a cluster follows is its cluster's to say.
    yield [name, name === 'replicaof' && cluster ? [] : lines]
  }
  yield ['user', config.text('aclfile') === '' ? access.sorted().map(lineOf) : []]
  // There are no modules here.
  yield ['loadmodule', []]
}

const lineOf = (user: { describe(): string }): WrittenValue => ({
  text: user.describe().replace(/^user /, ''),
  isNews: true,
})
