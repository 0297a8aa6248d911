import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { operationNames } from '../../src/api/model.ts'
import { kebabCase } from '../../src/api/names.ts'
import type { Command } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/command-classes.ts'
import { runLine } from '../../src/cli/dispatch.ts'
import { temporaryHome } from './support/cli.ts'

/** Our own: neither the operations nor the waiters, whose options are the model's, nor the node's, which are memcached's. */
const own = Object.entries(commands).filter(
  ([id]) => !operationNames.map(kebabCase).includes(id) && !id.startsWith('wait:') && id !== 'node:run',
)

const TOPIC = 'arn:aws:sns:us-west-2:000000000000:shop'

/** What the words and the options that are required can be. */
const WORDS: Readonly<Record<string, string>> = { limit: '1', option: 'cache', ttl: '1h', time: '1h', action: 'list' }
const VALUES: Readonly<Record<string, string>> = { nodes: '1', prefer: 'ipv4', document: '{}', via: 'ssh://host' }

function leastLine(id: string, { args, flags }: Command): string[] {
  const words = Object.entries(args).flatMap(([name, { required }]) => (required ? [WORDS[name] ?? 'x'] : []))
  const options = Object.entries(flags).flatMap(([name, flag]) =>
    flag.required ? [`--${name}`, VALUES[name] ?? 'x'] : [],
  )
  return [...(id === 'engine:clock:set' ? ['2030-01-01'] : words), ...options]
}

describe('a broken --query is bad usage, before anything is asked', () => {
  test.each(own.filter(([, { flags }]) => 'query' in flags))('%s', async (id, command) => {
    await expect(command.run([...leastLine(id, command), '--query', 'a['])).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining('Bad value for --query a['),
    })
  })
})

test('of our own commands those that answer data take --output and --query together', () => {
  for (const [id, { flags }] of own)
    expect([id, flags.output?.choices?.includes('yaml')]).toEqual([id, flags.query && true])
})

describe('a value that is none of its option is bad usage', () => {
  const READ = ['<number>', '<time>', '<bytes>', '<family>', '<when>', '<form>', '<protocol>', '<method>', '<wish>']
  const cases = own.flatMap(([id, command]) =>
    Object.entries(command.flags).flatMap(([name, flag]) =>
      flag.choices || (flag.type === 'option' && READ.includes(String(flag.helpValue)))
        ? [[id, name, command] as const]
        : [],
    ),
  )

  test.each(cases)('%s --%s', async (id, name, command) => {
    const required = leastLine(id, {
      ...command,
      flags: { ...command.flags, [name]: { ...command.flags[name], required: false } } as never,
    })
    await expect(command.run([...required, `--${name}`, 'no-such-value'])).rejects.toMatchObject({ kind: 'usage' })
  })
})

