/** Named users of the local engine, as the file of the state directory holds them and control routes show them. */

/** `users.json`, mode 0600: it holds secrets. */
export interface UserFile {
  readonly users: readonly UserEntry[]
}

export interface UserEntry {
  readonly userName: string
  /** `AIDA...` */
  readonly userId: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** ISO 8601 */
  readonly createDate: string
  /** Policy documents by name, as they were given. */
  readonly policies: Readonly<Record<string, unknown>>
}

/** A user without the secret. */
export type UserReport = Omit<UserEntry, 'secretAccessKey'> & { readonly arn: string }

export type UserRequest = { readonly create: string } | { readonly delete: string }

export interface PolicyRequest {
  readonly userName: string
  readonly policyName: string
  /** null: the policy goes. */
  readonly document: unknown
}

/** The user behind the engine's own credentials, allowed every call. */
export const DEFAULT_USER = 'default'

/** The ARN of an IAM user of the account. */
export const userArn = (account: string, userName: string): string => `arn:aws:iam::${account}:user/${userName}`
