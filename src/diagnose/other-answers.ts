/** What name servers say that programs of this host do not hear, or that can't be true: answers to hold theirs against. */
import { speaks } from './causes/places.ts'
import { attemptConnect } from './connect.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence, HostEvidence } from './evidence.ts'
import { addressesIn, surveyOf } from './examine-host.ts'
import { passed } from './passed.ts'

/** A lost SYN is sent again after 1 s. */
const TIMEOUT_MS = 1300
const MOST_TRIED = 6

/** Addresses that name servers have for a host and getaddrinfo did not give: whether they take connections. Never rejects. */
export async function triedUnheard(host: HostEvidence, options: ExamineOptions): Promise<HostEvidence['unheard']> {
  const { lookup, survey } = host
  if (!lookup.ok || !survey) return undefined
  const port = options.places.find((place) => place.host === host.host)?.port
  const heard = new Set(lookup.addresses.map(({ address }) => address))
  const unheard = [
    ...new Set(
      survey.views.flatMap(({ ipv4, ipv6 }) =>
        [...ipv4, ...ipv6].flatMap(({ address, translates }) => (translates || heard.has(address) ? [] : [address])),
      ),
    ),
  ].slice(0, MOST_TRIED)
  if (port === undefined || unheard.length === 0) return undefined
  return Promise.all(
    unheard.map(async (address) => {
      const { outcome } = await attemptConnect({ address, port, timeoutMs: TIMEOUT_MS, ...passed(options) })
      return { address, outcome }
    }),
  )
}

/** No zone has it; a server that gives it an address gives one to every name. */
const NOBODY = 'cachectl-no-such-name'
/** Longer than the name itself took: not worth a long wait. */
const PATIENCE_MS = 1000

/** Where nothing serves at the addresses of a name: what servers say of one beside it that can't be. Never rejects. */
export async function askedForNobody(
  { host, asksDns, lookup, survey }: HostEvidence,
  addresses: readonly AddressEvidence[],
  options: ExamineOptions,
): Promise<HostEvidence['nobody']> {
  const [, ...parents] = host.split('.')
  const serves = addresses.some((one) => one.place.host === host && speaks(one))
  if (!asksDns || !survey || !lookup.ok || parents.length === 0 || serves) return undefined
  const name = [NOBODY, ...parents].join('.')
  const took = Math.max(...survey.views.flatMap(({ a, aaaa }) => [a.ms, aaaa.ms]))
  const found = await surveyOf(name, { ...options, dnsPatienceMs: took + PATIENCE_MS })
  return { name, addresses: addressesIn(found) }
}
