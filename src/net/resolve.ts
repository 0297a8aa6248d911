import { lookup, Resolver } from 'node:dns'
import { isIP } from 'node:net'
import { errorCode } from '../api/thrown.ts'
import { type Clock, elapsedMs, systemClock } from './clock.ts'
import { lookUpPrivately, privateServerOf, resolverOf } from './private-zone.ts'
import { type Family, familyOf, parseTarget } from './target.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: Family
  /** It is looked at all the same, but programs on this host do not get it for the name. */
  readonly unnamed?: true
}

/** Addresses in getaddrinfo's own order: /etc/hosts, gai.conf and RFC 3484 have been applied. Never empty. */
export interface ResolvedTarget {
  readonly ok: true
  readonly target: string
  readonly host: string
  readonly port: number
  readonly addresses: readonly ResolvedAddress[]
  readonly ms: number
}

export type ResolveProblem =
  /** The text is no `host:port`. */
  | 'bad-target'
  /** The name does not exist (NXDOMAIN). */
  | 'no-such-name'
  /** The name exists and has no address at all. */
  | 'no-data'
  /** The name, or literal, has addresses, but none of the family asked for. */
  | 'no-data-of-family'
  /** A name server answered that it can't answer (SERVFAIL, REFUSED). */
  | 'server-failure'
  | 'timeout'
  | 'aborted'
  | 'other'

export interface ResolveFailure {
  readonly ok: false
  readonly target: string
  readonly host?: string
  readonly port?: number
  readonly problem: ResolveProblem
  /** The resolver's own code: ENOTFOUND, EAI_AGAIN, ... */
  readonly code?: string
  readonly detail: string
  readonly ms: number
}

export interface NameServices {
  /** getaddrinfo, every address, in its order. */
  lookupAll(host: string): Promise<readonly ResolvedAddress[]>
  /** What DNS itself says about one family: undefined when it has addresses, else its error code. */
  dnsError(host: string, family: Family, timeoutMs: number): Promise<string | undefined>
}

export interface ResolveOptions {
  /** For a target that names no port. */
  readonly defaultPort?: number
  /** Keep only this family. */
  readonly family?: Family
  /** getaddrinfo can't be cancelled: after this long it is left behind. Default 20 s, longer than glibc's own 15. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
  readonly names?: NameServices
}

/** Finds every address of `host`, `host:port`, `[v6]:port` or an IP literal. Never rejects. */
export async function resolveTarget(
  text: string,
  options: ResolveOptions = {},
): Promise<ResolvedTarget | ResolveFailure> {
  const { family, clock = systemClock, names = systemNames } = options
  const start = clock.monotonicMs()
  const target = parseTarget(text, options.defaultPort)
  if (!target.ok) {
    return { ok: false, target: text, problem: 'bad-target', detail: target.detail, ms: 0 }
  }
  const { host, port } = target
  const fail = (problem: ResolveProblem, detail: string, code?: string): ResolveFailure => {
    const ms = elapsedMs(clock, start)
    return { ok: false, target: text, host, port, problem, detail, ms, ...(code && { code }) }
  }

  const timeoutMs = options.timeoutMs ?? 20_000
  const found = isIP(host)
    ? [{ address: host, family: familyOf(host) }]
    : await within(timeoutMs, lookUp(host, names), clock, options.signal)
  if (found === 'timeout') return fail('timeout', `no answer for ${host} within ${timeoutMs} ms`)
  if (found === 'aborted') return fail('aborted', `looking up ${host} was given up`)
  if ('problem' in found) return fail(found.problem, found.detail, found.code)
  const addresses = distinct(found).filter((each) => family === undefined || each.family === family)
  if (addresses.length > 0) {
    return { ok: true, target: text, host, port, addresses, ms: elapsedMs(clock, start) }
  }
  if (found.length === 0) return fail('no-data', `${host} has no address`)
  return fail('no-data-of-family', `${host} has no IPv${family} address, only IPv${family === 4 ? 6 : 4}`)
}

/** The machine's resolver, and DNS beside it for the reasons getaddrinfo keeps to itself; for names of a private zone its own server. */
export const systemNames: NameServices = {
  lookupAll: (host) => {
    const own = privateServerOf(host)
    if (own) return lookUpPrivately(host, own)
    return new Promise((resolve, reject) => {
      // Spelled out: --dns-result-order and setDefaultResultOrder would otherwise hide the order other programs get.
      lookup(host, { all: true, verbatim: true, order: 'verbatim' }, (error, addresses) => {
        if (error) reject(error)
        else resolve(addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })))
      })
    })
  },
  dnsError: (host, family, timeoutMs) =>
    new Promise((resolve) => {
      const own = privateServerOf(host)
      const resolver = own ? resolverOf(own, timeoutMs, 1) : new Resolver({ timeout: timeoutMs, tries: 1 })
      const settle = (error: NodeJS.ErrnoException | null): void => resolve(error?.code ?? undefined)
      if (family === 6) resolver.resolve6(host, settle)
      else resolver.resolve4(host, settle)
    }),
}

interface LookupFailure {
  readonly problem: ResolveProblem
  readonly detail: string
  readonly code: string
}

async function lookUp(host: string, names: NameServices): Promise<readonly ResolvedAddress[] | LookupFailure> {
  try {
    return await names.lookupAll(host)
  } catch (error) {
    const code = errorCode(error) ?? 'UNKNOWN'
    const [problem, detail] = await explain(host, code, names)
    return { problem, detail, code }
  }
}

/** getaddrinfo says ENOTFOUND for "no such name" and for "no address", EAI_AGAIN for everything else; DNS knows. */
async function explain(
  host: string,
  code: string,
  names: NameServices,
): Promise<[problem: ResolveProblem, detail: string]> {
  if (code !== 'ENOTFOUND' && code !== 'EAI_AGAIN') return ['other', `looking up ${host} failed: ${code}`]
  const answers = await Promise.all([names.dnsError(host, 4, 1000), names.dnsError(host, 6, 1000)])
  if (answers.includes('ESERVFAIL') || answers.includes('EREFUSED')) {
    return ['server-failure', `the name server can't answer for ${host} (${answers.filter(Boolean).join(', ')})`]
  }
  if (answers.includes('ETIMEOUT')) return ['timeout', `the name server does not answer for ${host}`]
  if (answers.includes('ENODATA') && code === 'ENOTFOUND') return ['no-data', `${host} exists and has no address`]
  if (code === 'ENOTFOUND') return ['no-such-name', `${host} does not exist`]
  return ['server-failure', `no name server answered for ${host}`]
}

/** The promise's value, or why it was left behind. The promise must not reject. */
function within<T>(
  ms: number,
  promise: Promise<T>,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T | 'timeout' | 'aborted'> {
  if (signal?.aborted) return Promise.resolve('aborted')
  return new Promise((resolve) => {
    const settle = (value: T | 'timeout' | 'aborted'): void => {
      cancel()
      signal?.removeEventListener('abort', abort)
      resolve(value)
    }
    const abort = (): void => settle('aborted')
    const cancel = clock.after(ms, () => settle('timeout'))
    signal?.addEventListener('abort', abort, { once: true })
    void promise.then(settle)
  })
}

// /etc/hosts may name an address twice; probing it twice would count it twice.
function distinct(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  return [...new Map(addresses.map((each) => [each.address, each])).values()]
}
