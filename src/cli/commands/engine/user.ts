import type { UserEntry, UserReport, UserRequest } from '../../../api/identity.ts'
import { CONTROL } from '../../../api/local-engine.ts'
import { orMeant } from '../../caches/choose.ts'
import { command } from '../../command.ts'
import { confirmFlags, type GlobalOptions, stateDirFlag } from '../../global-flags.ts'
import { confirmDestruction } from '../../live/confirm.ts'
import type { Style } from '../../output/style.ts'
import { tableText } from '../../output/table.ts'
import { control } from '../../target/engine-control.ts'
import { engineOf } from '../../target/state-dir.ts'
import { offering, one } from '../../words.ts'

const ask = <T>(flags: GlobalOptions, request: UserRequest) =>
  control<T>(engineOf(flags), 'POST', CONTROL.users, request)

export const engineUserCreate = command({
  summary: 'Create a user of the local engine, with an access key',
  description:
    'The user may do nothing until a policy allows it: cachectl engine policy put. To call the API as this user: CACHECTL_USER=<name> cachectl ..., or eval "$(cachectl engine env --user <name>)" for aws and the SDKs. Users survive `engine reset`.',
  examples: ['engine user create alice'],
  words: { name: one('its name') },
  flags: stateDirFlag,
  forms: {},
  async run({ words, flags, print }) {
    await print.answer(await ask<UserEntry>(flags, { create: words.name }), createdText)
  },
})

export const engineUserList = command({
  summary: 'List the users of the local engine and the names of their policies',
  description:
    "The engine's own credentials belong to the user `default`, which has all permissions and is not listed.",
  flags: stateDirFlag,
  forms: {},
  async run({ flags, print }) {
    await print.answer(await control<UserReport[]>(engineOf(flags), 'GET', CONTROL.users), usersText)
  },
})

export const engineUserDelete = command({
  summary: 'Delete a user of the local engine; its access key is refused from then on',
  words: { name: offering(one('its name'), 'engineUser') },
  flags: { ...confirmFlags, ...stateDirFlag },
  forms: {},
  async run({ words, flags, print }) {
    await confirmDestruction(`Delete user ${words.name}, with its key and its policies?`, flags.yes)
    const user = await ask<UserReport>(flags, { delete: words.name }).catch(orMeant('engineUser', words.name, flags))
    await print.answer(user, ({ userName }) => `User ${userName} is deleted.`)
  },
})

const createdText = ({ userName, accessKeyId, secretAccessKey }: UserEntry): string =>
  `User ${userName} may do nothing yet: give it a policy with \`cachectl engine policy put\`.
Access key id:     ${accessKeyId}
Secret access key: ${secretAccessKey}`

function usersText(users: readonly UserReport[], style: Style): string {
  if (users.length === 0) return 'No users but `default`, which has all permissions.'
  const rows = users.map(({ userName, accessKeyId, createDate, policies }) => [
    userName,
    accessKeyId,
    createDate,
    Object.keys(policies).join('\n') || '-',
  ])
  return tableText(['User', 'Access key id', 'Created', 'Policies'], rows, style)
}
