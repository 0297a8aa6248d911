/** Kinds of members, for the model. */
import type { Member } from '../../api/shapes.ts'

export const string: Member = { kind: 'string' }
export const number: Member = { kind: 'number' }
export const double: Member = { kind: 'number', double: true }
export const timestamp: Member = { kind: 'timestamp' }
export const boolean: Member = { kind: 'boolean' }
export const chosen = (name: string): Member => ({ kind: 'string', enum: name })
export const structure = (shape: string): Member => ({ kind: 'structure', shape })
export const list = (of: Member, item = 'member'): Member => ({ kind: 'list', item, of })

/** A map, as Query writes it: a list of entries. JSON and CBOR have objects for it. */
export const MAP_ITEM = 'entry'
