import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands as table } from '../../src/cli/command-table.ts'
import { cachectl, temporaryHome } from './support/cli.ts'
import { hasTerminal, onTerminal } from './support/terminal.ts'

/** Every command of our own that takes the name of a cache; `doctor` has verdicts, with 2 where it could not run. */
const commands: readonly { before: string[]; after?: string[]; verdict?: 2; anyWord?: true; names?: 'backup' }[] = [
  { before: ['endpoints'] },
  { before: ['probe'] },
  { before: ['discover'] },
  { before: ['preference'] },
  { before: ['tls'] },
  { before: ['connections'] },
  { before: ['gai', 'check'] },
  { before: ['top'], after: ['--count', '1'] },
  { before: ['kv', 'get'], after: ['greeting'] },
  { before: ['kv', 'mget'], after: ['greeting'] },
  { before: ['kv', 'set'], after: ['greeting', 'hello'] },
  { before: ['kv', 'add'], after: ['greeting', 'hello'] },
  { before: ['kv', 'delete'], after: ['greeting'] },
  { before: ['kv', 'incr'], after: ['visits'] },
  { before: ['kv', 'touch'], after: ['greeting', '1h'] },
  { before: ['kv', 'flush'], after: ['--yes'] },
  { before: ['kv', 'load'], after: ['/dev/null'] },
  { before: ['kv', 'bench'], after: ['--time', '1s'] },
  { before: ['kv', 'stats'] },
  { before: ['kv', 'locate'], after: ['greeting'] },
  { before: ['kv', 'dump'] },
  { before: ['kv', 'ttl'], after: ['greeting'] },
  { before: ['kv', 'scan'] },
  { before: ['kv', 'show'], after: ['greeting'] },
  { before: ['kv', 'hot'], after: ['--for', '1s'] },
  { before: ['kv', 'big'] },
  { before: ['tunnel'], after: ['--via', 'ssh://host'] },
  { before: ['scale'], after: ['--nodes', '2'] },
  { before: ['metrics'] },
  { before: ['backup', 'create'] },
  { before: ['backup', 'restore'], after: ['--as', 'new'], names: 'backup' },
  { before: ['backup', 'export'], after: ['--bucket', 'bucket'], names: 'backup' },
  { before: ['backup', 'delete'], after: ['--yes'], names: 'backup' },
  { before: ['tag'] },
  { before: ['auth-token'], after: ['--user', 'clerk'] },
  { before: ['doctor'], verdict: 2, anyWord: true },
]

const line = ({ before, after = [] }: (typeof commands)[number], ...name: string[]) => [...before, ...name, ...after]
const called = commands.map((each) => [each.before.join(' '), each] as const)

const loaded = Object.entries(table).map(async ([id, load]) => ({ ...(await load()), id }))
/** Those of the local engine itself, of targets and proxies are tried in engine/names.test.ts. */
const isOfCaches = (id: string) => !/^(engine|target|proxy):/.test(id)
/** Of replication groups only, of which there are none here, and of parameter groups: tried in caches/. */
const OF_OTHERS = ['failover', 'diff']
const offering = (await Promise.all(loaded)).filter(
  ({ id, args }) => isOfCaches(id) && !OF_OTHERS.includes(id) && Object.values(args).some((word) => 'choose' in word),
)

/** Those of which only the name is missing; of others more is. */
const offered = offering.flatMap(({ id, args, flags }) => {
  const needed = Object.values(args).filter(({ required }) => required).length
  const row = commands.find(({ before }) => before.join(':') === id)
  const options = Object.values(flags).some(({ required }) => required) ? (row?.after ?? []) : []
  return needed > 1 ? [] : [[id.replace(':', ' '), [...id.split(':'), ...options]] as const]
})

test('no command that offers caches to choose from is left out', () => {
  const tried = [...commands.map(({ before }) => before.join(':')), 'dns']
  expect(offering.map(({ id }) => id).filter((id) => !tried.includes(id))).toEqual([])
})

