/** Servers of Redis OSS and Valkey, and the addresses that they tell clients of. */
import type { ConnectOutcome } from '../net/connect-outcome.ts'
import { resolveTarget, systemNames } from '../net/resolve.ts'
import { endpoint } from '../net/target.ts'
import { attemptConnect } from './connect.ts'
import type { AddressEvidence } from './evidence.ts'
import { connects } from './examine-address.ts'
import { lookAtResp, type RespLook, type RespLookDial } from './resp-look.ts'

/** An address that servers tell clients of. */
export interface Announced {
  readonly host: string
  readonly port: number
  /** host:port of those that tell of it. */
  readonly by: readonly string[]
  /** Of a connection to it; `no-address`: the name has none here. */
  readonly outcome: ConnectOutcome | 'no-address'
}

/** JSON-able. */
export interface RespEvidence {
  readonly looks: readonly RespLook[]
  readonly announced: readonly Announced[]
}

const MOST_AT_ONCE = 64

/** @param known Addresses that were connected to already. */
export async function lookAtServers(
  dials: readonly RespLookDial[],
  known: readonly AddressEvidence[],
): Promise<RespEvidence> {
  const looks = (await Promise.all(dials.map(lookAtResp))).flatMap((look) => look ?? [])
  const told = new Map<string, { host: string; port: number; by: string[] }>()
  for (const { announced = [], address, port } of looks) {
    for (const node of announced) {
      const key = endpoint(node.host, node.port)
      const one = told.get(key) ?? { ...node, by: [] }
      one.by.push(endpoint(address, port))
      told.set(key, one)
    }
  }
  const announced = await Promise.all(
    [...told.values()]
      .slice(0, MOST_AT_ONCE)
      .map(async (one) => ({ ...one, outcome: await outcomeAt(one, known, dials[0]) })),
  )
  return { looks, announced }
}

async function outcomeAt(
  { host, port }: Omit<Announced, 'outcome'>,
  known: readonly AddressEvidence[],
  dial: RespLookDial | undefined,
): Promise<Announced['outcome']> {
  const isKnown = (one: AddressEvidence): boolean =>
    one.port === port && (one.address === host || one.place.host === host) && connects(one)
  if (known.some(isKnown)) return 'connected'
  const timeoutMs = dial?.timeoutMs ?? 0
  const found = await resolveTarget(endpoint(host, port), { names: systemNames, timeoutMs })
  const [first] = found.ok ? found.addresses : []
  if (!first) return 'no-address'
  const { signal, clock } = dial ?? {}
  const { outcome } = await attemptConnect({
    ...{ address: first.address, port, timeoutMs },
    ...(signal && { signal }),
    ...(clock && { clock }),
  })
  return outcome
}
