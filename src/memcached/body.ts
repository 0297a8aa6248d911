import type { Client } from './client.ts'

/** Takes what `bytes[at, end)` holds of a value, a configuration entry or a refused value; answers how far it came. */
export function takeBody(client: Client, bytes: Buffer, at: number, end: number): number {
  switch (client.expecting) {
    case 'value': {
      const stop = Math.min(end, at + client.valueEnd - client.valueAt)
      client.core.store.write(client.item, client.valueAt, bytes, at, stop)
      return advance(client, at, stop)
    }
    case 'configuration': {
      const stop = Math.min(end, at + client.valueEnd - client.valueAt)
      if (client.configuration !== undefined) bytes.copy(client.configuration.data, client.valueAt, at, stop)
      return advance(client, at, stop)
    }
    default:
      return throwAway(client, at, end)
  }
}

/** Waits for a value of `length` bytes, `item` being the place for it; `complete` is called when it is there. */
export function expectValue(client: Client, item: number, length: number, complete: (client: Client) => void): void {
  client.item = item
  client.valueAt = 0
  client.valueEnd = length
  client.complete = complete
  client.expecting = 'value'
  if (length === 0) advance(client, 0, 0)
}

/** Waits for the data of a configuration entry. */
export function expectConfiguration(
  client: Client,
  configuration: { name: string; flags: number; data: Buffer },
  complete: (client: Client) => void,
): void {
  client.configuration = configuration
  client.valueAt = 0
  client.valueEnd = configuration.data.length
  client.complete = complete
  client.expecting = 'configuration'
  if (client.valueEnd === 0) advance(client, 0, 0)
}

/** Throws the next `length` bytes away, and then answers. */
export function expectNothing(client: Client, length: number, answer?: Buffer): void {
  client.expecting = 'swallow'
  client.swallow = length
  client.afterSwallow = answer
  if (length === 0) throwAway(client, 0, 0)
}

function advance(client: Client, at: number, stop: number): number {
  client.valueAt += stop - at
  if (client.valueAt === client.valueEnd) {
    client.expecting = 'command'
    client.complete(client)
  }
  return stop
}

function throwAway(client: Client, at: number, end: number): number {
  const stop = Math.min(end, at + client.swallow)
  client.swallow -= stop - at
  if (client.swallow > 0) return stop
  client.expecting = 'command'
  if (client.afterSwallow !== undefined) client.core.replies.text(client.afterSwallow)
  client.afterSwallow = undefined
  return stop
}
