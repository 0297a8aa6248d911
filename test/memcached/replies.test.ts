import { expect, it } from 'vitest'
import { Replies } from '../../src/memcached/replies.ts'
import { startNode } from './support/node.ts'

it('answers each of many busy clients what it asked, and nothing else', async () => {
  const { connect } = await startNode()
  const clients = await Promise.all(Array.from({ length: 40 }, () => connect()))
  await Promise.all(
    clients.map(async (client, id) => {
      for (let i = 0; i < 60; i++) {
        // Every fourth client reads values that are too large to wait.
        const value = `${id}-${i}`.repeat(id % 4 === 0 ? 700 : 3)
        expect(await client.ask(`set ${id} 0 0 ${value.length}\r\n${value}\r\n`)).toBe('STORED\r\n')
        expect(await client.ask(`get ${id}\r\n`)).toBe(`VALUE ${id} 0 ${value.length}\r\n${value}\r\nEND\r\n`)
      }
      client.send(`get ${id}\r\nget nothing\r\nquit\r\n`)
      expect(await client.untilClosed()).toMatch(/END\r\nEND\r\n$/)
    }),
  )
})

it('writes what an item starts with, and its key', () => {
  const key = Buffer.from('xxkey of any length that a loop copiesxx')
  const replies = new Replies()
  let read = ''
  replies.begin({
    patient: false,
    take: (bytes) => {
      read += bytes.toString('latin1')
      return false
    },
  })
  replies.value()
  replies.key(key, 2, key.length - 2)
  replies.end()
  expect(read).toBe('VALUE key of any length that a loop copies')
})
