/** What a caught value tells: anything can be thrown, so `catch` knows nothing of it. */

/** The message of an error, or the thrown value itself as text. */
export const errorMessage = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

/** The code that the system or Node gave an error: `ENOENT`, `EADDRINUSE`, `ERR_SOCKET_BAD_PORT`. */
export const errorCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined

/** What its thrower advises the user to do, where an error says. */
export const errorHint = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'hint' in thrown && typeof thrown.hint === 'string' ? thrown.hint : undefined

/** The error with the place where it was thrown, for a log. */
export const errorStack = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? String(thrown)) : String(thrown)
