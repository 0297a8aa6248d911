import { tmpdir } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startNode } from './support/node.ts'

const NOT_ENDED = '-ERR Errors trying to SHUTDOWN. Check logs.\r\n'

/** A node with a replica that has said nothing of how far it is. */
async function startWithReplica(...config: string[]) {
  const told = { isEnded: false }
  const shutdown = (): void => {
    told.isEnded = true
  }
  const started = await startNode(onTestFinished, { config: ['hz 100', ...config], shutdown })
  const replica = await started.connect()
  replica.write('PSYNC ? -1\r\n')
  await eventually('the replica is online', async () => {
    const [info = ''] = await started.talk.ask(['INFO', 'replication'])
    return info.includes('state=online')
  })
  await started.talk.ask(['SET', 'a', '1'])
  return { ...started, told, replica }
}

const offsetIn = (info = ''): string => /master_repl_offset:(\d+)/.exec(info)?.[1] ?? ''

test('SHUTDOWN waits for a replica that lags, and so do clients that write', async () => {
  const { talk, connect, told, replica } = await startWithReplica()
  const [asking, writing] = [await connect(), await connect()]
  asking.write('SHUTDOWN\r\n')
  await eventually('it is under way', async () => {
    const [info = ''] = await talk.ask(['INFO', 'server'])
    return /shutdown_in_milliseconds:[1-9]/.test(info)
  })
  writing.write('SET a 2\r\n')
  const [value, info = ''] = await talk.ask(['GET', 'a'], ['INFO', 'replication'])
  expect(value).toBe('$1\r\n1\r\n')
  expect(told.isEnded).toBe(false)
  replica.write(`REPLCONF ACK ${offsetIn(info)}\r\n`)
  await eventually('it ends', async () => told.isEnded)
  expect(await talk.ask(['GET', 'a'])).toEqual(['$1\r\n1\r\n'])
})

test('SHUTDOWN ABORT: everyone who asked for the end hears of it, and writes go on', async () => {
  const { talk, connect, told } = await startWithReplica()
  const [first, second, writing] = [await connect(), await connect(), await connect()]
  first.write('SHUTDOWN\r\n')
  second.write('SHUTDOWN NOSAVE\r\n')
  await eventually('both wait', async () => {
    const [info = ''] = await talk.ask(['INFO', 'clients'])
    return info.includes('blocked_clients:2')
  })
  writing.write('SET a 2\r\n')
  expect(await talk.ask(['SHUTDOWN', 'ABORT'], ['SHUTDOWN', 'ABORT'])).toEqual([
    '+OK\r\n',
    '-ERR No shutdown in progress.\r\n',
  ])
  expect([await first.next(), await second.next(), await writing.next()]).toEqual([NOT_ENDED, NOT_ENDED, '+OK\r\n'])
  expect(told.isEnded).toBe(false)
})

test('a replica is waited for no longer than shutdown-timeout', async () => {
  const { talk, told } = await startWithReplica('shutdown-timeout 1')
  talk.write('SHUTDOWN\r\n')
  await eventually('it ends', async () => told.isEnded)
})

test('SHUTDOWN NOW does not wait', async () => {
  const { talk, told } = await startWithReplica('shutdown-timeout 1000')
  talk.write('SHUTDOWN NOW\r\n')
  await eventually('it ends', async () => told.isEnded)
})

test('a signal ends the node in the way that its directive says', async () => {
  const { node, told } = await startWithReplica('shutdown-timeout 1000', 'shutdown-on-sigterm now nosave')
  expect([node.end('SIGINT'), node.end('SIGINT'), told.isEnded]).toEqual([true, false, false])
  const other = await startWithReplica('shutdown-timeout 1000', 'shutdown-on-sigterm now nosave')
  expect([other.node.end('SIGTERM'), other.told.isEnded]).toEqual([true, true])
})

test('a node that can not save stays, unless it is forced', async () => {
  const { talk, told } = await startWithReplica(
    'shutdown-timeout 0',
    'save 900 1',
    'enable-protected-configs yes',
    `dir ${tmpdir()}`,
  )
  await talk.ask(['CONFIG', 'SET', 'dbfilename', '..'])
  expect(await talk.ask(['SHUTDOWN'])).toEqual([NOT_ENDED])
  expect(told.isEnded).toBe(false)
  talk.write('SHUTDOWN FORCE\r\n')
  await eventually('it ends', async () => told.isEnded)
})
