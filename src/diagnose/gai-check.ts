import {
  type NameServices,
  type ResolvedTarget,
  type ResolveFailure,
  resolveTarget,
  systemNames,
} from '../net/resolve.ts'
import { familyOf } from '../net/target.ts'
import { type Comparison, orderAddresses } from './address-order.ts'
import { type Candidates, candidatesOf } from './candidates.ts'
import { type GaiConf, parseGaiConf } from './gai-conf.ts'
import { glibcVersion, parserOf } from './libc.ts'
import { orderInputHere } from './local-addresses.ts'
import { changedAt, type HostProcess, hostProcesses, socketsOf } from './processes.ts'
import { type RuntimeOrder, runtimeOrders } from './runtimes.ts'
import { tcpSockets } from './sockets.ts'
import { systemFile } from './system-file.ts'

export const GAI_CONF = '/etc/gai.conf'

/** Which address clients on this host take for a name, and why. JSON-able. */
export interface AddressCheck {
  readonly ok: true
  readonly host: string
  /** Undefined: this machine's C library is not glibc, and nothing here is predicted from gai.conf. */
  readonly glibc?: string
  readonly gaiConf: { readonly path: string; readonly exists: boolean; readonly reload: boolean }
  readonly candidates: readonly { readonly address: string; readonly source: string | null }[]
  readonly candidatesFrom: Candidates['from']
  readonly predicted: readonly string[]
  /** What getaddrinfo gave this process just now. */
  readonly real: readonly string[]
  readonly agree: boolean
  readonly comparisons: readonly Comparison[]
  readonly runtimes: readonly RuntimeOrder[]
  /** Processes connected to one of the addresses that started before gai.conf was changed: they keep the old order. */
  readonly holdingOlderTable: readonly HostProcess[]
}

/** Works on this host, now. Sends nothing but name lookups. Never rejects. */
export async function checkAddressOrder(
  host: string,
  names: NameServices = systemNames,
  path: string = GAI_CONF,
): Promise<AddressCheck | ResolveFailure> {
  const resolved = await resolveTarget(host, { names })
  return resolved.ok ? explainOrder(resolved, { path, asSorted: names !== systemNames }) : resolved
}

export interface ExplainOptions {
  readonly path?: string
  /** The addresses are as the name service gave them: no other source is asked for their order before sorting. */
  readonly asSorted?: boolean
  /** Only connections to these ports count when older tables are looked for. */
  readonly ports?: readonly number[]
  /** What DNS has for the name, A before AAAA, where that was asked already. */
  readonly dns?: readonly string[]
}

/** The same for a name that has been looked up already. Never rejects. */
export async function explainOrder(
  { host, addresses: found }: ResolvedTarget,
  { path = GAI_CONF, asSorted = false, ports, dns }: ExplainOptions = {},
): Promise<AddressCheck> {
  const real = found.map(({ address }) => address)
  const { from, addresses } = asSorted
    ? { from: 'getaddrinfo' as const, addresses: real }
    : await candidatesOf(host, real, undefined, dns)
  const text = await systemFile(path)
  const glibc = glibcVersion()
  const conf = parseGaiConf(text, glibc === undefined ? 'up to 2.40' : parserOf(glibc))
  const input = await orderInputHere(addresses)
  const { order: predicted, comparisons } = orderAddresses(input, conf)
  return {
    ok: true,
    host,
    ...(glibc !== undefined && { glibc }),
    gaiConf: { path, exists: text !== null, reload: conf.reload },
    candidates: addresses.map((address) => ({ address, source: input.sources[address] ?? null })),
    candidatesFrom: from,
    predicted,
    real,
    agree: predicted.join() === real.join(),
    comparisons,
    runtimes: runtimeOrders(input, predicted),
    holdingOlderTable: await holdersOf(addresses, ports, conf, path),
  }
}

async function holdersOf(
  addresses: readonly string[],
  ports: readonly number[] | undefined,
  conf: GaiConf,
  path: string,
): Promise<HostProcess[]> {
  // Without a choice of family, or with a file that no program reads, there is no older table to follow.
  if (path !== GAI_CONF || new Set(addresses.map(familyOf)).size < 2) return []
  const changed = await changedAt(path)
  if (changed === undefined || conf.reload) return []
  const connected = new Set(
    (await tcpSockets())
      .filter(({ remoteAddress }) => addresses.includes(remoteAddress))
      .filter(({ remotePort }) => ports === undefined || ports.includes(remotePort))
      .map(({ inode }) => inode),
  )
  if (connected.size === 0) return []
  const older = (await hostProcesses()).filter(({ startedAt, pid }) => startedAt < changed && pid !== process.pid)
  const holds = await Promise.all(
    older.map(async ({ pid }) => [...(await socketsOf(pid))].some((inode) => connected.has(inode))),
  )
  return older.filter((_, index) => holds[index])
}
