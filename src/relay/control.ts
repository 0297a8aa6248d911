/** How a running relay is asked and told: HTTP on the loopback interface, for callers that know its token. */
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nearest } from '../api/nearest.ts'
import { isObject } from '../api/objects.ts'
import { boundTo } from '../net/bound.ts'
import { endpoint } from '../net/target.ts'
import { NoBackend, type Relay } from './relay.ts'

export const CONTROL_PATHS = {
  /** GET: RelayReport. */
  report: '/report',
  /** POST WeightChange: RelayReport after it. */
  weights: '/weights',
} as const

export interface WeightChange {
  /** By back end, as it is called in the report. */
  readonly weights: Readonly<Record<string, number>>
  /** Also end the connections of those that get 0. */
  readonly cut?: boolean
}

const LONGEST_BODY = 65_536

/** Serves until it is closed. Refuses requests without `Authorization: Bearer <token>`. */
export async function serveControl(relay: Relay, token: string): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
      response.end(`${JSON.stringify(body)}\n`)
    }
    if (!isAllowed(request, token)) return answer(403, { message: 'The token is missing or wrong.' })
    handle(request, relay).then(
      (body) => (body ? answer(200, body) : answer(404, { message: `There is no ${request.method} ${request.url}.` })),
      (error: Error) => answer(error instanceof NoBackend ? 404 : 400, { message: error.message }),
    )
  })
  const address = await listenOnLoopback(server)
  return {
    url: `http://${endpoint(address.address, address.port)}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function handle(request: IncomingMessage, relay: Relay): Promise<object | undefined> {
  const spoken = `${request.method} ${request.url}`
  if (spoken === `GET ${CONTROL_PATHS.report}`) return relay.report()
  if (spoken !== `POST ${CONTROL_PATHS.weights}`) return undefined
  const body = await bodyOf(request)
  if (!isObject(body)) throw new RangeError('the body is no object')
  const { weights, cut, ...others }: Partial<WeightChange> = body
  for (const name of Object.keys(others)) throw unknownMember(name)
  if (!isObject(weights)) throw new RangeError('weights are missing')
  relay.setWeights(weights, cut === true)
  return relay.report()
}

function unknownMember(name: string): RangeError {
  const meant = nearest(name.slice(0, 20), ['weights', 'cut'])
  return new RangeError(`unknown parameter ${name}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`)
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = []
  let length = 0
  // Without an encoding set, its pieces are bytes.
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > LONGEST_BODY) throw new RangeError('the body is too long')
    pieces.push(piece)
  }
  return JSON.parse(Buffer.concat(pieces).toString('utf8'))
}

function isAllowed({ headers }: IncomingMessage, token: string): boolean {
  const [given, wanted] = [Buffer.from(headers.authorization ?? ''), Buffer.from(`Bearer ${token}`)]
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/** A host may have but one of the families. */
async function listenOnLoopback(server: Server): Promise<AddressInfo> {
  for (const host of ['127.0.0.1', '::1']) {
    const problem = await new Promise<Error | undefined>((resolve) => {
      server.once('error', resolve)
      server.listen({ host, port: 0 }, () => {
        server.off('error', resolve)
        resolve(undefined)
      })
    })
    if (!problem) return boundTo(server)
    if (host === '::1') throw problem
  }
  throw new Error('unreachable: the loop ends in one of its returns')
}
