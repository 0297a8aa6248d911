import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readServerLine } from '../../src/redis/stand-alone/command-line.ts'
import { readText, runNode } from '../../src/redis/stand-alone/run.ts'
import { Talk } from './support/talk.ts'

const noFiles = (path: string): string => {
  throw new Error(`no file ${path}`)
}

test('directives on the command line, with values attached, behind, and in one word', () => {
  const { directives } = readServerLine(
    'redis',
    [
      '--port',
      '7000',
      '--save',
      '',
      '--maxmemory=10mb',
      '--bind',
      '127.0.0.1',
      '-::1',
      '--client-output-buffer-limit',
      'pubsub 1mb 1mb 60',
    ],
    noFiles,
  )
  expect(Object.fromEntries(directives)).toEqual({
    port: ['7000'],
    save: [''],
    maxmemory: ['10mb'],
    bind: ['127.0.0.1', '-::1'],
    'client-output-buffer-limit': ['pubsub', '1mb', '1mb', '60'],
  })
})

test('a configuration file with quotes, comments and another file in it; the command line wins', () => {
  const files: Record<string, string> = {
    'a.conf': '# nothing\nport 7000\nrequirepass "two words"\ninclude b.conf\nrename-command FLUSHALL ""\n',
    'b.conf': 'maxmemory 1gb\nsave 900 1\nsave 300 10\n',
  }
  const plan = readServerLine('valkey', ['a.conf', '--port', '7001'], (path) => files[path] ?? '')
  expect(Object.fromEntries(plan.directives)).toEqual({
    port: ['7001'],
    requirepass: ['two words'],
    maxmemory: ['1gb'],
    save: ['900', '1', '300', '10'],
  })
  expect(Object.fromEntries(plan.renamed)).toEqual({ flushall: '' })
})

test('words that are no directive are refused', () => {
  expect(() => readServerLine('redis', ['--port', '1', '-x'], noFiles)).not.toThrow()
  expect(() => readServerLine('redis', ['--'], noFiles)).toThrow("unexpected word: '--'")
})

test('a node runs as its file says until a client shuts it down', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-node-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'node.conf')
  writeFileSync(
    file,
    `port -1\nbind 127.0.0.1\nrequirepass secret\nmaxmemory 5mb\nunixsocket ${join(directory, 'socket')}\n`,
  )
  const plan = readServerLine('redis', [file], readText)
  let ended = false
  const node = await runNode(
    plan,
    () => undefined,
    () => {
      ended = true
    },
  )
  onTestFinished(() => node.close())
  const [address] = node.addresses
  const talk = await Talk.to(address?.port ?? 0)
  onTestFinished(() => talk.end())
  expect(await talk.ask(['GET', 'a'], ['AUTH', 'wrong'], ['AUTH', 'secret'], ['CONFIG', 'GET', 'maxmemory'])).toEqual([
    '-NOAUTH Authentication required.\r\n',
    '-WRONGPASS invalid username-password pair or user is disabled.\r\n',
    '+OK\r\n',
    '*2\r\n$9\r\nmaxmemory\r\n$7\r\n5242880\r\n',
  ])
  talk.write('SHUTDOWN NOSAVE\r\n')
  await expect.poll(() => ended, { timeout: 20_000 }).toBe(true)
})

test.each([
  ['redis', ['# Running mode=standalone', '# Server initialized', '* Ready to accept connections']],
  ['valkey', ['* Running mode=standalone', '* Server initialized', '* Ready to accept connections tcp']],
] as const)('a node of %s logs that it is ready as the server does', async (engine, said) => {
  const directory = mkdtempSync(join(tmpdir(), 'cachectl-node-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const shown: string[] = []
  const nothing: string[] = []
  const start = async (lines: string[], ...words: string[]) => {
    const plan = readServerLine(engine, ['--port', '-1', '--bind', '127.0.0.1', ...words], noFiles)
    const node = await runNode(
      plan,
      (line) => lines.push(line),
      () => undefined,
    )
    await node.close()
  }
  await start(shown)
  await start(nothing, '--dir', directory, '--logfile', 'node.log')
  const written = readText(join(directory, 'node.log')).trimEnd().split('\n')
  for (const lines of [shown, written]) {
    for (const [at, line] of said.entries()) expect(lines[at]).toContain(line)
    for (const line of lines) expect(line).toMatch(/^\d+:M \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} [*#] /)
  }
  expect(nothing).toEqual([])
})

test('a directive that can not be so is refused before anything listens', async () => {
  const plan = readServerLine('redis', ['--port', '-1', '--maxmemory', 'much'], noFiles)
  await expect(
    runNode(
      plan,
      () => undefined,
      () => undefined,
    ),
  ).rejects.toThrow(/maxmemory much.*memory value/)
})
