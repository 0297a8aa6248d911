import { resources } from '../../../api/catalog/resources.ts'
import { meantAmong } from '../../../api/nearest.ts'
import { shell } from '../../../api/shell.ts'
import { systemClock } from '../../../net/clock.ts'
import { withClient } from '../../caches/client.ts'
import { findCache } from '../../caches/find.ts'
import { noting, tellUnasked } from '../../caches/refusals.ts'
import { describeAll } from '../../caches/resources.ts'
import { cacheWord } from '../../caches/word.ts'
import { command } from '../../command.ts'
import { environment } from '../../environment.ts'
import { required, text, toggle } from '../../flags.ts'
import { globalFlags } from '../../global-flags.ts'
import { type Item, isItem } from '../../output/human-value.ts'
import { Problem } from '../../problem.ts'
import { authToken, TOKEN_SECONDS } from '../../target/auth-token.ts'
import type { ApiClient } from '../../target/client.ts'
import { credentialsOfTheSdk } from '../../target/credentials.ts'
import { resolveTarget, type Target } from '../../target/targets.ts'
import { tell } from '../../terminal.ts'

export const authTokenCommand = command({
  summary: 'Print an IAM token: the password with which a user logs in at a cache',
  description:
    'Signs the request to connect with the credentials of the target, as the SDK finds them for AWS, and sends nothing: the token goes to stdout, and nowhere else. It is good for 15 minutes; a connection that it opened lasts 12 hours, unless it logs in again. The cache is a replication group or a serverless cache of Valkey or Redis OSS with TLS; the user is one with authentication type iam, in a user group of the cache. Without --unchecked both are looked up, and what will not work is told on stderr.',
  words: { cache: cacheWord('id of a replication group, or name of a serverless cache') },
  flags: {
    user: required(text({ summary: 'id of the user, which is also the name', helpValue: '<id>' })),
    serverless: toggle({ summary: 'with --unchecked: the cache is a serverless one' }),
    unchecked: toggle({ summary: 'look nothing up: for users who may not describe' }),
    ...globalFlags,
  },
  examples: [
    'auth-token shop --user app',
    'REDISCLI_AUTH="$(cachectl auth-token shop --user app)" redis-cli --tls -h <host> --user app',
    'auth-token cart --user app --output json',
  ],
  forms: {},
  async run({ words: { cache }, flags, print }) {
    const { user, unchecked } = flags
    const serverless = unchecked ? flags.serverless : await withClient(flags, (client) => checked(client, cache, user))
    const now = systemClock.now()
    const { region, credentials } = await signerOf(resolveTarget(flags, environment))
    const token = await authToken({ cache, user, serverless, region, credentials, now })
    const expires = new Date(now.getTime() + TOKEN_SECONDS * 1000).toISOString()
    await print.answer({ token, user, cache, expires }, (shown) => shown.token)
  },
})

async function signerOf(target: Target) {
  if (target.kind === 'local') return target
  const { region, credentials = target.credentials } = await credentialsOfTheSdk(target, !target.credentials)
  if (credentials) return { region, credentials }
  throw new Problem('general', 'There are no credentials to sign with.', 'See: aws configure, or AWS_PROFILE.')
}

/** Servers know the users of the group that opens the cache alone. */
function tellOutside(id: string, user: string, groups: readonly Item[]): void {
  const has = (list: unknown, name: string): boolean => Array.isArray(list) && list.includes(name)
  const opening = groups.filter((group) => has(group.ReplicationGroups, id) || has(group.ServerlessCaches, id))
  if (opening.length === 0) tell(`${id} has no user group: it knows no users.`)
  else if (!opening.some((group) => has(group.UserIds, user))) {
    const names = opening.map(({ UserGroupId }) => String(UserGroupId)).join(', ')
    tell(`${user} is not in the user group of ${id}, which is ${names}.`)
  }
}

/** Whether the cache is a serverless one. What would make servers refuse the token is told; it is their word that counts. */
async function checked(client: ApiClient, id: string, user: string): Promise<boolean> {
  const [cache, users, groups] = await Promise.all([
    findCache(client, id),
    describeAll(client, resources.user.describe).catch(noting(tellUnasked, undefined)),
    describeAll(client, resources.userGroup.describe).catch(noting(tellUnasked, undefined)),
  ])
  const found = users?.find(({ UserId }) => UserId === user)
  if (cache.engine === 'memcached') {
    throw new Problem(
      'general',
      `${id} is of Memcached, which has no users.`,
      'Valkey and Redis OSS have: cachectl list',
    )
  }
  if (!cache.group && !cache.serverless) {
    throw new Problem(
      'general',
      `${id} is a ${cache.memberOf === undefined ? 'cluster of one node' : `node of ${cache.memberOf}`}: users log in by IAM at replication groups and serverless caches.`,
      cache.memberOf === undefined
        ? 'See what there is: cachectl list'
        : shell`Its group has tokens: cachectl auth-token ${cache.memberOf} --user ${user}`,
    )
  }
  if (!cache.tls) {
    tell(`${id} speaks plain text; users log in by IAM over TLS alone.`)
  }
  if (users && !found) {
    const ids = users.map(({ UserId }) => String(UserId))
    tell(`There is no user ${user}. ${meantAmong(user, ids)}`)
  }
  if (found && groups) tellOutside(id, user, groups)
  const authentication = found?.Authentication
  const type = isItem(authentication) ? authentication.Type : 'iam'
  if (type !== 'iam') {
    tell(
      `${user} logs in by ${String(type)}, not by IAM: ${shell`cachectl modify-user --user-id ${user} --authentication-mode Type=iam`}`,
    )
  }
  return cache.serverless === true
}
