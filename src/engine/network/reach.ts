/** Where servers listen that listen beyond the loopback addresses of this machine. */
import { isIP } from 'node:net'
import { canListen } from './ports.ts'

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const
/** All addresses of a family: a server that listens there can listen on none of them besides. */
const ANY = { 4: '0.0.0.0', 6: '::' } as const

/** The addresses to listen on for those that would do without. */
export type Reach = (addresses: readonly string[]) => readonly string[]

/** @param listen Further addresses, of either family. Loopback stays, for own commands. Pure. */
export function reachOf(listen: readonly string[]): Reach {
  const reachedFor = (address: string, family: 4 | 6): readonly string[] => {
    const more = listen.filter((each) => isIP(each) === family)
    return more.includes(ANY[family]) ? [ANY[family]] : [address, ...more]
  }
  return (addresses) =>
    addresses.flatMap((address) => {
      // An address of its own, of a node that was created while nodes had such, is nobody else's.
      if (address === LOOPBACK[4]) return reachedFor(address, 4)
      return address === LOOPBACK[6] ? reachedFor(address, 6) : [address]
    })
}

/** The engine cannot listen as it was asked to. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen'
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/** @throws CannotListen */
export async function refuseForeignAddresses(listen: readonly string[]): Promise<void> {
  for (const address of listen) {
    if (await canListen(address, 0)) continue
    throw new CannotListen(
      `This machine cannot listen on ${address}.`,
      'Give an address that it has, or 0.0.0.0 or :: for all of a family.',
    )
  }
}