describe('data of a running engine', () => {
  const home = temporaryHome(afterAll)

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0', '--pace', 'instant')
    await home.answer(
      ...['create-cache-cluster', '--cache-cluster-id', 'shop', '--engine', 'memcached', '--num-cache-nodes', '2'],
      ...['--cache-node-type', 'cache.t4g.small', '--wait'],
    )
    await home.answer('tag', 'shop', 'add', 'Team=web')
    await home.answer('create-serverless-cache', '--serverless-cache-name', 'cart', '--engine', 'memcached', '--wait')
    await home.answer('backup', 'create', 'cart', '--wait')
    await home.answer('engine', 'user', 'create', 'bob')
    const statement = { Effect: 'Allow', Action: '*', Resource: '*' }
    const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await home.answer('engine', 'policy', 'put', 'bob', 'some', '--document', document)
    await home.answer('engine', 'fault', 'inject', 'delay', '--cluster', 'shop', '--delay', '1ms')
    await home.answer('modify-cache-cluster', '--cache-cluster-id', 'shop', '--notification-topic-arn', TOPIC)
    await home.answer('reboot-cache-cluster', '--cache-cluster-id', 'shop', '--cache-node-ids-to-reboot', '0001')
    await home.answer('wait', 'cache-cluster-available', '--cache-cluster-id', 'shop')
    // After the reboot, which empties the node that the key may be on.
    await home.answer('kv', 'set', 'shop', 'greeting', 'hello')
    await home.answer('engine', 'clock', 'advance', '2m')
  })

  /** What the line prints, in this process: a hundred of the program's would take a minute. */
  async function printed(line: string): Promise<string> {
    let text = ''
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
      text += piece
      return true
    })
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      const here = /^gai (?!check)/.test(line) ? [] : ['--state-dir', home.stateDir]
      const code = await runLine([...line.split(' '), ...here])
      expect([0, 1]).toContain(code)
      return text
    } finally {
      stdout.mockRestore()
      stderr.mockRestore()
    }
  }

  test.each([
    ['list', 'id'],
    ['quotas', 'quota'],
    ['endpoints shop', 'cluster'],
    ['engine status', 'running'],
    ['engine quota list', 'quotas'],
    ['engine subnet list', 'subnets'],
    ['engine security-group list', 'securityGroups'],
    ['engine clock show', 'now'],
    ['engine audit', 'Records'],
    ['target list', 'name'],
    ['target show', 'because'],
    ['tag shop', 'TagList'],
    ['kv stats shop', 'node'],
    ['kv locate shop greeting', 'hash'],
    ['connections shop', 'findings'],
    ['dns localhost', 'surveys'],
    ['probe shop -c 1', 'rows'],
    ['doctor shop', 'healthy'],
    ['doctor --list-rules', 'id'],
    ['preference shop --preference none', 'place'],
    ['preference --matrix --preference IPv4_ONLY', 'agree'],
    ['discover shop', 'perNode'],
    ['tls shop', 'findings'],
    ['gai check localhost', 'host'],
    ['gai show', 'file'],
    ['gai order 127.0.0.1 ::1', 'order'],
    ['gai generate --prefer ipv4', 'text'],
    ['gai lint', 'remarks'],
    ['gai windows', 'commands'],
    ['engine env', 'AWS_REGION'],
    ['engine user list', 'userName'],
    ['engine policy get bob some', 'Statement'],
    ['engine fault list', 'kind'],
    ['engine notifications', 'TopicArn'],
    ['backup list', 'expires'],
    ['metrics cart', 'metrics'],
    ['kv bench shop --time 100ms', 'latencyMs'],
  ])('%s in every form', async (line, member) => {
    const json = JSON.parse(await printed(`${line} --output json`))
    const first = Array.isArray(json) ? json[0] : json
    expect(first).toHaveProperty(member)
    const yaml = parse(await printed(`${line} --output yaml`))
    expect(Object.keys(Array.isArray(yaml) ? yaml[0] : yaml).sort()).toEqual(Object.keys(first).sort())
    expect(await printed(`${line} --output table`)).toMatch(/^-{5,}\n\|/)
    expect(await printed(`${line} --output text`)).toContain('\t')
    const path = Array.isArray(json) ? `[0].${member}` : member
    const type = JSON.parse(await printed(`${line} --query type(${path})`))
    expect(type).toBe(Array.isArray(first[member]) ? 'array' : first[member] === null ? 'null' : typeof first[member])
  })

  test('one that comes by itself is a line of JSON, of which --query picks', async () => {
    expect(JSON.parse(await printed('kv get shop greeting --output json'))).toMatchObject({ value: 'hello' })
    expect(await printed('kv get shop greeting --query value')).toBe('"hello"\n')
    expect(await printed('kv mget shop greeting --query value --output text')).toBe('hello\n')
    expect(await printed('top shop --count 2 --interval 100ms --query where --output yaml')).toBe('- shop\n- shop\n')
  })

  test('forms of one command stay', async () => {
    expect(await printed('list --output ids')).toContain('shop\n')
    expect((await printed('endpoints shop --output hosts')).trim().split('\n')).toHaveLength(2)
    expect(await printed('kv get shop greeting --output raw')).toBe('hello')
    expect(await printed('probe shop -c 1 --output nping')).toContain('Starting Nping')
  })

  test('errors can be had as JSON, of every command', async () => {
    for (const line of ['endpoints nosuch', 'engine fault inject flood', 'target use nosuch', 'node run -S']) {
      const { code, stderr } = await home.cachectl(...line.split(' '), '--cli-error-format', 'json')
      expect(JSON.parse(stderr)).toMatchObject({ exitCode: code, message: expect.any(String) })
    }
  })
})
