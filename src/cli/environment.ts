/** The one door through which the environment of the process comes in. */
export type Environment = Readonly<Record<string, string | undefined>>

export const environment: Environment = process.env

/** The SDK looks endpoint URLs up by itself; a target that must not be diverted by them calls this first. */
export function forgetEndpointUrls(): void {
  delete process.env.AWS_ENDPOINT_URL
  delete process.env.AWS_ENDPOINT_URL_ELASTICACHE
}

/** For a child process: the same environment with changes; `undefined` removes a variable. */
export const environmentWith = (changes: Environment): NodeJS.ProcessEnv => ({ ...process.env, ...changes })
