/** What a caught value tells: anything can be thrown, so `catch` knows nothing of it. */
import { types } from 'node:util'

// Test runners (Jest) run files in a context of its own, whose Error is not that of Node's own modules.
const isError = (thrown: unknown): thrown is Error => thrown instanceof Error || types.isNativeError(thrown)

/** The message of an error, or the thrown value itself as text. */
export const errorMessage = (thrown: unknown): string => (isError(thrown) ? thrown.message : String(thrown))

/** The code that the system or Node gave an error: `ENOENT`, `EADDRINUSE`, `ERR_SOCKET_BAD_PORT`. */
export const errorCode = (thrown: unknown): string | undefined =>
  isError(thrown) && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined

/** What its thrower advises the user to do, where an error says. */
export const errorHint = (thrown: unknown): string | undefined =>
  isError(thrown) && 'hint' in thrown && typeof thrown.hint === 'string' ? thrown.hint : undefined

/** The error with the place where it was thrown, for a log. */
export const errorStack = (thrown: unknown): string =>
  isError(thrown) ? (thrown.stack ?? String(thrown)) : String(thrown)
