import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { scriptedServer } from '../../discovery/scripted-server.ts'
import { cachectl } from './run.ts'

const node = (connections: number) =>
  scriptedServer((line) =>
    line === 'stats' ? `STAT max_connections 100\r\nSTAT curr_connections ${connections}\r\nEND\r\n` : null,
  )

test('connections shows state, process, ports and the count of the node', async () => {
  const { port } = await node(5)
  const client = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void client.destroy())
  await once(client, 'connect')
  const text = await cachectl(['connections', `127.0.0.1:${port}`])
  expect(text.code).toBe(0)
  expect(text.stdout).toContain('5 of 100 (5.0 %)')
  if (process.platform !== 'linux') return expect(text.stdout).toContain('can not be read on this system')
  expect(text.stdout).toContain('1 ESTABLISHED')
  expect(text.stdout).toContain(`(${process.pid}): 1`)
})

test('a node that is nearly full is a finding, and the exit code tells', async () => {
  const { port } = await node(95)
  const { code, stdout } = await cachectl(['connections', `127.0.0.1:${port}`, '--output', 'json'])
  expect(code).toBe(1)
  expect(JSON.parse(stdout).findings).toMatchObject([{ id: 'L03', severity: 'warning' }])
})
