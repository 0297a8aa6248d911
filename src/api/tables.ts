/** Tables that are written out as objects, read with the types of their names. They hold no members but those of their type. */

/** The names of a table's rows, in their order. */
// A variable's type may tell less than it holds; a table that is written out in one place holds what its type tells.
export const namesOf = <T extends object>(table: T): (keyof T & string)[] => Object.keys(table) as (keyof T & string)[]

/** Names and rows of a table, in their order. */
export const rowsOf = <T extends object>(table: T): [keyof T & string, T[keyof T]][] =>
  namesOf(table).map((name) => [name, table[name]])

/** Whether a table has a row of this name: one of its own, not `constructor` and its like. */
export const isNameOf = <T extends object>(table: T, name: PropertyKey): name is keyof T & string =>
  Object.hasOwn(table, name)
