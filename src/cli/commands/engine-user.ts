import type { UserEntry, UserReport, UserRequest } from '../../api/identity.ts'
import { CONTROL } from '../../api/local-engine.ts'
import { BaseCommand, word } from '../base-command.ts'
import { control } from '../engine-control.ts'
import type { Flags } from '../flags.ts'
import { tableText } from '../output/table.ts'
import type { FlagValues } from '../parse.ts'
import { requireEngine } from '../state-dir.ts'
import { forPeople, printLine } from '../terminal.ts'
import { choiceOf, outputFlag, stateDirFlag, stateDirOf } from './engine-flags.ts'

const flags: Flags = { ...outputFlag, ...stateDirFlag }
const wantsJson = (given: FlagValues): boolean => choiceOf(given, 'output', ['text', 'json'], 'text') === 'json'
const ask = <T>(given: FlagValues, request: UserRequest) =>
  control<T>(requireEngine(stateDirOf(given)), 'POST', CONTROL.users, request)

export class EngineUserCreate extends BaseCommand {
  static override summary = 'Create a user of the local engine, with an access key'
  static override description =
    'The user may do nothing until a policy allows it: cachectl engine policy put. To call the API as this user: CACHECTL_USER=<name> cachectl ..., or eval "$(cachectl engine env --user <name>)" for aws and the SDKs. Users survive `engine reset`.'
  static override examples = ['engine user create alice']
  static override args = { name: word('its name', { required: true }) }
  static override flags = flags

  async run(): Promise<void> {
    const { words, flags: given } = this.read()
    const user = await ask<UserEntry>(given, { create: words[0] ?? '' })
    if (wantsJson(given)) return printLine(JSON.stringify(user, null, 4))
    printLine(`User ${user.userName} may do nothing yet: give it a policy with \`cachectl engine policy put\`.
Access key id:     ${user.accessKeyId}
Secret access key: ${user.secretAccessKey}`)
  }
}

export class EngineUserList extends BaseCommand {
  static override summary = 'List the users of the local engine and the names of their policies'
  static override description =
    "The engine's own credentials belong to the user `default`, who may do all and is not listed."
  static override flags = flags

  async run(): Promise<void> {
    const { flags: given } = this.read()
    const users = await control<UserReport[]>(requireEngine(stateDirOf(given)), 'GET', CONTROL.users)
    if (wantsJson(given)) return printLine(JSON.stringify(users, null, 4))
    if (users.length === 0) return printLine('No users but `default`, who may do all.')
    printLine(
      await tableText(
        ['User', 'Access key id', 'Created', 'Policies'],
        forPeople(users).map(({ userName, accessKeyId, createDate, policies }) => [
          userName,
          accessKeyId,
          createDate,
          Object.keys(policies).join('\n') || '-',
        ]),
      ),
    )
  }
}

export class EngineUserDelete extends BaseCommand {
  static override summary = 'Delete a user of the local engine; its access key is refused from then on'
  static override args = { name: word('its name', { required: true }) }
  static override flags = flags

  async run(): Promise<void> {
    const { words, flags: given } = this.read()
    const user = await ask<UserReport>(given, { delete: words[0] ?? '' })
    printLine(wantsJson(given) ? JSON.stringify(user, null, 4) : `User ${user.userName} is deleted.`)
  }
}
