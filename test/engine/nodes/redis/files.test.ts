import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { configFile } from '../../../../src/engine/nodes/redis/config-file.ts'
import { nodesFile } from '../../../../src/engine/nodes/redis/nodes-file.ts'
import { ENGINE_USER, keysOf } from '../../../../src/engine/nodes/redis/restricted.ts'
import type { Member, RedisSpec } from '../../../../src/engine/nodes/redis/spec.ts'
import { userCommands } from '../../../../src/engine/nodes/redis/users.ts'

const member = (digit: string, more: Partial<Member>): Member => ({
  nodeId: digit.repeat(40),
  port: 6379,
  busPort: 16_379,
  shard: '0001',
  slots: [],
  primary: true,
  ...more,
})
const group = [
  member('a', {
    slots: [
      [0, 99],
      [200, 200],
    ],
  }),
  member('b', { port: 6380, busPort: 16_380, primary: false }),
  member('c', { port: 6381, busPort: 16_381, shard: '0002', slots: [[300, 400]] }),
]
const spec: RedisSpec = {
  port: 6380,
  innerPort: 7380,
  announce: { ip: '127.0.0.1' },
  incarnation: 3,
  program: { name: 'redis-server', path: '/usr/bin/redis-server', version: '7.0.15' },
  directory: '/state/nodes/shop',
  secret: 'of this engine',
  fixed: { databases: '16' },
  live: { directives: {}, users: [], transit: 'plain' },
}

describe('nodes.conf', () => {
  const replica = { ...spec, nodeId: 'b'.repeat(40) }

  test('is written as 7.0 reads it', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(40))
    expect(nodesFile(group, replica)).toBe(
      `${a} 127.0.0.1:6379@16379 master - 0 0 1 connected 0-99 200\n` +
        `${b} 127.0.0.1:6380@16380 myself,slave ${a} 0 0 0 connected\n` +
        `${c} 127.0.0.1:6381@16381 master - 0 0 2 connected 300-400\n` +
        'vars currentEpoch 2 lastVoteEpoch 0\n',
    )
  })

  test('tells newer servers which shard each node is of, and of names', () => {
    const announce = { ip: '127.0.0.1', hostname: 'localhost' }
    const program = { ...spec.program, version: '8.0.1' }
    const lines = nodesFile(group, { ...replica, announce, program }).split('\n')
    const shards = lines.map((line) => /,localhost,tls-port=0,shard-id=([0-9a-f]{40}) /.exec(line)?.[1])
    expect(shards[0]).toBeDefined()
    expect(shards[1]).toBe(shards[0])
    expect(shards[2]).not.toBe(shards[0])
  })
})

describe('the configuration file', () => {
  test('names its incarnation, and quotes what a line could be broken with', () => {
    const text = configFile({ ...spec, directory: '/a "b"\\\né' }, true)
    expect(text.split('\n')[0]).toBe('# incarnation 3')
    expect(text).toContain('\ndir "/a \\"b\\"\\\\\\x0a\\xc3\\xa9"\n')
  })

  test('gives the engine alone the commands that ElastiCache keeps to itself', () => {
    const keys = keysOf(spec.secret)
    const text = configFile(spec, true)
    expect(text).toContain(`\nrename-command "config" "${keys.nameOf('config')}"\n`)
    expect(text).toContain(`\nbind-source-addr "${keys.address}"\n`)
    expect(text).not.toContain(spec.secret)
  })

  test('gives other engines other names, passwords and addresses', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 8 }), { minLength: 2, maxLength: 2 }), ([one, other]) => {
        const [a, b] = [keysOf(one ?? ''), keysOf(other ?? '')]
        expect(a.password).not.toBe(b.password)
        expect(a.nameOf('save')).not.toBe(b.nameOf('save'))
        expect(a.address).toMatch(/^127(\.\d{1,3}){3}$/)
      }),
    )
  })
})

describe('the users of a server', () => {
  const said = (...given: Parameters<typeof userCommands>) => userCommands(...given).map((command) => command.join(' '))

  test('lose the commands of ElastiCache, in selectors too', () => {
    const [command = ''] = said(['app on nopass ~app:* +@all (~other:* +@all)'], ['default'])
    expect(command).toMatch(
      /^ACL SETUSER app reset on nopass ~app:\* \+@all \(~other:\* \+@all -.* -psync .*\) -.* -psync /,
    )
    expect(command.match(/-cluster\|failover/g)).toHaveLength(2)
  })

  test('are made, changed and deleted, and nothing is said twice', () => {
    const applied = new Map([
      ['default', 'on nopass +@all'],
      ['app', 'on +get'],
    ])
    expect(
      said(['default on nopass +@all', 'app on +set', 'new off'], ['default', 'app', 'old', ENGINE_USER], applied).map(
        (command) => command.split(' ').slice(0, 6).join(' '),
      ),
    ).toEqual(['ACL SETUSER app reset on +set', 'ACL SETUSER new reset off -acl|deluser', 'ACL DELUSER old'])
  })

  test('nobody logs in as the default user when it is not among them', () => {
    expect(said([], ['default', ENGINE_USER])).toEqual(['ACL SETUSER default reset'])
  })
})
