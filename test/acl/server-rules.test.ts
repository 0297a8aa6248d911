import { hash } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readAccessString } from '../../src/acl/access-string.ts'
import { setUser } from '../../src/acl/server-rules.ts'
import { isInstalled } from '../support/programs.ts'
import { startAclServer } from './acl-server.ts'

const PASSWORD = 'correct-horse-battery'

const user = (text: string, noPassword = false) => ({
  name: 'ann',
  rules: readAccessString(text, 'redis'),
  passwordHashes: [hash('sha256', PASSWORD, 'hex')],
  noPassword,
})

test('a server is told hashes, rules and selectors, and to forget what was before', () => {
  const command = setUser(user('on ~app:* &news +get (~b +set)'))
  expect(command.join(' ')).toMatch(
    /^ACL SETUSER ann reset #[0-9a-f]{64} resetchannels on ~app:\* &news -@all \+get \(~b -@all \+set\)$/,
  )
  expect(command.at(-1)).toBe('(~b -@all +set)')
  expect(setUser(user('on', true))).toContain('nopass')
})

const isThere = isInstalled('redis-server') && isInstalled('redis-cli')
describe.skipIf(!isThere)(`a real server${isThere ? '' : ': redis-server is not installed'}`, () => {
  test('lets a user of ours in by the password, and do what the access string says', async () => {
    const { ask } = await startAclServer('redis-server', onTestFinished)
    expect(await ask(...setUser(user('on ~app:* +@read (%W~log:* +set)')))).toBe('OK')
    const asAnn = (...command: string[]) => ask('--no-auth-warning', '--user', 'ann', '--pass', PASSWORD, ...command)
    expect(await asAnn('ACL', 'WHOAMI')).toMatch(/NOPERM/)
    expect(await asAnn('GET', 'app:1')).toBe('')
    expect(await asAnn('SET', 'app:1', 'x')).toMatch(/NOPERM/)
    expect(await asAnn('SET', 'log:1', 'x')).toBe('OK')
    expect(await ask('AUTH', 'ann', 'wrong')).toMatch(/WRONGPASS/)
  })
})
