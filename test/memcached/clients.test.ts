import { spawn, spawnSync } from 'node:child_process'
import Memcached from 'memcached'
import memjs from 'memjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startNode } from './support/node.ts'

const hasMemccapable = spawnSync('memccapable', ['--version']).error === undefined

describe("other people's clients", () => {
  it('memjs (binary) stores, fetches, counts and deletes', async () => {
    const { port } = await startNode()
    const client = memjs.Client.create(`127.0.0.1:${port}`)
    onTestFinished(() => client.close())
    expect(await client.set('key', 'value', { expires: 100 })).toBe(true)
    expect((await client.get('key')).value?.toString()).toBe('value')
    expect((await client.get('nothing')).value).toBeNull()
    expect(await client.add('key', 'other', {})).toBe(false)
    expect((await client.increment('n', 5, { initial: 10 })).value).toBe(10)
    expect((await client.increment('n', 5, { initial: 10 })).value).toBe(15)
    expect(await client.delete('key')).toBe(true)
    expect(await client.delete('key')).toBe(false)
    const large = 'x'.repeat(900_000)
    expect(await client.set('large', large, {})).toBe(true)
    expect((await client.get('large')).value?.toString()).toBe(large)
  })

  it('memcached of npm (text) stores, fetches many, counts and reads statistics', async () => {
    const { port } = await startNode()
    const client = new Memcached(`127.0.0.1:${port}`)
    onTestFinished(() => client.end())
    const call = <T>(run: (done: (error: unknown, result: T) => void) => void): Promise<T> =>
      new Promise((resolve, reject) => run((error, result) => (error ? reject(error) : resolve(result))))
    expect(await call((done) => client.set('a', 'one', 100, done))).toBe(true)
    expect(await call((done) => client.set('b', { two: 2 }, 100, done))).toBe(true)
    expect(await call((done) => client.getMulti(['a', 'b', 'c'], done))).toEqual({ a: 'one', b: { two: 2 } })
    const { cas } = await call<{ cas: string }>((done) => client.gets('a', done))
    expect(await call((done) => client.cas('a', 'uno', cas, 100, done))).toBe(true)
    expect(await call((done) => client.cas('a', 'due', cas, 100, done))).toBe(false)
    expect(await call((done) => client.append('a', '!', done))).toBe(true)
    expect(await call((done) => client.get('a', done))).toBe('uno!')
    expect(await call<unknown>((done) => client.touch('a', 50, (error: unknown) => done(error, true)))).toBe(true)
    expect(await call((done) => client.del('a', done))).toBe(true)
    const [statistics] = await call<unknown[]>((done) =>
      client.stats((error: unknown, result?: unknown[]) => done(error, result ?? [])),
    )
    expect(statistics).toMatchObject({ version: '1.6.12', curr_items: 1, cmd_touch: 1 })
    await expect(call((done) => client.items(done))).resolves.toBeDefined()
  })

  it.skipIf(!hasMemccapable)('memccapable finds nothing missing, in text and in binary', async () => {
    const { port } = await startNode()
    const tester = spawn('memccapable', ['-h', '127.0.0.1', '-p', String(port), '-t', '5'])
    let output = ''
    tester.stdout.on('data', (text) => {
      output += text
    })
    await new Promise((resolve) => tester.on('close', resolve))
    expect(output.match(/\[pass\]/g)).toHaveLength(54)
    expect(output).not.toMatch(/\[(fail|FAIL)/)
  })
})
