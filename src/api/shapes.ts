/** The form of the API model: what src/tools/model.ts writes and everything else reads. */

export type EnumName = string

export type Member =
  | { readonly kind: 'string'; readonly enum?: EnumName }
  | { readonly kind: 'number'; readonly double?: true }
  | { readonly kind: 'boolean' | 'timestamp' }
  /**
   * `item` is the element's Query and XML name: `member` unless the API model names it otherwise. `also` is a second name of
   * the list itself in answers, where models of the API disagree on it.
   */
  | { readonly kind: 'list'; readonly item: string; readonly of: Member; readonly also?: string }
  | { readonly kind: 'structure'; readonly shape: string }

export interface Structure {
  readonly required: readonly string[]
  readonly members: Readonly<Record<string, Member>>
}

/** Dotted paths of the token and the result list in the output, names of token and page size in the input. */
export interface Pagination {
  readonly input: string
  readonly output: string
  readonly limit: string
  readonly results: string
}

export interface Operation {
  readonly input: string
  readonly output: string | null
  /** Fault shapes the operation declares. */
  readonly faults: readonly string[]
  pagination?: Pagination
}

/** What a fault shape is on the wire: `<Code>` and HTTP status. */
export interface Fault {
  readonly code: string
  readonly status: number
}

export interface Model {
  readonly apiVersion: string
  readonly namespace: string
  readonly operations: Readonly<Record<string, Operation>>
  readonly structures: Readonly<Record<string, Structure>>
  readonly enums: Readonly<Record<EnumName, readonly string[]>>
  readonly faults: Readonly<Record<string, Fault>>
}
