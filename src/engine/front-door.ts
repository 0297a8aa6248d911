import { Fault } from '../api/faults.ts'
import { isBearer } from './bearer.ts'
import type { HttpAnswer, Responder } from './server.ts'

/** A control route's work: the request's JSON body in, the answer's JSON out. A Fault becomes `{code, message}`. */
export type ControlHandler = (body: never) => unknown

export interface FrontDoorOptions {
  readonly api: Responder
  /** By method and path: `GET /_cachectl/status`. */
  readonly control: Readonly<Record<string, ControlHandler>>
  readonly controlToken: string
}

/**
 * The one way in. A page in a browser can make requests to loopback under a name of its own (DNS rebinding), so requests
 * that were not sent to a loopback name are refused before anything else is looked at.
 */
export function frontDoor({ api, control, controlToken }: FrontDoorOptions): Responder {
  return async (request) => {
    if (!isLoopbackHost(request.headers.host)) {
      return json(403, { message: `Host ${request.headers.host} is not a loopback name.` })
    }
    if (!request.path.startsWith('/_cachectl/')) return api(request)
    const route = control[`${request.method} ${request.path}`]
    if (!route) return json(404, { message: `No such route: ${request.method} ${request.path}` })
    if (!isBearer(request.headers.authorization, controlToken)) {
      return json(401, { message: 'The control token of the state directory is needed.' })
    }
    try {
      const body = request.body.length > 0 ? JSON.parse(request.body.toString()) : {}
      return json(200, (await route(body as never)) ?? {})
    } catch (error) {
      if (error instanceof Fault) return json(error.status, { code: error.code, message: error.message })
      if (error instanceof SyntaxError) return json(400, { message: `The body is not JSON: ${error.message}` })
      return json(500, { message: String((error as Error).message) })
    }
  }
}

const LOOPBACK_HOST = /^(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

const isLoopbackHost = (host: string | undefined): boolean => host !== undefined && LOOPBACK_HOST.test(host)

const json = (status: number, value: unknown): HttpAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
})
