import { readlinkSync } from 'node:fs'
import type { Holder } from '../api/local-engine.ts'

/** Processes with different ones do not see each other, and may have the same number; empty where there are none. */
export function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** Which engine it is, with what finds it where its number says nothing here. */
export function holderInWords({ pid, url, host, startedAt, pidNamespace: namespace }: Holder): string {
  const place = namespace === pidNamespace() ? '' : ` in another PID namespace (host ${host}, since ${startedAt})`
  return `the engine with pid ${pid}${place}${url && ` at ${url}`}`
}

/** Why it can't be told whether an engine of another machine holds the state directory. */
export const elsewhereInWords = (stateDir: string): string =>
  `${stateDir} is on a network file system and was last used on another machine, or before this one was started anew: whether an engine still holds it cannot be told from here.`
