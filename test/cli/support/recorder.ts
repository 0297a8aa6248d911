import { writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { engineFiles } from '../../../src/api/local-engine.ts'

export interface Recorded {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** The Query request's parameters, without Action and Version. */
  readonly parameters: Record<string, string>
  readonly action: string
}

export interface Recorder {
  readonly url: string
  readonly requests: Recorded[]
}

type Reply = (request: Recorded) => { status?: number; body: string }

const NAMESPACE = 'http://elasticache.amazonaws.com/doc/2015-02-02/'

/** The answer of an operation, from the inside of its result element. */
export const result = (action: string, inside = ''): string =>
  `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${inside}</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`

export const errorBody = (code: string, message: string): string =>
  `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`

/** An endpoint that writes down what it is sent and answers what the test says. */
export async function recordRequests(reply: Reply = ({ action }) => ({ body: result(action) })): Promise<Recorder> {
  const requests: Recorded[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => {
      body += piece.toString()
    })
    request.on('end', () => {
      const { Action = '', Version: _, ...parameters } = Object.fromEntries(new URLSearchParams(body))
      const recorded = { url: request.url ?? '', headers: request.headers, parameters, action: Action }
      requests.push(recorded)
      const { status = 200, body: answer } = reply(recorded)
      response.writeHead(status, { 'content-type': 'text/xml' }).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** Makes a state directory say that this process is its engine and answers at `url`. */
export function pretendEngine(stateDir: string, url: string): { accessKeyId: string } {
  const { info, credentials } = engineFiles(stateDir)
  const keys = { accessKeyId: 'AKIALOCALENGINE', secretAccessKey: 'local-secret', controlToken: 'token' }
  const region = 'us-west-2'
  writeFileSync(info, JSON.stringify({ pid: process.pid, version: '0', url, port: 1, region, stateDir, startedAt: '' }))
  writeFileSync(credentials, JSON.stringify(keys))
  return keys
}
