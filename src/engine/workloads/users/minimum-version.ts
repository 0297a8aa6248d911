/** Which engine version users and groups want at least. */
import { type AccessRules, readAccessString } from '../../../acl/access-string.ts'
import { compareVersions } from '../../../api/catalog/versions.ts'
import type { UserRecord } from '../../store/records.ts'

type Facts = Pick<UserRecord, 'engine' | 'accessString' | 'authentication'>

const REDIS = '6.0'
/** First version with channels in access strings, and with selectors, patterns for reading, and rules of subcommands. */
const REDIS_CHANNELS = '6.2'
const REDIS_SELECTORS = '7.0'
const REDIS_IAM = '7.0'
/** The first there was: a guess, AWS's answers for users of Valkey have not been seen. */
const VALKEY = '7.2'

/** AWS has been seen to answer 6.0, and 7.0 of users with IAM; what rules ask for is derived from the servers' versions. */
export function minimumVersionOf({ engine, accessString, authentication }: Facts): string {
  if (engine === 'valkey') return VALKEY
  return newest([
    REDIS,
    ...(authentication === 'iam' ? [REDIS_IAM] : []),
    rulesSince(readAccessString(accessString, engine)),
  ])
}

function rulesSince({ root, selectors }: AccessRules): string {
  const partial = root.keys !== 'all' && root.keys.some(({ read, write }) => !(read && write))
  if (partial || selectors.length > 0 || root.rules.some((rule) => rule.includes('|'))) return REDIS_SELECTORS
  return typeof root.channels === 'string' ? REDIS : REDIS_CHANNELS
}

/** Of a group: what the most demanding of its users wants. */
export const minimumVersionOfGroup = (engine: Facts['engine'], users: readonly Facts[]): string =>
  newest([engine === 'valkey' ? VALKEY : REDIS, ...users.map(minimumVersionOf)])

const newest = (versions: readonly string[]): string => [...versions].sort(compareVersions).at(-1) ?? REDIS
