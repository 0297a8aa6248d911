/** How a user authenticates: one way of three, said by one of three members. */
import { hash } from 'node:crypto'
import type { AuthenticationType } from '@aws-sdk/client-elasticache'
import { Fault } from '../../../api/faults.ts'
import type { Input } from '../../../api/model.ts'
import type { UserRecord } from '../../store/records.ts'

export type Authentication = Pick<UserRecord, 'authentication' | 'passwordHashes'>

type Request = Pick<Input<'CreateUser'>, 'Passwords' | 'NoPasswordRequired' | 'AuthenticationMode'>

/** What requests call a way, and what answers do. */
const TYPES = { password: 'password', 'no-password-required': 'no-password', iam: 'iam' } as const satisfies Readonly<
  Record<string, AuthenticationType>
>

const SHORTEST_PASSWORD = 16
const LONGEST_PASSWORD = 128
const MOST_PASSWORDS = 2

/** What a request says of it; undefined: nothing. Faults without a source are the words of moto, or ours. */
export function readAuthentication(request: Request): Authentication | undefined {
  const { AuthenticationMode: mode, NoPasswordRequired: without } = request
  const passwords = readPasswords(request.Passwords, mode?.Passwords)
  const type = mode === undefined ? undefined : TYPES[mode.Type ?? 'password']
  if (without && type !== undefined && type !== 'no-password') {
    throw new Fault(
      'InvalidParameterCombination',
      `No password required flag is true but provided authentication type is ${type}`,
    )
  }
  const authentication = type ?? (without ? 'no-password' : passwords.length > 0 ? 'password' : undefined)
  if (authentication === undefined) return undefined
  if (authentication !== 'password' && passwords.length > 0) {
    throw new Fault(
      'InvalidParameterCombination',
      `Password field is not allowed with authentication type: ${mode?.Type ?? 'no-password-required'}`,
    )
  }
  if (authentication === 'password' && passwords.length === 0) {
    throw new Fault(
      'InvalidParameterCombination',
      'A user with Authentication Mode: password, must have at least one password',
    )
  }
  return { authentication, passwordHashes: [...new Set(passwords.map((text) => hash('sha256', text, 'hex')))] }
}

/** Of the one member that has any. */
function readPasswords(own: readonly string[] = [], ofMode: readonly string[] = []): readonly string[] {
  if (own.length > 0 && ofMode.length > 0) {
    throw new Fault('InvalidParameterCombination', 'Passwords provided via multiple arguments. Use only one argument')
  }
  const passwords = own.length > 0 ? own : ofMode
  if (passwords.length > MOST_PASSWORDS) {
    throw new Fault('InvalidParameterValue', `A user can have ${MOST_PASSWORDS} passwords at most.`)
  }
  for (const { length } of passwords) {
    if (length < SHORTEST_PASSWORD || length > LONGEST_PASSWORD) {
      throw new Fault(
        'InvalidParameterValue',
        `Passwords length must be between ${SHORTEST_PASSWORD}-${LONGEST_PASSWORD} characters.`,
      )
    }
  }
  // That they are refused is the API reference's; the words are ours.
  if (!passwords.every((text) => /^[!-~]+$/.test(text) && !/[,"/@]/.test(text))) {
    throw new Fault(
      'InvalidParameterValue',
      'Passwords can only have printable ASCII characters, and none of , " / @ or blanks.',
    )
  }
  return passwords
}

/** Of a user that is made without a way. */
export const noAuthentication = ({ NoPasswordRequired }: Request): Fault =>
  new Fault(
    'InvalidParameterValue',
    NoPasswordRequired === false
      ? 'No password was provided. If you want to create/update the user without password, please use the NoPasswordRequired flag.'
      : 'Input Authentication type: null is not in the allowed list: [password,no-password-required,iam]',
  )

/** Refuses what does not go together; all of it as it would be after the call. */
export function refuseUnfit(user: Pick<UserRecord, 'id' | 'name' | 'engine' | 'authentication'>): void {
  if (user.authentication === 'iam' && (user.id !== user.name || user.name !== user.name.toLowerCase())) {
    throw new Fault('InvalidParameterCombination', 'User Id and User name must be same for authentication type: iam')
  }
  // The guide says so; the words are ours.
  if (user.engine === 'valkey' && user.authentication === 'no-password') {
    throw new Fault('InvalidParameterCombination', 'A user of engine valkey needs a password or IAM authentication.')
  }
}
