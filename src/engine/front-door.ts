import { timingSafeEqual } from 'node:crypto'
import { CONTROL } from '../api/local-engine.ts'
import type { HttpAnswer, HttpRequest, Responder } from './server.ts'

export interface Control {
  status(): Promise<unknown>
  reset(): Promise<unknown>
  /** Answers first, stops then. */
  stop(): Promise<unknown>
}

export interface FrontDoorOptions {
  readonly api: (request: HttpRequest) => HttpAnswer
  readonly control: Control
  readonly controlToken: string
}

/**
 * The one way in. A page in a browser can make requests to loopback under a name of its own (DNS rebinding), so requests
 * that were not sent to a loopback name are refused before anything else is looked at.
 */
export function frontDoor({ api, control, controlToken }: FrontDoorOptions): Responder {
  const routes: Readonly<Record<string, () => Promise<unknown>>> = {
    [`GET ${CONTROL.status}`]: control.status,
    [`POST ${CONTROL.reset}`]: control.reset,
    [`POST ${CONTROL.stop}`]: control.stop,
  }
  return async (request) => {
    if (!isLoopbackHost(request.headers.host)) {
      return json(403, { message: `Host ${request.headers.host} is not a loopback name.` })
    }
    if (!request.path.startsWith('/_cachectl/')) return api(request)
    const route = routes[`${request.method} ${request.path}`]
    if (!route) return json(404, { message: `No such route: ${request.method} ${request.path}` })
    if (!isBearer(request.headers.authorization, controlToken)) {
      return json(401, { message: 'The control token of the state directory is needed.' })
    }
    return json(200, await route())
  }
}

const LOOPBACK_HOST = /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

const isLoopbackHost = (host: string | undefined): boolean => host !== undefined && LOOPBACK_HOST.test(host)

function isBearer(authorization: string | undefined, token: string): boolean {
  const given = Buffer.from(authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

const json = (status: number, value: unknown): HttpAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
})
