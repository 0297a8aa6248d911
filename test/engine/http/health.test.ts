import { expect, test } from 'vitest'
import { stillStarting } from '../../../src/engine/http/health.ts'
import type { HttpAnswer, RequestHead } from '../../../src/engine/http/server.ts'

const ask = (method: string, path: string): HttpAnswer => {
  const head: RequestHead = { method, path, query: '', headers: {}, remoteAddress: '127.0.0.1', recognize: () => {} }
  return stillStarting('1.2.3')(head) as HttpAnswer // it refuses by the head
}

test('an engine that starts says what it waits for', () => {
  const { status, body } = ask('GET', '/health')
  expect(status).toBe(503)
  expect(JSON.parse(String(body))).toEqual({
    status: 'starting',
    version: '1.2.3',
    waitsFor: 'the cache nodes that the state directory holds',
  })
})

test('calls of the API are told to come again', () => {
  const { status, headers, body } = ask('POST', '/')
  expect({ status, headers }).toEqual({ status: 503, headers: { 'retry-after': '1' } })
  expect(body).toContain('<Code>ServiceUnavailable</Code>')
})
