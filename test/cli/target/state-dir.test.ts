import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { outOfReach } from '../../../src/cli/target/engine-control.ts'
import { stateDirectory } from '../../../src/cli/target/state-dir.ts'
import { writeTargets } from '../../../src/cli/target/target-list.ts'
import { temporaryDirectory } from '../../support/engine.ts'

const own = join(userInfo().homedir, '.local', 'share', 'cachectl')

test.each([
  ['its own, absolute', { CACHECTL_HOME: '/srv/cache', XDG_DATA_HOME: '/data', HOME: '/home/ann' }, '/srv/cache'],
  ['the place for data', { XDG_DATA_HOME: '/data', HOME: '/home/ann' }, '/data/cachectl'],
  ['the home', { HOME: '/home/ann' }, '/home/ann/.local/share/cachectl'],
  ['a relative place for data, which is none', { XDG_DATA_HOME: 'data', HOME: '/h' }, '/h/.local/share/cachectl'],
  ['an empty home, which is none', { HOME: '' }, own],
  ['a relative home, which is none', { HOME: 'ann' }, own],
  ['no home', {}, own],
])('the state directory by %s', (_, env, directory) => {
  expect(stateDirectory(undefined, env, 'linux')).toBe(directory)
})

test('a state directory that cannot be written to is named, with what to do', () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  expect(() => writeTargets(file, { current: 'local', targets: {} })).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(`The state directory ${file} cannot be used: `),
      hint: 'Use a --state-dir of your own.',
    }),
  )
})

test('an engine that does not answer yet is said to be starting, not to be out of reach', () => {
  const holder = { pid: 1, pidNamespace: '', host: 'here', startedAt: '2026-11-29T12:00:00.000Z' }
  expect(outOfReach('/state', { ...holder, url: '' }).message).toMatch(/holds \/state, and is starting\.$/)
  expect(outOfReach('/state', { ...holder, url: 'http://127.0.0.1:1' }).message).toMatch(
    /cannot be reached from here\.$/,
  )
})
