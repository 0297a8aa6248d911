import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { askDns } from '../../../src/diagnose/dns-query.ts'
import { type BookEntry, bookOf } from '../../../src/engine/names/book.ts'
import { NameServer } from '../../../src/engine/names/name-server.ts'

const NAME = 'shop.abc123.cfg.usw2.cache.cachectl.test'

async function serve(entries: readonly BookEntry[], ports: readonly number[] = [0]) {
  const server = new NameServer({ addresses: ['127.0.0.1', '::1'], book: () => bookOf(entries) })
  onTestFinished(() => server.close())
  await server.listen(ports)
  return server
}

test('answers by UDP and by TCP, on both families', async () => {
  const short = { name: NAME, addresses: ['127.64.0.1'] }
  const long = { name: `long.${NAME}`, addresses: Array.from({ length: 60 }, (_, index) => `127.64.1.${index}`) }
  const { port } = await serve([short, long])
  for (const address of ['127.0.0.1', '::1']) {
    const server = { address, port }
    expect(await askDns(NAME, 'A', { server })).toMatchObject({
      outcome: 'answered',
      transport: 'udp',
      records: [{ data: '127.64.0.1' }],
    })
    expect(await askDns(long.name, 'A', { server })).toMatchObject({
      outcome: 'answered',
      transport: 'tcp',
      records: { length: 60 },
    })
  }
})

test('answers late where it is to, and others meanwhile', async () => {
  const slow = { name: NAME, addresses: ['127.64.0.1'], ailments: { delayMs: 400 } }
  const quick = { name: `quick.${NAME}`, addresses: ['127.64.0.2'] }
  const { port } = await serve([slow, quick])
  const server = { address: '127.0.0.1', port }
  const order: string[] = []
  await Promise.all(
    [slow, quick].map(async ({ name }) => {
      const { outcome } = await askDns(name, 'A', { server, timeoutMs: 20_000 })
      order.push(`${name} ${outcome}`)
    }),
  )
  expect(order).toEqual([`quick.${NAME} answered`, `${NAME} answered`])
})

test('takes the next port where another program has one of its protocols', async () => {
  const holder = createSocket('udp4')
  onTestFinished(() => void holder.close())
  await new Promise<void>((resolve) => holder.bind({ address: '127.0.0.1', port: 0 }, resolve))
  const taken = holder.address().port
  const { port } = await serve([{ name: NAME, addresses: ['127.64.0.1'] }], [taken, 0])
  expect(port).not.toBe(taken)
  expect(await askDns(NAME, 'A', { server: { address: '127.0.0.1', port } })).toMatchObject({ outcome: 'answered' })
  await expect(serve([], [taken])).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('hangs up on what is no question, and goes on', async () => {
  const { port } = await serve([{ name: NAME, addresses: ['127.64.0.1'] }])
  const client = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void client.destroy())
  client.write(Buffer.from([0, 3, 1, 2, 3]))
  await new Promise((resolve) => client.once('close', resolve))
  expect(await askDns(NAME, 'A', { server: { address: '127.0.0.1', port } })).toMatchObject({ outcome: 'answered' })
})
