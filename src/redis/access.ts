/** Who a client is, and what it may do: see acl/users.ts. */
export interface User {
  readonly name: string
  /** Whether it may do everything: then nothing is asked before its commands run. */
  readonly unrestricted: boolean
}

/** The user of what runs without a connection: a primary's stream, scripts until they are told whose they are. */
export const EVERYONE: User = { name: 'default', unrestricted: true }
