import { GAI_CONF } from '../../diagnose/gai-check.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import { type Flags, text } from '../flags.ts'
import type { FlagValues } from '../parse.ts'
import { usageProblem } from '../problem.ts'

export const fileFlag: Flags = {
  file: text({ summary: `the policy file (default ${GAI_CONF})`, helpValue: '<path>' }),
}

export const fileOf = (flags: FlagValues): string => (typeof flags.file === 'string' ? flags.file : GAI_CONF)

export function cidrsOf(flags: FlagValues): Cidr[] {
  const given = Array.isArray(flags.cidr) ? (flags.cidr as readonly string[]) : []
  return given
    .flatMap((value) => value.split(','))
    .map((value) => {
      const cidr = parseCidr(value)
      if (typeof cidr === 'string') throw usageProblem(`argument --cidr: ${cidr}`)
      return cidr
    })
}

export function familyPreferred(flags: FlagValues): 'ipv4' | 'ipv6' {
  const { prefer } = flags
  if (prefer === 'ipv4' || prefer === 'ipv6') return prefer
  if (prefer === undefined) throw usageProblem('the following arguments are required: --prefer')
  throw usageProblem(`argument --prefer: invalid choice: '${String(prefer)}' (choose from: ipv4, ipv6)`)
}
