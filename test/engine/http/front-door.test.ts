import { request } from 'node:http'
import { expect, test } from 'vitest'
import { startTestEngine } from '../../support/engine.ts'

function get(
  port: number,
  path: string,
  headers: Record<string, string>,
  address = '127.0.0.1',
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: address, port, path, headers }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
      .on('error', reject)
      .end()
  })
}

test('the API answers on both loopback addresses', async () => {
  const { info } = await startTestEngine()
  for (const address of ['127.0.0.1', '::1']) {
    expect((await get(info.port, '/', { host: 'localhost' }, address)).status).toBe(403)
  }
})

test('a request sent under a name that is not loopback is refused before anything else', async () => {
  const { info } = await startTestEngine()
  expect(await get(info.port, '/', { host: 'evil.example' })).toMatchObject({
    status: 403,
    body: expect.stringContaining('evil.example'),
  })
})

test('an unsigned request gets the error document of the Query API', async () => {
  const { info } = await startTestEngine()
  const { body } = await get(info.port, '/?Action=DescribeCacheClusters', { host: `localhost:${info.port}` })
  expect(body).toMatch(
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<ErrorResponse xmlns="http:\/\/elasticache\.amazonaws\.com\/doc\/2015-02-02\/"><Error><Type>Sender<\/Type><Code>MissingAuthenticationToken<\/Code><Message>[^<]+<\/Message><\/Error><RequestId>[0-9a-f-]{36}<\/RequestId><\/ErrorResponse>$/,
  )
})

test('control routes need the token of the state directory', async () => {
  const { info, credentials } = await startTestEngine()
  const host = `localhost:${info.port}`
  expect((await get(info.port, '/_cachectl/status', { host })).status).toBe(401)
  expect((await get(info.port, '/_cachectl/status', { host, authorization: 'Bearer x' })).status).toBe(401)
  const { status, body } = await get(info.port, '/_cachectl/status', {
    host,
    authorization: `Bearer ${credentials.controlToken}`,
  })
  expect(status).toBe(200)
  expect(JSON.parse(body)).toMatchObject({ pid: process.pid, clusters: [] })
})
