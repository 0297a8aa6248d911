/** What the control routes of subnets and security groups have in common. */

import { regionFacts } from '../../api/catalog/regions.ts'
import { invalid } from '../../api/refusals.ts'
import type { Context } from '../calls/context.ts'

export interface NetworkOffice {
  readonly contextOf: (region: string) => Context
  /** Settles when the nodes of these clusters follow what has changed. */
  readonly settle: (region: string, clusterIds: readonly string[]) => Promise<void>
}

/** The context of a region that there is. */
export function contextIn({ contextOf }: NetworkOffice, region: string): Context {
  if (!regionFacts(region)) throw invalid(`There is no region ${region}.`)
  return contextOf(region)
}

/** An id of the form EC2 gives: `subnet-`, and 17 hexadecimal digits. */
export const newId = (kind: 'subnet' | 'sg', random: () => number): string =>
  `${kind}-0${Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16)).join('')}`

/** An id that a user chose: 8 or 17 digits on EC2; here any, so that samples and existing scripts can be followed. */
export function readId(kind: 'subnet' | 'sg' | 'vpc', text: string): string {
  if (!new RegExp(`^${kind}-[a-z0-9]{1,32}$`).test(text)) {
    throw invalid(`${text} is not an id of the form ${kind}-0123456789abcdef0.`)
  }
  return text
}
