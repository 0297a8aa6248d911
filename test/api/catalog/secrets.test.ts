import { expect, test, vi } from 'vitest'
import { SECRET_MEMBERS, withoutSecrets } from '../../../src/api/catalog/secrets.ts'
import { model } from '../../../src/api/model.generated.ts'
import type { Structure } from '../../../src/api/shapes.ts'
import { withDebug } from '../../../src/cli/debug.ts'
import type { ApiClient } from '../../../src/cli/target/client.ts'
import { inCamelCase } from '../../../src/engine/audit/audit.ts'

const SECRET = 'correct horse battery staple'
const request = Object.fromEntries([...SECRET_MEMBERS].map((name) => [name, SECRET]))

test('a member of the API whose name says that it is a secret is among those never shown', () => {
  const structures = Object.values(model.structures) as readonly Structure[]
  const names = structures.flatMap(({ members }) => Object.keys(members))
  const secrets = new Set(names.filter((name) => /^(AuthToken|Passwords?|\w*Secret\w*|\w*AccessKey)$/.test(name)))
  expect(secrets).toEqual(new Set(['AuthToken', 'Passwords']))
  for (const name of secrets) expect(SECRET_MEMBERS).toContain(name)
})

test('the audit log and --debug hide the same members', async () => {
  expect(JSON.stringify(inCamelCase(request))).not.toContain(SECRET)

  const stderr: string[] = []
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((piece) => stderr.push(String(piece)) > 0)
  // A client whose service gives back what it is sent.
  const echo = { target: { kind: 'aws' }, call: async (_: string, input: object) => input } as unknown as ApiClient
  try {
    await withDebug(echo).call('CreateUser', request as never)
  } finally {
    spy.mockRestore()
  }
  expect(stderr.join('')).toContain('Passwords')
  expect(stderr.join('')).not.toContain(SECRET)
})

test('a password that somebody has put into an access string is hidden with its member', () => {
  const hidden = (text: string) => withoutSecrets('AccessString', text, 'HIDDEN')
  expect(hidden('on >secret ~* #beef (<old +get) !no')).toBe('on >HIDDEN ~* #HIDDEN (<HIDDEN +get) !HIDDEN')
  expect(hidden('on ~a>b +@all')).toBe('on ~a>b +@all')
  expect(withoutSecrets('Passwords', ['a'], 'HIDDEN')).toBe('HIDDEN')
  expect(withoutSecrets('UserName', '>ann', 'HIDDEN')).toBe('>ann')
})
