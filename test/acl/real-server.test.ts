/** Rules as real servers take and print them, against the same rules as the engine does. */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { printAccessString, readAccessString } from '../../src/acl/access-string.ts'
import type { AclEngine } from '../../src/acl/commands.ts'
import { BadRule } from '../../src/acl/rules.ts'
import { isInstalled } from '../support/programs.ts'
import { type AclServer, startAclServer } from './acl-server.ts'

const SERVERS: readonly (readonly [program: string, engine: AclEngine])[] = [
  ['redis-server', 'redis'],
  ['valkey-server', 'valkey'],
]

const word = fc.constantFrom(
  'get',
  'GET',
  'set',
  'select',
  'client',
  'client|setname',
  'info',
  'latency',
  'latency|doctor',
)
const noCommand = fc.constantFrom(
  '',
  'nosuch',
  'client|nosuch',
  'select|0',
  'get|',
  'client|setname|x',
  'select|0|1',
  '|get',
)
const category = fc.constantFrom('@read', '@WRITE', '@all', '@fast', '@dangerous', '@slow', '@nosuch', '@')
const command = fc
  .tuple(fc.constantFrom('+', '-'), fc.oneof({ weight: 4, arbitrary: word }, noCommand, category))
  .map(([sign, name]) => `${sign}${name}`)
const pattern = fc.constantFrom('', '*', 'app:*', 'a~b', '[ab]', '%R~x')
const prefix = fc.constantFrom('%R~', '%w~', '%RW~', '%wr~', '%R', '%~', '%RR~', '%x~')
const keys = fc.oneof(
  pattern.map((each) => `~${each}`),
  // `%RW~*` is printed as `~*`, which is more.
  fc.tuple(prefix, fc.constantFrom('', 'app:*', 'a~b', '[ab]')).map((parts) => parts.join('')),
)
const channel = pattern.map((each) => `&${each}`)
const whole = fc.constantFrom('allkeys', 'resetkeys', 'AllChannels', 'resetchannels', 'allcommands', 'nocommands')
const rule = fc.oneof({ weight: 4, arbitrary: command }, { weight: 2, arbitrary: keys }, channel, whole)
const selector = fc.array(rule, { maxLength: 4 }).map((rules) => `(${rules.join(' ')})`)
const odd = fc.constantFrom(')', 'nosuch', '-', '+')
const ofUser = fc.constantFrom('on', 'OFF', 'clearselectors')
const modifiers = fc.array(
  fc.oneof({ weight: 8, arbitrary: rule }, { weight: 2, arbitrary: selector }, ofUser, { weight: 1, arbitrary: odd }),
  { maxLength: 6 },
)

for (const [program, engine] of SERVERS) {
  const isThere = isInstalled(program) && isInstalled('redis-cli')
  describe.skipIf(!isThere)(`${program}${isThere ? '' : ' is not installed'}`, () => {
    const cleanups: (() => Promise<void> | void)[] = []
    afterAll(async () => {
      for (const work of cleanups.reverse()) await work()
    })
    let server: Promise<AclServer> | undefined
    const running = () => (server ??= startAclServer(program, (work) => cleanups.push(work)))

    test('takes and refuses rules as the engine does', async () => {
      const { ask } = await running()
      await fc.assert(
        fc.asyncProperty(modifiers, async (rules) => {
          const answer = await set(ask, 'ann', rules.join(' '))
          expect(refusalOf(rules.join(' '), engine)).toBe(answer === 'OK' ? undefined : answer.replace(/^ERR /, ''))
        }),
        { numRuns: 100 },
      )
    }, 60_000)

    test.each(['(', '(~a', '(~a)x', '(on)', '(~a (b))', '( )', '(~a +get', '(~a +nope)'])(
      'takes or refuses the selector %s as the engine does',
      async (text) => {
        const answer = await set((await running()).ask, 'ann', text)
        expect(refusalOf(text, engine)).toBe(answer === 'OK' ? undefined : answer.replace(/^ERR /, ''))
      },
    )

    test('lets a user with the printed rules do what one with the rules themselves may do', async () => {
      const { ask } = await running()
      await fc.assert(
        fc.asyncProperty(modifiers, async (rules) => {
          const text = rules.join(' ')
          fc.pre(refusalOf(text, engine) === undefined)
          const printed = printAccessString(readAccessString(text, engine))
          expect(await set(ask, 'ann', text)).toBe('OK')
          expect(await set(ask, 'bob', printed)).toBe('OK')
          const [ann, bob] = [await listed(ask, 'ann'), await listed(ask, 'bob')]
          expect(bob).toBe(ann)
          if (engine === 'valkey') expect(withoutDefaults(printed)).toBe(ann)
        }),
        { numRuns: 60 },
      )
    }, 60_000)
  })
}

function set(ask: AclServer['ask'], user: string, text: string): Promise<string> {
  return ask('ACL', 'SETUSER', user, 'reset', ...text.split(' ').filter((word) => word !== ''))
}

/** What the engine says to rules that it does not take. */
function refusalOf(text: string, engine: AclEngine): string | undefined {
  try {
    readAccessString(text, engine)
    return undefined
  } catch (error) {
    if (error instanceof BadRule) return error.message
    throw error
  }
}

/** The rules of a user as the server shows them. */
async function listed(ask: AclServer['ask'], user: string): Promise<string> {
  const lines = (await ask('ACL', 'LIST')).split('\n')
  const line = lines.find((each) => each.startsWith(`user ${user} `)) ?? expect.fail(`the server has no user ${user}`)
  return withoutDefaults(line.replace(`user ${user} `, ''))
}

const withoutDefaults = (text: string): string => text.replace(/resetchannels |sanitize-payload /g, '')
