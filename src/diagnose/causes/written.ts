/** What a value of ours shows; only with leave to write. */
import { shell } from '../../api/shell.ts'
import type { AddressEvidence } from '../evidence.ts'
import type { WriteProbe } from '../write-probe.ts'
import { type Cause, failure, note, type Seen, type Suspicion, type Told, warning, wherever } from './cause.ts'
import { alone, at, who } from './places.ts'
import type { SignKind } from './sign.ts'
import { lostOf, said, writtenIn } from './signs/written.ts'

export const writtenCauses: readonly Cause[] = [
  {
    id: 'W01',
    title: 'writes are refused',
    seat: 'node',
    source: 'Measured with --write-probe: set of a small value',
    odds: 0.02,
    suspect: (seen) =>
      writtenWherever(seen, 'write-refused', (one, { small }) =>
        failure(
          at(one),
          `${who(one)} stores nothing, not even ${small.bytes} bytes: ${said(small)}.`,
          REFUSALS.find(({ of }) => of.test(small.line ?? ''))?.hint ??
            'Look at the log of the server, and at a proxy in front of it: some let reads alone pass.',
          setCommand(one),
        ),
      ),
  },
  {
    id: 'W02',
    title: 'small values are stored, large ones are not',
    seat: 'node',
    source: 'Measured with --write-probe: set of a value just below item_size_max',
    odds: 0.03,
    suspect: (seen) =>
      writtenWherever(seen, 'large-refused', (one, { large = { bytes: 0 } }) =>
        warning(
          at(one),
          `${who(one)} stores small values and none of ${large.bytes} bytes: ${said(large)}.`,
          large.line === undefined
            ? 'Long requests are lost on the way or in the node: look at a proxy, and at the path MTU.'
            : 'Compress or split large values, raise max_item_size in the parameter group, or give the node memory for them.',
          setCommand(one),
        ),
      ),
  },
  {
    id: 'W03',
    title: 'what was stored is gone at once',
    seat: 'node',
    source: 'Measured with --write-probe: get right after set',
    odds: 0.02,
    suspect: (seen) =>
      writtenWherever(seen, 'value-lost', (one, probe) =>
        failure(
          at(one),
          `${who(one)} stored a value of ${lostOf(probe)?.bytes} bytes and had it no more right after.`,
          'Several servers behind one address, a node flushed again and again, or memory so full that items go at once: look at cmd_flush and evictions (cachectl kv stats).',
          setCommand(one),
        ),
      ),
  },
  {
    id: 'W04',
    title: 'values are stored, read and deleted',
    seat: 'node',
    source: 'Measured with --write-probe',
    suspect: (seen) => {
      const [first, ...others] = writtenIn(seen.evidence).filter(
        ({ one }) => seen.at(at(one), 'write-refused', 'large-refused', 'value-lost').length === 0,
      )
      if (!first) return []
      const { small, large } = first.probe
      const which = others.length > 0 ? `${others.length + 1} endpoints` : who(first.one)
      return [
        note(
          at(first.one),
          `${which} stored, returned and deleted values of ours, of ${small.bytes} and of ${large?.bytes ?? 0} bytes.`,
          'Nothing is to be done.',
        ),
      ]
    },
  },
]

/** What the words of a node mean. */
const REFUSALS: readonly { readonly of: RegExp; readonly hint: string }[] = [
  {
    of: /out of memory/i,
    hint: 'Its memory is full: let it evict (without -M; error_on_memory_exhausted 0), or give it more.',
  },
  { of: /too large/i, hint: 'Its limit on items is tiny: raise max_item_size in the parameter group (memcached -I).' },
]

function writtenWherever(
  seen: Seen,
  kind: SignKind,
  tell: (one: AddressEvidence, probe: WriteProbe) => Told,
): Suspicion[] {
  const written = writtenIn(seen.evidence)
  return wherever(seen, kind, (one) => {
    const probe = written.find((other) => at(other.one) === at(one))?.probe
    return tell(one, probe ?? { address: one.address, port: one.port, small: { bytes: 0 } })
  })
}

const setCommand = (one: AddressEvidence): string => shell`cachectl kv set ${alone(one)} cachectl-try ok --ttl 60s`
