import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandsFile, generateCommands } from '../../src/tools/acl-commands.ts'
import { isInstalled, run } from '../support/programs.ts'

const PROGRAMS = ['redis-server', 'valkey-server'] as const
const areThere = [...PROGRAMS, 'redis-cli'].every((program) => isInstalled(program))
const committed = readFileSync(commandsFile, 'utf8')

test.skipIf(!areThere)('the committed commands are what the servers of their versions say', async (context) => {
  for (const program of PROGRAMS) {
    const [, version] = new RegExp(`${program} ([\\d.]+)`).exec(committed) ?? []
    const { stdout } = await run(program, ['--version'])
    context.skip(!stdout.includes(`v=${version} `), `${program} is not ${version}`)
  }
  expect(await generateCommands()).toBe(committed)
})
