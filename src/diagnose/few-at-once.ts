import type { AddressEvidence } from './evidence.ts'
import { connects, type Look } from './examine-address.ts'

/**
 * Of many looks so many are under way at once: what keeps this process busy would look like a slow network. Those that keep
 * silent make room for others while they are waited for.
 */
export function fewAtOnce(most: number): (place: Pick<Look, 'place' | 'address'>, begin: () => Look) => Look {
  let free = most
  const waiting: (() => void)[] = []
  const enter = async (): Promise<void> => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const leave = (): void => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  return ({ place, address }, begin) => {
    const begun = enter().then(() => {
      const look = begin()
      void busyWith(look).then(leave)
      return look
    })
    const of = (what: (look: Look) => Promise<AddressEvidence>) => begun.then(what)
    return {
      place,
      address,
      soon: of((look) => look.soon),
      heard: of((look) => look.heard),
      served: of((look) => look.served),
      whole: of((look) => look.whole),
      giveUp: () => void begun.then((look) => look.giveUp()),
    }
  }
}

async function busyWith({ soon, served }: Look): Promise<void> {
  if (connects(await soon)) await served
}
