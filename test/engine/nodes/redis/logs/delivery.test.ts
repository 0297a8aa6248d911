import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LogStream } from '../../../../../src/engine/nodes/redis/logs/stream.ts'
import type { DeliveredLog } from '../../../../../src/engine/nodes/redis/spec.ts'
import { temporaryDirectory } from '../../../../support/engine.ts'
import { eventually } from '../../../../support/eventually.ts'
import { OPEN, SERVERS, say, specOf, startNode } from '../../../../support/redis-node.ts'

const SLOW: DeliveredLog = {
  type: 'slow-log',
  format: 'json',
  region: 'us-west-2',
  cluster: 'shop-001',
  stream: 'us-west-2/slow',
}
const ENGINE: DeliveredLog = { ...SLOW, type: 'engine-log', stream: 'us-west-2/engine' }

const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []

/** Every command is slow. */
const LIVE = { ...OPEN, directives: { 'slowlog-log-slower-than': '0' } }

interface Slow {
  readonly Id: number
  readonly Command: string
  readonly ClientName: string
}

describe('a log stream', () => {
  test('has each line once, though the engine was killed before it took note of some', () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'note.json')
    const stream = join(directory, 'group', 'stream')
    new LogStream<number>(file).append(stream, ['one'], 1)
    appendFileSync(stream, 'two\nthr')
    const next = new LogStream<number>(file)
    expect(next.position).toBe(1)
    next.append(stream, ['two', 'three'], 3)
    expect(linesOf(stream)).toEqual(['one', 'two', 'three'])
  })

  test('is for its owner only', () => {
    const directory = temporaryDirectory()
    new LogStream<number>(join(directory, 'note.json')).append(join(directory, 'group', 'stream'), ['one'], 1)
    expect(statSync(join(directory, 'group', 'stream')).mode & 0o777).toBe(0o600)
  })

  test('goes on where another one was, and that one stays as it is', () => {
    const directory = temporaryDirectory()
    const log = new LogStream<number>(join(directory, 'note.json'))
    log.append(join(directory, 'a'), ['one'], 1)
    log.append(join(directory, 'b'), ['two'], 2)
    log.append(join(directory, 'a'), ['three'], 3)
    expect(linesOf(join(directory, 'a'))).toEqual(['one', 'three'])
    expect(linesOf(join(directory, 'b'))).toEqual(['two'])
  })

  test('that was deleted is begun anew', () => {
    const directory = temporaryDirectory()
    const log = new LogStream<number>(join(directory, 'note.json'))
    log.append(join(directory, 'a'), ['one'], 1)
    rmSync(join(directory, 'a'))
    log.append(join(directory, 'a'), ['two'], 2)
    expect(linesOf(join(directory, 'a'))).toEqual(['two'])
  })
})

describe.each(SERVERS)('$name whose logs are delivered', ({ name, isMissing }) => {
  const slowOf = (folder: string) => linesOf(join(folder, SLOW.stream)).map((line) => JSON.parse(line) as Slow)

  test.skipIf(isMissing)('has every slow command of clients in its stream, once, and none of the engine', async () => {
    const logs = temporaryDirectory()
    const spec = specOf(name, { logs, live: { ...LIVE, logs: [SLOW] } })
    await startNode(spec)
    for (let round = 1; round <= 5; round++) {
      for (let key = 0; key < 20; key++) await say(spec.port, 'SET', `secret${key}`, 'hidden')
      await eventually(`${round * 20} entries`, () => slowOf(logs).filter(isSet).length === round * 20)
    }
    const entries = slowOf(logs)
    expect(new Set(entries.map(({ Id }) => Id)).size).toBe(entries.length)
    expect(entries.filter((entry) => !isSet(entry))).toEqual([])
    expect(readFileSync(join(logs, SLOW.stream), 'utf8')).not.toMatch(/secret|hidden/)
  })

  test.skipIf(isMissing)('has what it says from its start to its end in the stream of its engine log', async () => {
    const logs = temporaryDirectory()
    const node = await startNode(specOf(name, { logs, live: { ...OPEN, logs: [{ ...ENGINE, format: 'text' }] } }))
    await eventually('its first words', () => linesOf(join(logs, ENGINE.stream)).length > 0)
    await node.stop()
    const text = linesOf(join(logs, ENGINE.stream)).join('\n')
    expect(text).toMatch(/^shop-001\/0001:C \d\d [A-Z][a-z]{2} \d{4} [\d:.]{12} UTC [*#] oO0OoO0/m)
    expect(text).toMatch(/shop-001\/0001:M .* (Redis|Valkey) is now ready to exit/)
  })

  test.skipIf(isMissing)('tells nothing of the time in which they were not', async () => {
    const logs = temporaryDirectory()
    const spec = specOf(name, { logs, live: { ...LIVE, logs: [SLOW] } })
    const node = await startNode(spec)
    await say(spec.port, 'SET', 'a', '1')
    await node.adjust(LIVE)
    await say(spec.port, 'GET', 'a')
    await node.adjust({ ...LIVE, logs: [SLOW] })
    await say(spec.port, 'DEL', 'a')
    await eventually('the last', () => slowOf(logs).some(({ Command }) => /^DEL/.test(Command)))
    expect(slowOf(logs).map(({ Command }) => Command.slice(0, 3))).toEqual(['SET', 'DEL'])
  })

  test.skipIf(isMissing)('says what is in the way, until it is not any more', async () => {
    const logs = temporaryDirectory()
    mkdirSync(join(logs, SLOW.stream), { recursive: true })
    const spec = specOf(name, { logs, live: { ...LIVE, logs: [SLOW] } })
    const node = await startNode(spec)
    await say(spec.port, 'SET', 'a', '1')
    await eventually('an error', async () => (await node.status()).undelivered['slow-log'] !== undefined)
    expect((await node.status()).undelivered['slow-log']).toContain('EISDIR')
    rmSync(join(logs, SLOW.stream), { recursive: true })
    await eventually('delivered', () => slowOf(logs).length === 1)
    expect((await node.status()).undelivered).toEqual({})
  })
})

const isSet = ({ Command }: Slow): boolean => /^SET \.\.\. \(2 more arguments\)$/.test(Command)
