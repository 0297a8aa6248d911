/**
 * What is read of a running node: numbers that every node tells of its run and its host, and behind them those that its program
 * names. Read of thousands of nodes every minute, and therefore one array a node rather than an object of names.
 */

const HOST = [
  // Tells one run of a node from the next: what was counted before belongs to another.
  'run',
  // Seconds of CPU used so far, cores there are to use, memory taken and swapped out in bytes.
  'cpu_seconds',
  'cpu_cores',
  'memory_bytes',
  'swap_bytes',
  'packets_in',
  'packets_out',
  // The most in a second of the last sixty.
  'burst_bytes_in',
  'burst_bytes_out',
  'burst_packets_in',
  'burst_packets_out',
] as const

export type HostReading = (typeof HOST)[number]

/** By the place of the name; NaN: whatever runs the node cannot tell. */
export type Reading = Float64Array

const placesOf = (names: readonly string[]): ReadonlyMap<string, number> =>
  new Map(names.map((name, place) => [name, place]))

const HOST_PLACES = placesOf(HOST)

/** Of a node of any program; NaN where it could not tell. */
export const read = (reading: Reading, name: HostReading): number => reading[HOST_PLACES.get(name) ?? -1] ?? Number.NaN

export function write(reading: Reading, name: HostReading, value: number): void {
  reading[HOST_PLACES.get(name) ?? -1] = value
}

/** Where in a reading the numbers stand that nodes of a program tell: one for all of them. */
export class Readings<Name extends string = string> {
  readonly #places: ReadonlyMap<string, number>

  constructor(names: readonly Name[]) {
    this.#places = placesOf([...HOST, ...names])
  }

  /** Takes what it knows of names and values; what no metric is made of is left out. */
  of(lines: Iterable<readonly [name: string, value: string | number]>): Reading {
    const reading = new Float64Array(this.#places.size).fill(Number.NaN)
    for (const [name, value] of lines) {
      const place = this.#places.get(name)
      if (place !== undefined) reading[place] = Number(value)
    }
    return reading
  }

  /** NaN where the node could not tell. */
  read(reading: Reading, name: Name | HostReading): number {
    return reading[this.#places.get(name) ?? -1] ?? Number.NaN
  }
}
