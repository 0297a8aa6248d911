/** AUTH tokens: which are taken after each way of changing them. Kept as hashes only. Pure. */
import { hash } from 'node:crypto'
import type { AuthTokenUpdateStrategyType } from '@aws-sdk/client-elasticache'
import { Fault } from '../../../api/faults.ts'
import type { TokenChange } from '../../store/records.ts'
import type { Access } from './access.ts'

/** How many are taken at a time; that there is none counts as one, while the first is introduced. */
const MOST_TOKENS = 2

const invalid = (message: string) => new Fault('InvalidParameterValue', message)

/** 16 to 128 characters, of other than letters and digits only some (guide, "Authenticating with AUTH"). */
export function hashOfToken(token: string): string {
  if (!/^[A-Za-z0-9!&#$^<>-]{16,128}$/.test(token)) throw invalid('Invalid AuthToken provided.')
  return hash('sha256', token, 'hex')
}

type Tokens = Pick<Access, 'authTokens' | 'acceptsNoToken'>

/**
 * ROTATE has the new one taken beside the last one, or beside none where there was none (measured on AWS); SET has it taken
 * alone. The guide allows SET after a ROTATE to the same token only, terraform's as the first one too.
 */
export function changedTokens(
  { authTokens, acceptsNoToken }: Tokens,
  strategy: Exclude<AuthTokenUpdateStrategyType, 'DELETE'>,
  token: string,
): TokenChange {
  const added = hashOfToken(token)
  const others = authTokens.filter((each) => each !== added)
  if (strategy === 'ROTATE') {
    const isFirst = authTokens.length === 0
    const isRepeated = acceptsNoToken && others.length === 0
    return {
      authTokens: [...others.slice(1 - MOST_TOKENS), added],
      acceptsNoToken: isFirst || isRepeated,
      status: 'ROTATING',
    }
  }
  if (authTokens.length > 0 && authTokens.at(-1) !== added) {
    // The text is ours.
    throw invalid('AuthTokenUpdateStrategy SET is for the token of the last ROTATE: rotate to this one first.')
  }
  return { authTokens: [added], acceptsNoToken: false, status: 'SETTING' }
}
