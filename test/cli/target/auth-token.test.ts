import { expect, test } from 'vitest'
import { authToken } from '../../../src/cli/target/auth-token.ts'
import { cachectl } from '../support/cli.ts'

const request = {
  cache: 'Shop',
  user: 'app',
  region: 'us-west-2',
  now: new Date('2026-01-02T03:04:05Z'),
}
const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

// Signatures as botocore 1.45's SigV4QueryAuth makes them of the same URL, key and time.
test('a token is the presigned request to connect, as botocore signs it, without its scheme', async () => {
  const token = await authToken({ ...request, serverless: false, credentials: key })
  expect(token).toMatch(/^shop\/\?Action=connect&User=app&X-Amz-/)
  const parameters = new URL(`http://${token}`).searchParams
  expect(Object.fromEntries(parameters)).toMatchObject({
    'X-Amz-Credential': 'AKIDEXAMPLE/20260102/us-west-2/elasticache/aws4_request',
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': '5ff2d9f2a7b95e0943078e92ce579daf47711c3f3fc29e8efdc523d2a760bde6',
  })
})

test('a token for a serverless cache says so, and bears the session of its credentials', async () => {
  const token = await authToken({ ...request, serverless: true, credentials: { ...key, sessionToken: 'to/ken+=' } })
  const parameters = new URL(`http://${token}`).searchParams
  expect(Object.fromEntries(parameters)).toMatchObject({
    ResourceType: 'ServerlessCache',
    'X-Amz-Security-Token': 'to/ken+=',
    'X-Amz-Signature': '2728fbbc1e50622a4a95f2aaeb76aec8e1af93aeba276b89ecd7fb03318a51fa',
  })
})

test('auth-token prints a token for AWS without asking AWS, and when it expires', async () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', CACHECTL_HOME: '/nonexistent' }
  const words = ['auth-token', 'shop', '--user', 'app', '--unchecked', '--target', 'aws', '--region', 'us-west-2']
  const { code, stdout, stderr } = await cachectl([...words, '--output', 'json'], env)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { token, expires, user, cache } = JSON.parse(stdout)
  expect({ user, cache }).toEqual({ user: 'app', cache: 'shop' })
  expect(token).toMatch(/^shop\/\?Action=connect&User=app&.*&X-Amz-Signature=[0-9a-f]{64}$/)
  expect(Date.parse(expires) - Date.now()).toBeGreaterThan(800_000)
  expect(await cachectl(words, env)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^shop\/\?Action=/) })
})
