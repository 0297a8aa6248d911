/** What became of values of ours; only where writing was allowed. */

import { endpoint } from '../../../net/target.ts'
import type { AddressEvidence, Evidence } from '../../evidence.ts'
import type { WriteProbe, Written } from '../../write-probe.ts'
import { at, each, who } from '../places.ts'
import type { Sign } from '../sign.ts'

export interface WrittenTo {
  readonly one: AddressEvidence
  readonly probe: WriteProbe
}

/** Each node that was written to. */
export const writtenIn = ({ addresses, written = [] }: Evidence): WrittenTo[] =>
  each(addresses, () => true).flatMap((one) => {
    const probe = written.find(({ address, port }) => endpoint(address, port) === at(one))
    return probe ? [{ one, probe }] : []
  })

const isStored = ({ line }: Written): boolean => line === 'STORED'
const isLost = ({ found }: Written): boolean => found === false
export const lostOf = ({ small, large }: WriteProbe): Written | undefined =>
  [small, large].find((value) => value && isLost(value))

/** Values that were refused, or gone at once. */
export const writtenSigns = (evidence: Evidence): Sign[] =>
  writtenIn(evidence).flatMap(({ one, probe }): Sign[] => {
    const told = { at: at(one), address: one }
    const lost = lostOf(probe)
    return [
      ...(isStored(probe.small)
        ? []
        : [{ kind: 'write-refused' as const, ...told, sentence: `${who(one)} stores no value: ${said(probe.small)}` }]),
      ...(probe.large && !isStored(probe.large)
        ? [
            {
              kind: 'large-refused' as const,
              ...told,
              sentence: `${who(one)} stores no value of ${probe.large.bytes} bytes: ${said(probe.large)}`,
            },
          ]
        : []),
      ...(lost
        ? [
            {
              kind: 'value-lost' as const,
              ...told,
              sentence: `${who(one)} stored ${lost.bytes} bytes, and has them no more`,
            },
          ]
        : []),
    ]
  })

/** In the words of the node. */
export const said = ({ line }: Written): string => line ?? 'no answer'
