import type { Connection } from './connection.ts'

/** Takes what `bytes[at, end)` holds of a value, a configuration entry or a refused value; answers how far it came. */
export function takeBody(connection: Connection, bytes: Buffer, at: number, end: number): number {
  switch (connection.expecting) {
    case 'value': {
      const stop = Math.min(end, at + connection.valueEnd - connection.valueAt)
      connection.core.store.write(connection.item, connection.valueAt, bytes, at, stop)
      return advance(connection, at, stop)
    }
    case 'configuration': {
      const stop = Math.min(end, at + connection.valueEnd - connection.valueAt)
      if (connection.configuration !== undefined)
        bytes.copy(connection.configuration.data, connection.valueAt, at, stop)
      return advance(connection, at, stop)
    }
    default:
      return throwAway(connection, at, end)
  }
}

/** Waits for a value of `length` bytes, `item` being the place for it; `complete` is called when it is there. */
export function expectValue(
  connection: Connection,
  item: number,
  length: number,
  complete: (connection: Connection) => void,
): void {
  connection.item = item
  connection.valueAt = 0
  connection.valueEnd = length
  connection.complete = complete
  connection.expecting = 'value'
  if (length === 0) advance(connection, 0, 0)
}

/** Waits for the data of a configuration entry. */
export function expectConfiguration(
  connection: Connection,
  configuration: { name: string; flags: number; data: Buffer },
  complete: (connection: Connection) => void,
): void {
  connection.configuration = configuration
  connection.valueAt = 0
  connection.valueEnd = configuration.data.length
  connection.complete = complete
  connection.expecting = 'configuration'
  if (connection.valueEnd === 0) advance(connection, 0, 0)
}

/** Throws the next `length` bytes away, and then answers. */
export function expectNothing(connection: Connection, length: number, answer?: Buffer): void {
  connection.expecting = 'swallow'
  connection.swallow = length
  connection.afterSwallow = answer
  if (length === 0) throwAway(connection, 0, 0)
}

function advance(connection: Connection, at: number, stop: number): number {
  connection.valueAt += stop - at
  if (connection.valueAt === connection.valueEnd) {
    connection.expecting = 'command'
    connection.complete(connection)
  }
  return stop
}

function throwAway(connection: Connection, at: number, end: number): number {
  const stop = Math.min(end, at + connection.swallow)
  connection.swallow -= stop - at
  if (connection.swallow > 0) return stop
  connection.expecting = 'command'
  if (connection.afterSwallow !== undefined) connection.core.replies.text(connection.afterSwallow)
  connection.afterSwallow = undefined
  return stop
}
