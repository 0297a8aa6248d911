import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryHome } from '../support/cli.ts'
import { hasTerminal, longestLine, onTerminal } from '../support/terminal.ts'

const PASSWORD = 'correct-horse-battery'

describe('cachectl users', () => {
  const home = temporaryHome(afterAll)
  beforeAll(async () => {
    await home.answer('engine', 'start', '--port', '0')
    const create = (id: string, access: string, ...more: string[]) =>
      home.answer('create-user', '--user-id', id, '--user-name', id, '--access-string', access, ...more)
    await create('app', 'on ~app:* %R~cart:* +@read (~log +xadd)', '--engine', 'redis', '--passwords', PASSWORD)
    await create('job', 'off ~* +@all -@dangerous', '--engine', 'valkey', '--authentication-mode', 'Type=iam')
    await home.answer(
      'create-user-group',
      '--user-group-id',
      'shop',
      '--engine',
      'redis',
      '--user-ids',
      'default',
      'app',
      '--wait',
    )
  })

  test('says of each user whether and how it may log in, and what it may do where', async () => {
    const rows = (await home.answer('users')).split('\n').map((line) =>
      line
        .split('│')
        .map((cell) => cell.trim())
        .slice(1, -1),
    )
    const [head, ...lines] = rows.filter((cells) => cells.length > 1)
    expect(head).toEqual(['User', 'Log in', 'Caches', 'Keys', 'Commands', 'Groups', 'Channels', 'Engine', 'Status'])
    expect(lines).toEqual([
      ['app', '1 password', 'none', 'app:*, cart:* (read)', '@read', 'shop', 'default', 'redis', 'active'],
      ['or', '-', '-', 'log', 'xadd', '-', 'default', '-', '-'],
      ['default', 'no password', 'none', 'all', 'all', 'shop', 'default', 'redis', 'active'],
      ['job', 'off', 'no group', 'all', 'all; not @dangerous', '-', 'default', 'valkey', 'active'],
    ])
  })

  test('of one cache are those of its user group; a cache without one is told so', async () => {
    expect(await home.cachectl('users', '--cache', 'cart')).toMatchObject({
      code: 254,
      stderr: expect.stringContaining('No user group is that of cart.'),
    })
  })

  test('answers data of which --query picks', async () => {
    expect(JSON.parse(await home.answer('users', 'JOB', '--output', 'json'))).toEqual([
      {
        user: 'job',
        name: 'job',
        engine: 'valkey',
        status: 'active',
        on: false,
        authentication: 'IAM',
        rights: [{ keys: 'all', channels: 'default', commands: 'all; not @dangerous' }],
        accessString: 'off ~* +@all -@dangerous',
        groups: [],
        caches: [],
      },
    ])
    expect(await home.answer('users', '--query', '[?on].user', '--output', 'text')).toBe('app\tdefault\n')
  })

  test('says of a command who may say it, and why others may not', async () => {
    const may = async (line: string) =>
      Object.fromEntries(
        (
          JSON.parse(await home.answer('users', '--may', line, '--output', 'json')) as { user: string; may: object }[]
        ).map((each) => [each.user, each.may]),
      )
    expect(await may('set app:1 x')).toEqual({
      app: { allowed: false, why: 'set is not allowed: no rule allows it' },
      default: { allowed: true },
      job: { allowed: false, why: 'the user is off' },
    })
    expect(await may('GET secret')).toMatchObject({
      app: { why: 'may not read key secret; keys: app:*, cart:* (read)' },
    })
    expect(await home.answer('users', 'app', '--may', 'get secret')).toMatch(
      /app +│ no +│ may not read key secret; keys: app:\*, cart:\* \(read\) +│ none +│ shop/,
    )
    expect(await home.cachectl('users', '--may', ' ')).toMatchObject({ code: 252 })
  })

  test('says what there is when there is no such user', async () => {
    expect(await home.cachectl('users', 'nobody')).toMatchObject({
      code: 254,
      stderr: expect.stringMatching(/There is no user nobody\.\s+There are: app, default, job\./),
    })
  })

  test.skipIf(!hasTerminal)('fits the terminal', async () => {
    const screen = await onTerminal(['users'], { columns: 80, env: { CACHECTL_HOME: home.stateDir } })
    expect(screen.text).toContain('@read')
    expect(longestLine(screen)).toBeLessThanOrEqual(80)
  })

  test.skipIf(!hasTerminal)('the wizard asks for a password, and shows it nowhere', async () => {
    const { text, code } = await onTerminal(
      ['create-user', '--user-id', 'ann', '--user-name', 'ann', '--access-string', 'on'],
      {
        columns: 200,
        env: { CACHECTL_HOME: home.stateDir },
        answers: [
          ['--engine', '\r'],
          ['--passwords', `${PASSWORD}\r`],
          ['Run it?', '\r'],
        ],
      },
    )
    expect(text).toContain(
      'create-user --user-id ann --user-name ann --access-string on --engine valkey --passwords ...',
    )
    expect(text).not.toContain(PASSWORD)
    expect(code).toBe(0)
  })
})
