import { hash } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readAccessString } from '../../src/acl/access-string.ts'
import { userLine } from '../../src/acl/server-rules.ts'
import { isInstalled } from '../support/programs.ts'
import { startAclServer } from './acl-server.ts'

const PASSWORD = 'correct-horse-battery'

const user = (text: string, noPassword = false) => ({
  name: 'ann',
  rules: readAccessString(text, 'redis'),
  passwordHashes: [hash('sha256', PASSWORD, 'hex')],
  noPassword,
})

test('a server is told hashes, rules and selectors', () => {
  expect(userLine(user('on ~app:* &news +get (~b &chat +set)'), 'redis')).toMatch(
    /^ann #[0-9a-f]{64} on ~app:\* resetchannels &news -@all \+get \(~b resetchannels &chat -@all \+set\)$/,
  )
  expect(userLine(user('on', true), 'redis')).toBe('ann nopass on -@all')
})

test('a server is not told of commands that it has not', () => {
  const rules = 'on +@json +json.get +@read -json.del +select|0 +client|id (+@json +get)'
  expect(userLine(user(rules, true), 'redis')).toBe('ann nopass on -@all +@read +select|0 +client|id (-@all +get)')
  const valkey = { ...user('', true), rules: readAccessString('on +script|show +get', 'valkey') }
  expect(userLine(valkey, 'redis')).toBe('ann nopass on -@all +get')
  expect(userLine(valkey, 'valkey')).toBe('ann nopass on -@all +script|show +get')
})

const isThere = isInstalled('redis-server') && isInstalled('redis-cli')
describe.skipIf(!isThere)(`a real server${isThere ? '' : ': redis-server is not installed'}`, () => {
  test('lets a user of ours in by the password, and do what the access string says', async () => {
    const { ask } = await startAclServer('redis-server', onTestFinished)
    // As ElastiCache has it.
    await ask('CONFIG', 'SET', 'acl-pubsub-default', 'allchannels')
    expect(await ask(...told(userLine(user('on ~app:* &news +@read (%W~log:* &log +set)'), 'redis')))).toBe('OK')
    const asAnn = (...command: string[]) => ask('--no-auth-warning', '--user', 'ann', '--pass', PASSWORD, ...command)
    expect(await asAnn('ACL', 'WHOAMI')).toMatch(/NOPERM/)
    expect(await asAnn('GET', 'app:1')).toBe('')
    expect(await asAnn('SET', 'app:1', 'x')).toMatch(/NOPERM/)
    expect(await asAnn('SET', 'log:1', 'x')).toBe('OK')
    expect(await ask('AUTH', 'ann', 'wrong')).toMatch(/WRONGPASS/)
  })
})

/** A selector is one argument. */
function told(line: string): string[] {
  const [name = '', ...modifiers] = line.match(/\([^)]*\)|\S+/g) ?? []
  return ['ACL', 'SETUSER', name, 'reset', ...modifiers]
}
