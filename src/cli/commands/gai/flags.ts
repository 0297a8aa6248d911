import { isIP } from 'node:net'
import { GAI_CONF } from '../../../diagnose/gai-check.ts'
import { type Cidr, parseCidr } from '../../../net/cidr.ts'
import { choice, type Flag, type Flags, text, texts, values } from '../../flags.ts'
import { usageProblem } from '../../problem.ts'

export const fileFlag = {
  file: text({ summary: `the policy file (default ${GAI_CONF})`, helpValue: '<path>' }),
} satisfies Flags

export const fileOf = ({ file = GAI_CONF }: { readonly file?: string | undefined }): string => file

/** Networks of addresses: several words, or one with commas. */
export const cidrs = (summary: string): Flag<readonly Cidr[]> => {
  const flag = texts({ summary, helpValue: '<cidr>...' })
  return {
    ...flag,
    read: (said, argument) => flag.read?.(said, argument).flatMap((each) => cidrsIn(each, argument)) ?? [],
  }
}

const cidrsIn = (said: string, argument: string): Cidr[] =>
  said.split(',').map((each) => {
    const cidr = parseCidr(each)
    if (typeof cidr === 'string') throw usageProblem(`argument ${argument}: ${cidr}`)
    return cidr
  })

export const prefer = (summary: string) => choice(['ipv4', 'ipv6'], { summary, helpValue: '<family>' })

/** Of one IP address or more. */
export const addresses = (summary: string): Flag<readonly string[]> =>
  values({ summary, helpValue: '<address>...' }, (said, argument) => {
    if (isIP(said) !== 0) return said
    throw usageProblem(`argument ${argument}: ${said} is not an IP address`)
  })
