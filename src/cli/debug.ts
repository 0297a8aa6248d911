/** `--debug`: what is sent and what comes back, on stderr. Passwords and tokens are not shown. */
import { withoutSecrets } from '../api/catalog/secrets.ts'
import { errorMessage } from '../api/thrown.ts'
import { systemClock } from '../net/clock.ts'
import type { ApiClient } from './target/client.ts'
import { describeTarget } from './target/targets.ts'
import { tell } from './terminal.ts'

export function withDebug(client: ApiClient): ApiClient {
  return {
    ...client,
    close: () => client.close(),
    async call(name, input, signal) {
      const start = systemClock.monotonicMs()
      const took = () => `${Math.round(systemClock.monotonicMs() - start)} ms`
      tell(`> ${name} to ${describeTarget(client.target)}\n> ${shown(input)}`)
      try {
        const output = await client.call(name, input, signal)
        tell(`< ${name} answered after ${took()}\n< ${shown(output)}`)
        return output
      } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined
        // Errors of the SDK have it.
        const { statusCode } = (cause as { $response?: { statusCode?: number } } | undefined)?.$response ?? {}
        tell(`< ${name} failed after ${took()}${statusCode ? `, HTTP ${statusCode}` : ''}: ${errorMessage(error)}`)
        throw error
      }
    },
  }
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (name, inner: unknown) => withoutSecrets(name, inner, '(not shown)'))
