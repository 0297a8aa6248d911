import { isIP } from 'node:net'
import { Fault } from '../../api/faults.ts'
import { refusalAnswer } from '../../api/refusals.ts'
import { errorMessage } from '../../api/thrown.ts'
import { isBearer } from './bearer.ts'
import { readJson } from './json-body.ts'
import type { HttpAnswer, Responder } from './server.ts'

/** A control route's work: the request's JSON body in, the answer's JSON out. A Fault becomes a RefusalAnswer. */
export type ControlHandler = (body: never) => unknown

export interface FrontDoorOptions {
  readonly api: Responder
  /** By method and path: `GET /_cachectl/status`. */
  readonly control: Readonly<Record<string, ControlHandler>>
  readonly controlToken: string
  /** Whether the API is for callers of other machines, too, and the name they know this one by. */
  readonly beyondLoopback?: { readonly host: string | undefined }
}

/**
 * The one way in. A page in a browser can make requests to loopback under a name of its own (DNS rebinding), so requests
 * that were not sent to a loopback name are refused before anything else is looked at. No name can be made to stand for an address:
 * beyond loopback those are taken as well, and the one name that was asked for.
 */
export function frontDoor({ api, control, controlToken, beyondLoopback }: FrontDoorOptions): Responder {
  const isOwnHost = (host: string | undefined): boolean =>
    isLoopbackHost(host) || (beyondLoopback !== undefined && isKnownBeyond(host, beyondLoopback.host))
  return (head) => {
    if (!isOwnHost(head.headers.host)) {
      const own = beyondLoopback ? 'a name of this engine (engine start --advertise-host)' : 'a loopback name'
      return json(403, { message: `Host ${head.headers.host} is not ${own}.` })
    }
    if (head.query.length > MOST_IN_URL && head.query.split('&', MOST_IN_URL + 1).length > MOST_IN_URL) {
      return json(414, { message: `A query string has ${MOST_IN_URL} parameters at most.` })
    }
    if (!head.path.startsWith('/_cachectl/')) return api(head)
    const name = `${head.method} ${head.path}`
    const route = Object.hasOwn(control, name) ? control[name] : undefined
    if (!route) return json(404, { message: `No such route: ${name}` })
    if (!isBearer(head.headers.authorization, controlToken)) {
      return json(401, { message: 'The control token of the state directory is needed.' })
    }
    head.recognize()
    return ({ body }) => answerControl(route, body)
  }
}

async function answerControl(route: ControlHandler, body: Buffer): Promise<HttpAnswer> {
  try {
    // Each route checks what it needs of a body.
    return json(200, (await route(readJson(body) as never)) ?? {})
  } catch (error) {
    if (error instanceof Fault) return json(error.status, refusalAnswer(error))
    if (error instanceof SyntaxError) return json(400, { message: `The body is not JSON: ${error.message}` })
    return json(500, { message: errorMessage(error) })
  }
}

/** Real ones do not fit into the 16 KB that node:http takes for a head; empty ones do, and are sorted and signed like others. */
const MOST_IN_URL = 1_000

const LOOPBACK_HOST = /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

const isLoopbackHost = (host: string | undefined): boolean => host !== undefined && LOOPBACK_HOST.test(host)

function isKnownBeyond(host: string | undefined, name: string | undefined): boolean {
  const [, bare = ''] = /^\[?(.+?)\]?(?::\d{1,5})?$/.exec(host ?? '') ?? []
  return isIP(bare) !== 0 || bare.toLowerCase() === name?.toLowerCase()
}

const json = (status: number, value: unknown): HttpAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
})
