import { expect, it } from 'vitest'
import { MIB, startNode } from './support/node.ts'

const COUNT = 5000
const counted = Array.from({ length: COUNT }, (_, i) => `incr n 1\r\n${i % 7 === 0 ? 'get n\r\n' : ''}`).join('')
const answers = Array.from({ length: COUNT }, (_, i) => {
  const value = String(i + 1)
  return `${value}\r\n${i % 7 === 0 ? `VALUE n 0 ${value.length}\r\n${value}\r\nEND\r\n` : ''}`
}).join('')

it('serves a client with many requests a few at a time while there are others, and all of them in order', async () => {
  const { client, connect } = await startNode({ requestsPerEvent: 3 })
  const other = await connect()
  await client.ask('set n 0 0 1\r\n0\r\n')
  client.send(counted)
  // The other is answered long before the first is done.
  expect(await other.ask('get nothing\r\n')).toBe('END\r\n')
  expect(Number(/^VALUE n 0 \d+\r\n(\d+)/.exec(await other.ask('get n\r\n'))?.[1])).toBeLessThan(COUNT)
  expect(await client.ask('')).toBe(answers)
  const yields = Number(/conn_yields (\d+)/.exec(await client.ask('stats\r\n'))?.[1])
  expect(yields).toBeGreaterThan(COUNT / 4)
})

it('counts when a client alone has had its share, as memcached does', async () => {
  const { client } = await startNode({ requestsPerEvent: 1 })
  const set = 'set foobar 0 0 5\r\nBubba\r\n'
  expect(await client.ask(set.repeat(6))).toBe('STORED\r\n'.repeat(6))
  expect(await client.ask('stats\r\n')).toMatch(/conn_yields ([6-9]|1\d)\r\n/)
})

it('holds back a client that has had its share and does not read', async () => {
  const { client, connect } = await startNode({ requestsPerEvent: 2, memoryLimit: 8 * MIB })
  const value = 'x'.repeat(100_000)
  await client.ask(`set big 0 0 100000\r\n${value}\r\n`)
  const deaf = await connect()
  deaf.socket.pause()
  deaf.send('get big\r\n'.repeat(100))
  await client.ask('get nothing\r\n'.repeat(50))
  deaf.socket.resume()
  const whole = 100 * `VALUE big 0 100000\r\n${value}\r\nEND\r\n`.length
  expect((await deaf.bytes(whole)).endsWith('END\r\n')).toBe(true)
  expect(await deaf.ask('get nothing\r\n')).toBe('END\r\n')
})
