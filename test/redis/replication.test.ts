import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { PROGRAMS } from '../support/redis-server.ts'
import { EVERYTHING, inSync, type Member, type Sort, startMember, synchronizations } from './support/members.ts'

const start = (sort: Sort, ...config: string[]): Promise<Member> => startMember(onTestFinished, sort, config)

const installed = new Set(PROGRAMS.filter(({ installed }) => installed).map(({ program }) => program))
const pairs: readonly (readonly [primary: Sort, replica: Sort])[] = [
  ['node of redis', 'node of redis'],
  ...(['redis', 'valkey'] as const)
    .filter((engine) => installed.has(`${engine}-server`))
    .flatMap((engine) => [
      [`node of ${engine}`, `${engine}-server`] as const,
      [`${engine}-server`, `node of ${engine}`] as const,
    ]),
]
const nodeFor = (sort: Sort): Sort =>
  sort.startsWith('valkey') || sort.endsWith('valkey') ? 'node of valkey' : 'node of redis'

describe.each(pairs)('of a %s, a replica that is a %s', (of, by) => {
  test('has all that was there, and all that is written from then on', async () => {
    const [primary, replica] = await Promise.all([start(of), start(by)])
    await primary.ask(...EVERYTHING)
    await replica.ask(['SET', 'own', 'is to go'])
    await replica.follow(primary)
    await inSync(replica, primary)
    expect(await replica.ask(['GET', 'own'])).toEqual(['$-1\r\n'])
    expect(await replica.ask(['FCALL_RO', 'nothing', '0'])).toEqual(['-ERR Function not found\r\n'])
    expect((await replica.ask(['FUNCTION', 'LIST']))[0]).toContain('things')
    await primary.ask(
      ['APPEND', 'text', ' world'],
      ['MULTI'],
      ['INCR', 'number'],
      ['SPOP', 'large set', '7'],
      ['EXEC'],
      ['EVAL', "redis.call('LPUSH', KEYS[1], ARGV[1]) redis.call('DEL', KEYS[2])", '2', 'list', 'hash', 'first'],
      ['FCALL', 'put', '1', 'by function', 'value'],
      ['SET', 'short', 'lived', 'PX', '30'],
      ['XREADGROUP', 'GROUP', 'readers', 'bob', 'STREAMS', 'stream', '>'],
      ['XADD', 'stream', 'MAXLEN', '~', '10', '*', 'd', '4'],
      ['SELECT', '5'],
      ['SET', 'in another', 'database'],
      ['SELECT', '0'],
      ['FUNCTION', 'FLUSH'],
    )
    expect(await primary.ask(['WAIT', '1', '20000'])).toEqual([':1\r\n'])
    await inSync(replica, primary)
    expect(await replica.ask(['FUNCTION', 'LIST'])).toEqual(['*0\r\n'])
  })

  test('goes on where it was after the link was cut', async () => {
    const [primary, replica] = await Promise.all([start(of), start(by)])
    await primary.ask(...EVERYTHING)
    await replica.follow(primary)
    await inSync(replica, primary)
    for (const [member, type] of [
      [primary, 'replica'],
      [replica, 'master'],
    ] as const) {
      await member.ask(['CLIENT', 'KILL', 'TYPE', type])
      await primary.ask(
        ['RPUSH', 'list', 'while', 'it', 'was', 'away'],
        ['SELECT', '2'],
        ['INCR', 'n'],
        ['SELECT', '0'],
      )
      await inSync(replica, primary)
    }
    expect(await synchronizations(primary)).toEqual({ full: 1, partial: 2 })
  })

  test('is synchronized in full while clients write', async () => {
    const [primary, replica] = await Promise.all([start(of), start(by)])
    await primary.ask(...EVERYTHING)
    await primary.ask(
      ...Array.from({ length: 3000 }, (_, i) => ['RPUSH', `many ${i % 1500}`, 'z'.repeat(100), String(i)]),
    )
    let isOver = false
    const writers = [0, 1].map(async (own) => {
      const talk = await primary.connect()
      for (let round = 0; !isOver; round++) {
        await talk.ask(
          ['INCR', `counter ${own}`],
          ['LPUSH', `many ${(round * 7) % 1500}`, `round ${round}`],
          ['RPOP', `many ${(round * 11) % 1500}`],
          ['DEL', `many ${(round * 13) % 1500}`],
          ['HSET', 'large hash', `field ${round % 700}`, `by ${own}`],
          ['ZADD', 'large zset', String(round), `m${round % 400}`],
          ['SREM', 'large set', `member ${round % 300}`],
          ['XADD', 'stream', '*', 'round', String(round)],
          [
            'EVAL',
            "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('INCR', KEYS[2])",
            '2',
            `s${own}`,
            'n',
            round,
          ],
          ['SET', `short ${round % 50}`, 'x', 'PX', '20'],
          ['RENAME', `s${own}`, `t${own}`],
          ['EXPIRE', `many ${(round * 3) % 1500}`, '1000'],
        )
      }
    })
    await replica.follow(primary)
    await eventually('the replica is there', async () => (await replica.info()).get('master_link_status') === 'up')
    isOver = true
    await Promise.all(writers)
    expect(await primary.ask(['WAIT', '1', '20000'])).toHaveLength(1)
    await inSync(replica, primary)
    expect(await synchronizations(primary)).toEqual({ full: 1, partial: 0 })
  })

  test('takes over, and the others go on with it without a full synchronization', async () => {
    const [primary, replica, other] = await Promise.all([start(of), start(by), start(nodeFor(of))])
    await primary.ask(...EVERYTHING)
    await Promise.all([replica.follow(primary), other.follow(primary)])
    await Promise.all([inSync(replica, primary), inSync(other, primary)])
    await primary.ask(['SET', 'last', 'word'])
    expect(await primary.ask(['WAIT', '2', '20000'])).toEqual([':2\r\n'])
    await primary.stop()
    await replica.follow(undefined)
    await replica.ask(['SET', 'first', 'word'])
    await other.follow(replica)
    await inSync(other, replica)
    expect(await other.ask(['MGET', 'last', 'first'])).toEqual(['*2\r\n$4\r\nword\r\n$4\r\nword\r\n'])
    expect(await synchronizations(replica)).toEqual({ full: 0, partial: 1 })
  })

  test('has replicas of its own, which hear what it hears', async () => {
    const [primary, replica, last] = await Promise.all([start(of), start(by), start(nodeFor(of))])
    await primary.ask(...EVERYTHING)
    await replica.follow(primary)
    await inSync(replica, primary)
    await last.follow(replica)
    await inSync(last, replica)
    await primary.ask(['MULTI'], ['SET', 'a', '1'], ['SET', 'b', '2'], ['EXEC'], ['SELECT', '4'], ['SET', 'c', '3'])
    await inSync(last, primary)
    // Nothing is counted twice, nothing left out.
    const offsets = await Promise.all([primary, replica, last].map((each) => each.info()))
    expect(new Set(offsets.map((info) => info.get('master_replid'))).size).toBe(1)
  })

  test('changes places with it by FAILOVER', async () => {
    const [primary, replica] = await Promise.all([start(of), start(by)])
    await primary.ask(...EVERYTHING)
    await replica.follow(primary)
    await inSync(replica, primary)
    await eventually(
      'it is known to be online',
      async () => (await primary.info()).get('slave0')?.includes('online') === true,
    )
    expect(await primary.ask(['FAILOVER'])).toEqual(['+OK\r\n'])
    await eventually('they have', async () => (await replica.info()).get('role') === 'master')
    await inSync(primary, replica)
    expect((await primary.info()).get('master_failover_state')).toBe('no-failover')
    expect(await primary.ask(['SET', 'a', '1'])).toEqual(["-READONLY You can't write against a read only replica.\r\n"])
    expect(await synchronizations(replica)).toEqual({ full: 0, partial: 1 })
  })
})
