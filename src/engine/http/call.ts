import type { OperationName } from '../../api/model.ts'

/** A call of the API as its request asks for it: an operation and its decoded input. */
export interface Call {
  readonly operation: OperationName
  readonly input: Readonly<Record<string, unknown>>
}
