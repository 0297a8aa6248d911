import { expect, it } from 'vitest'
import { startNode } from './support/node.ts'

const login = { file: '/users', users: [Buffer.from('foo bar'), Buffer.from('baaaz quux')] }
const REFUSED = 'CLIENT_ERROR authentication failure\r\n'

it('serves nobody who has not said who they are, by setting any key to it', async () => {
  const { connect } = await startNode({ login, bindingProtocol: 'ascii' })
  const client = await connect()
  client.send('get foo\r\nset foo 0 0 2\r\nhi\r\nset foo 0 0 7\r\nfoo bab\r\n')
  const refusals = `CLIENT_ERROR unauthenticated\r\n${REFUSED}${REFUSED}`
  expect(await client.bytes(refusals.length)).toBe(refusals)
  // In pieces, and with a command right behind it.
  for (const byte of 'set x 0 0 10\r\nbaaaz quu') client.send(byte)
  client.send('x\r\nset toast 0 0 2\r\nhi\r\nget toast foo x\r\n')
  expect(await client.ask('')).toBe('STORED\r\nSTORED\r\nVALUE toast 0 2\r\nhi\r\nEND\r\n')
  const stats = await client.ask('stats\r\nstats settings\r\n')
  for (const line of ['auth_cmds 3', 'auth_errors 2', 'auth_enabled_ascii /users']) {
    expect(stats).toContain(`STAT ${line}\r\n`)
  }
})

it('hangs up on a client that sends much and never says who it is', async () => {
  const { connect } = await startNode({ login, bindingProtocol: 'ascii' })
  const client = await connect()
  client.send('x'.repeat(3000))
  expect(await client.untilClosed()).toBe('')
})
