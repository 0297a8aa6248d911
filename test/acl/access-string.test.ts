import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printAccessString, readAccessString } from '../../src/acl/access-string.ts'
import { commandsOf } from '../../src/acl/commands.ts'

const printed = (text: string) => printAccessString(readAccessString(text, 'redis'))

describe('an access string', () => {
  test.each([
    ['without on or off is of a user who is off', '~app:* +@read', 'off ~app:* -@all +@read'],
    ['that says what AWS shows of the default user stays as it is', 'on ~* +@all', 'on ~* +@all'],
    ['may use the other names of all', 'on allkeys allchannels allcommands', 'on ~* &* +@all'],
    ['may be in any case', 'ON AllKeys +@READ -GET', 'on ~* -@all +@read -get'],
    ['loses what a later rule takes back', '~a ~b resetkeys ~c +get -@all +set', 'off ~c -@all +set'],
    ['has each rule once, the last', '+get +set -get +get', 'off -@all +set +get'],
    ['loses subcommands that a rule of the command is about', '+client|id -client', 'off -@all -client'],
    ['joins reading and writing of one pattern', '%R~a %W~b %W~a', 'off ~a %W~b -@all'],
    ['may have selectors', '+get (~a %R~b) (+set &c)', 'off -@all +get (~a %R~b -@all) (&c -@all +set)'],
    ['may do away with selectors', '(~a) (~b) clearselectors (~c)', 'off -@all (~c -@all)'],
    ['may allow a command for one first argument', '-@all +select|0', 'off -@all +select|0'],
    ['keeps channels that were taken away', 'on ~* resetchannels +@all', 'on ~* resetchannels +@all'],
  ])('%s', (_, text, expected) => {
    expect(printed(text)).toBe(expected)
  })

  test.each([
    [
      'a command that no server knows',
      '+nosuch',
      "Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL",
    ],
    ['a category that no server knows', 'on +@nosuch', /'\+@nosuch': Unknown command or category/],
    ['what is no rule', 'foo', "Error in ACL SETUSER modifier 'foo': Syntax error"],
    ['keys after all keys', '~* ~a', /Adding a pattern after the \* pattern \(or the 'allkeys' flag\)/],
    ['a parenthesis that is not closed', 'on (~a +get', "Unmatched parenthesis in acl selector starting at '(~a'."],
    ['a state in a selector', '(on)', "Error in ACL SETUSER modifier '(on)': Syntax error"],
    ['quotes, which a server would take off', '(~"a")', /Syntax error/],
    ['nopass', 'on nopass', /'nopass': Passwords are not part of an access string/],
    ['reset', 'on reset', /Passwords are not part/],
    ['a restricted command', '+config', /'\+config': The command is restricted/],
    ['a subcommand of a restricted command', '+config|get', /restricted/],
    ['a restricted subcommand', '-acl|setuser', /restricted/],
  ])('must not have %s', (_, text, message) => {
    expect(() => printed(text)).toThrow(message)
  })

  test('that has a password is refused without saying it', () => {
    for (const sign of ['>', '<', '#', '!']) {
      expect(() => printed(`on ${sign}correct-horse`)).toThrow(`modifier '${sign}...'`)
    }
  })

  test('is added to what was there before', () => {
    const before = readAccessString('on ~app:* +@read', 'redis')
    expect(printAccessString(readAccessString('~more:* -get', 'redis', before))).toBe(
      'on ~app:* ~more:* -@all +@read -get',
    )
  })

  test('of Valkey may name what Redis does not have', () => {
    expect(printAccessString(readAccessString('+hgetex +script|show', 'valkey'))).toBe('off -@all +hgetex +script|show')
    expect(() => printed('+hgetex')).toThrow('Unknown command')
  })
})

const name = fc.constantFrom(...commandsOf('redis').categoriesOf.keys())
const rule = fc.oneof(
  fc.tuple(fc.constantFrom('+', '-'), name).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('~', '%R~', '%W~', '&', '+', '-', '+@', ''), fc.string({ maxLength: 6 }))
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'on',
    'off',
    '(',
    ')',
    '(~a',
    '+get)',
    'allkeys',
    'resetkeys',
    'allchannels',
    'resetchannels',
    '+@all',
  ),
)
const texts = fc.array(rule, { maxLength: 8 }).map((rules) => rules.join(' '))

test('whatever is taken is printed so that it means the same', () => {
  fc.assert(
    fc.property(texts, (text) => {
      let once: string
      try {
        once = printed(text)
      } catch (error) {
        expect(error).toMatchObject({ name: 'BadRule' })
        return
      }
      expect(printed(once)).toBe(once)
    }),
    { numRuns: 2000 },
  )
})
