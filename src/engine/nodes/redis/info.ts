/** What a server says of itself, as values. Pure. */

/** Lines of INFO and CLUSTER INFO: `name:value`. */
export const parseInfo = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/^([^#:\r\n]+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]))

/** A line of CLUSTER NODES. */
export interface KnownNode {
  readonly id: string
  readonly ip: string
  readonly port: number
  readonly flags: readonly string[]
  /** Of a replica: its primary. */
  readonly primary: string | undefined
  readonly slots: readonly (readonly [first: number, last: number])[]
}

export function parseNodes(text: string): KnownNode[] {
  return text
    .trim()
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', address = '', flags = '', primary = '-', , , , , ...slots] = line.split(' ')
      return {
        id,
        // `[::1]` or `::1`: the port is what follows the last colon before the bus.
        ip: /^\[?([^\]@]*?)\]?:\d+@/.exec(address)?.[1] ?? '',
        port: Number(/:(\d+)@/.exec(address)?.[1] ?? 0),
        flags: flags.split(','),
        primary: primary === '-' ? undefined : primary,
        // `[93-<-id]` is a slot on its way.
        slots: slots.flatMap((text) => {
          const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
          return first === undefined ? [] : [[Number(first), Number(last)] as const]
        }),
      }
    })
}
