/** `GET /health`: for those that watch over the engine's process, without a signature. It tells nothing of what the engine holds. */
import { Fault } from '../../api/faults.ts'
import { HEALTH_PATH, type Health } from '../../api/local-engine.ts'
import { encodeFault, XML } from './query-protocol.ts'
import type { HttpAnswer, RequestHead, Responder } from './server.ts'

const isHealthQuestion = ({ method, path }: RequestHead): boolean =>
  path === HEALTH_PATH && (method === 'GET' || method === 'HEAD')

/** The answer of an engine that answers the API; undefined: something else is asked. */
export const healthAnswer = (head: RequestHead, version: string): HttpAnswer | undefined =>
  isHealthQuestion(head) ? health(200, { status: 'ready', version }) : undefined

/** What an engine answers until it can answer the API: SDKs try again. */
export function stillStarting(version: string): Responder {
  const waitsFor = 'the cache nodes that the state directory holds'
  return (head) => {
    if (isHealthQuestion(head)) return health(503, { status: 'starting', version, waitsFor })
    const fault = new Fault('ServiceUnavailable', `The engine is starting: it waits for ${waitsFor}.`)
    const headers = { 'retry-after': '1' }
    return { status: 503, contentType: XML, headers, body: encodeFault(fault, '') }
  }
}

const health = (status: number, body: Health): HttpAnswer => ({
  status,
  contentType: 'application/json',
  body: `${JSON.stringify(body)}\n`,
})
