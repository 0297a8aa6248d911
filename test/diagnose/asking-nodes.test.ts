import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { type ExamineOptions, examine } from '../../src/diagnose/doctor.ts'

/** A node that stores, and remembers every line that it was sent, by connection. */
async function rememberingNode(): Promise<{ port: number; conversations: string[][] }> {
  const conversations: string[][] = []
  const values = new Map<string, string>()
  const server = createServer((socket) => {
    const lines: string[] = []
    conversations.push(lines)
    let pending = ''
    let key: string | undefined
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const whole = (pending + bytes.toString('latin1')).split('\r\n')
      pending = whole.pop() ?? ''
      for (const line of whole) {
        if (key !== undefined) {
          values.set(key, line)
          key = undefined
          socket.write('STORED\r\n')
          continue
        }
        lines.push(line)
        const [verb = '', name = ''] = line.split(' ')
        const value = values.get(name)
        if (verb === 'set') key = name
        else if (verb === 'version') socket.write('VERSION 1.6.22\r\n')
        else if (verb === 'stats') socket.write('STAT uptime 5\r\nSTAT bytes 10\r\nEND\r\n')
        else if (verb === 'delete') socket.write(values.delete(name) ? 'DELETED\r\n' : 'NOT_FOUND\r\n')
        else if (verb === 'get')
          socket.write(value === undefined ? 'END\r\n' : `VALUE ${name} 0 ${value.length}\r\n${value}\r\nEND\r\n`)
        else socket.write('ERROR\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, conversations } // listens on TCP
}

const LATE_MS = 100

/** Answers each line as a node without items does, when it is told to. */
async function listenOn(hear: (line: string, answer: () => void) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    createInterface({ input: socket }).on('line', (line) => {
      const verb = line.split(' ')[0] ?? ''
      hear(line, () => socket.write(EMPTY_NODE[verb] ?? 'ERROR\r\n'))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port // listens on TCP
}

const EMPTY_NODE: Readonly<Record<string, string>> = {
  version: 'VERSION 1.6.22\r\n',
  stats: 'STAT uptime 5\r\nSTAT bytes 10\r\nEND\r\n',
  get: 'END\r\n',
}

const look = (port: number, options: Partial<ExamineOptions> = {}) =>
  examine({
    places: [{ host: '127.0.0.1', port, role: 'given', tls: false }],
    clusters: [],
    trust: new Map(),
    ...options,
  })

test('a node is asked, and nothing is written to it, unless that is allowed', async () => {
  const { port, conversations } = await rememberingNode()
  const { written } = await look(port)
  const verbs = new Set(conversations.flat().map((line) => line.split(' ')[0]))
  expect([...verbs].sort()).toEqual(['config', 'get', 'stats', 'version'])
  expect(written).toBeUndefined()
})

test('where writing is allowed, each value expires by itself, and is deleted before', async () => {
  const { port, conversations } = await rememberingNode()
  const { written } = await look(port, { writeProbe: true })
  const lines = conversations.flat()
  const sets = lines.filter((line) => line.startsWith('set ')).map((line) => line.split(' '))
  expect(sets.map(([, , , seconds]) => seconds)).toEqual(['60', '60'])
  for (const [, key = ''] of sets) expect(lines).toContain(`delete ${key}`)
  expect(written?.[0]).toMatchObject({ small: { line: 'STORED', found: true }, large: { line: 'STORED', found: true } })
})

test('an address is tried once, however many places lead to it', async () => {
  const { port, conversations } = await rememberingNode()
  const place = { host: '127.0.0.1', port, tls: false, cluster: 'shop' }
  await look(port, { places: ['0001', '0002', 'configuration'].map((role) => ({ ...place, role })) })
  const isLong = (line: string): boolean => line.startsWith('get ') && line.length > 1460
  expect(conversations.filter((lines) => lines.some(isLong))).toHaveLength(1)
})

test('numbers of a node are read while nobody asks it anything, by the configuration endpoint either', async () => {
  const asked: string[] = []
  const node = await listenOn((line, answer) => {
    asked.push(line)
    answer()
  })
  // Asked as long as the node, and longer: its answers are late.
  const configuration = await listenOn((line, answer) => {
    asked.push(`configuration ${line}`)
    setTimeout(answer, LATE_MS)
  })
  const place = { host: '127.0.0.1', tls: false, cluster: 'shop' }
  const { watched } = await look(node, {
    places: [
      { ...place, port: node, role: '0001' },
      { ...place, port: configuration, role: 'configuration' },
    ],
  })
  expect(watched?.map(({ port }) => port)).toContain(node)
  const [first = 0, last = 0] = asked.flatMap((line, at) => (line === 'stats' ? [at] : [])).slice(-2)
  expect(asked.slice(first + 1, last).filter((line) => !/^(configuration )?(stats|config get)/.test(line))).toEqual([])
})

test('long answers are asked for over several connections of their own', async () => {
  const { port, conversations } = await rememberingNode()
  await look(port)
  const isTrial = (lines: readonly string[]): boolean => lines.some((line) => line.startsWith('get '))
  expect(conversations.filter((lines) => isTrial(lines) && lines.includes('stats')).length).toBeGreaterThan(1)
})

test('a question of more than a segment is answered by a node that lives', async () => {
  const { port } = await rememberingNode()
  const { addresses } = await look(port)
  const turns = addresses[0]?.trial?.connections.flatMap((connection) => connection.turns) ?? []
  expect(turns.filter(({ question }) => question === 'long-get' || question === 'many-gets')).toHaveLength(2)
  expect(turns.every(({ answered }) => answered)).toBe(true)
})
