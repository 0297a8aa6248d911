/** What the faults that concern a cache make of its names. Pure. */
import type { FaultRecord, HostName } from '../store/records.ts'
import type { Ailments, BookEntry } from './book.ts'

/** The names as clients find them: those of the moment when they began to be stale, and what answers for them suffer from. */
export function afflictedNames(names: readonly HostName[], faults: readonly FaultRecord[]): BookEntry[] {
  const stale = faults.flatMap((fault) => (fault.kind === 'stale-dns' ? (fault.frozen ?? []) : []))
  const known = [...new Map([...names, ...stale].map((each) => [each.name, each])).values()]
  const ailments = ailmentsOf(faults)
  return Object.keys(ailments).length === 0 ? known : known.map((each) => ({ ...each, ailments }))
}

function ailmentsOf(faults: readonly FaultRecord[]): Ailments {
  const delayMs = faults.reduce((sum, fault) => sum + (fault.kind === 'slow-dns' ? fault.delayMs : 0), 0)
  const has = (kind: FaultRecord['kind']) => faults.some((fault) => fault.kind === kind)
  return {
    ...(delayMs > 0 && { delayMs }),
    ...(has('servfail') && { fails: true }),
    ...(has('no-aaaa') && { hidesIpv6: true }),
  }
}