describe('one situation has one exit code', () => {
  const home = temporaryHome(afterAll)
  const asBob = (words: readonly string[]) => cachectl(words, { CACHECTL_HOME: home.stateDir, CACHECTL_USER: 'bob' })

  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    await home.answer('engine', 'user', 'create', 'bob')
    await home.answer('create-serverless-cache', '--serverless-cache-name', 'cart', '--engine', 'memcached', '--wait')
    await home.answer('backup', 'create', 'cart', '--name', 'cart-1', '--wait')
  })

  test.each(called)('%s of a cache that is not there: 254', async (_, each) => {
    const { code, stderr } = await home.cachectl(...line(each, 'nosuch'))
    expect({ code, told: each.verdict !== undefined || stderr.includes('nosuch') }).toEqual({
      code: each.verdict ?? 254,
      told: true,
    })
  })

  test.each(called)('%s by a user who may nothing: 254, and what is not allowed', async (_, each) => {
    expect(await asBob(line(each, 'cart'))).toMatchObject({
      code: each.verdict ?? 254,
      stderr: expect.stringContaining('user/bob is not authorized to perform'),
    })
  })

  test.each(called.filter(([, { anyWord }]) => !anyWord))(
    '%s without a name, and nobody to ask: 252',
    async (_, each) => {
      expect(await home.cachectl(...each.before)).toMatchObject({ code: 252 })
    },
  )

  test.each(offered)('%s without a name is told which there are', async (_, words) => {
    expect(await home.cachectl(...words)).toMatchObject({
      code: 252,
      stderr: expect.stringMatching(/arguments are required: <(?:\n|.)*There (?:is|are): (?:.*, )?cart/),
    })
  })

  describe.skipIf(!hasTerminal)('on a terminal what there is can be chosen', () => {
    const env = { CACHECTL_HOME: home.stateDir }

    test.each(offered)('%s', async (_, words) => {
      const screen = await onTerminal(words, { env, answers: [['cart', '\x03']] })
      expect(screen).toMatchObject({ code: 130, text: expect.stringMatching(/Which (cache|backup|resource)\?/) })
    })

    test.each([
      [['endpoints'], 'cart: ipv4'],
      [['probe', '-c', '1'], '127.0.0.1'],
      [['dns'], '127.0.0.1'],
      [['preference', '--preference', 'none'], '127.0.0.1'],
      [['tag'], 'No tags'],
    ])('%j goes on with what is chosen', async (words, shown) => {
      const { text } = await onTerminal(words, { env, columns: 200, answers: [['cart', '\r']] })
      expect(text.slice(text.lastIndexOf('Which'))).toContain(shown)
    })
  })

  test.each([
    ['probe', '--all'],
    ['preference', '--matrix', '--preference', 'none'],
  ])('%s needs no name with %s', async (...words) => {
    expect((await home.cachectl(...words)).code).not.toBe(252)
  })

  test.each(called)('%s without an engine: 253', async (_, each) => {
    expect(await cachectl(line(each, 'shop'), { CACHECTL_HOME: `${home.stateDir}/none` })).toMatchObject({
      code: each.verdict ?? 253,
      stderr: expect.stringContaining('No local engine is running'),
    })
  })

  test.each([[['discover', 'cart']], [['scale', 'cart', '--nodes', '2']]])(
    '%j of a kind that it is not for: 255, and what it is',
    async (words) => {
      expect(await home.cachectl(...words)).toMatchObject({
        code: 255,
        stderr: expect.stringContaining('cart is a serverless cache'),
      })
    },
  )

  test('a fault of a cache that is not there: 254', async () => {
    for (const option of ['--cluster', '--serverless-cache'])
      expect(await home.cachectl('engine', 'fault', 'inject', 'reset', option, 'nosuch')).toMatchObject({
        code: 254,
        stderr: expect.stringContaining('nosuch'),
      })
  })

  test.skipIf(!hasTerminal)('on a terminal a fault of what is nearly a name is told which', async () => {
    const words = ['engine', 'fault', 'inject', 'reset', '--cluster', 'cartt']
    const { text } = await onTerminal(words, { env: { CACHECTL_HOME: home.stateDir } })
    expect(text).toContain('Did you mean cart? It is a serverless cache.')
  })

  describe.skipIf(!hasTerminal)('on a terminal a name that is nearly one is told which', () => {
    const env = { CACHECTL_HOME: home.stateDir }

    test.each(called)('%s', async (_, each) => {
      const { text, code } = await onTerminal(line(each, 'cartt'), { env, columns: 200 })
      expect({ code, text }).toEqual({
        code: each.verdict ?? 254,
        text: expect.stringContaining(`Did you mean ${each.names === 'backup' ? 'cart-1' : 'cart'}?`),
      })
    })

    test('a wait', async () => {
      const words = ['wait', 'serverless-cache-available', '--serverless-cache-name', 'cartt']
      const { text, code } = await onTerminal(words, { env, columns: 200 })
      expect({ code, text }).toEqual({ code: 255, text: expect.stringContaining('Did you mean cart?') })
    })
  })
})
