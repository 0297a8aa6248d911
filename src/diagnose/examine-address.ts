import { endpoint } from '../net/target.ts'
import { connectRepeatedly } from './connecting.ts'
import type { ExamineOptions } from './doctor.ts'
import type { AddressEvidence, Place } from './evidence.ts'
import { listen, type Spoken } from './listen.ts'
import type { tryEachOnce } from './node-trial.ts'
import { sourceAddressFor } from './source-address.ts'

/** A look at one address of a place, and what is known of it before it is over. */
export interface Look {
  readonly place: Place
  readonly address: string
  /** As soon as it connects, or ends, or has kept silent for a while: then as if nothing came any more. */
  readonly soon: Promise<AddressEvidence>
  /** With the first words heard there, or when it is over without any. */
  readonly heard: Promise<AddressEvidence>
  /** When nothing more is asked there. */
  readonly served: Promise<AddressEvidence>
  readonly whole: Promise<AddressEvidence>
  /** Nothing is to be learnt by waiting for connections that were not made yet. */
  giveUp(): void
}

/** Connects to an address of a place, several times, and reads what answers. Begins at once. */
export function lookAtAddress(
  { place, address, family }: Pick<AddressEvidence, 'place' | 'address' | 'family'>,
  options: ExamineOptions,
  tryNode: ReturnType<typeof tryEachOnce>,
): Look {
  const { port } = place
  const connecting = connectRepeatedly(address, port, options)
  const finding = sourceAddressFor(address, port)
  const known = async (spoken: Spoken = {}): Promise<AddressEvidence> => ({
    place,
    address,
    family,
    port,
    source: await finding,
    attempts: connecting.soFar(),
    ...spoken,
  })
  let tell: (words: Spoken) => void = () => {}
  const first = new Promise<Spoken>((resolve) => {
    tell = resolve
  })
  const spoken = connecting.serves.then((serves) => (serves ? listen({ place, address }, options, tryNode, tell) : {}))
  return {
    place,
    address,
    soon: connecting.told.then(() => known()),
    heard: Promise.race([first, spoken]).then(known),
    served: spoken.then(known),
    whole: Promise.all([spoken, connecting.sentAgain, connecting.all]).then(async ([words, sentAgain]) => ({
      ...(await known(words)),
      ...(sentAgain !== undefined && { sentAgain }),
    })),
    giveUp: connecting.giveUp,
  }
}

/** Each address and port once, whatever places lead there. */
export const eachOnce = (addresses: readonly AddressEvidence[]): AddressEvidence[] => [
  ...new Map(addresses.map((one) => [endpoint(one.address, one.port), one])).values(),
]

export const connects = ({ attempts }: Pick<AddressEvidence, 'attempts'>): boolean =>
  attempts.some(({ outcome }) => outcome === 'connected')
