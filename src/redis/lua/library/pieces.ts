import { MAX_STRING, type Machine } from '../machine.ts'

/** What fits an array that is to be joined, without holding up everyone else. */
const MAX_PIECES = 2 ** 22

/** A string that is put together from pieces. There may be as many as a table within tables, again and again, makes. */
export class Pieces {
  readonly #machine: Machine
  readonly #pieces: string[] = []
  #length = 0

  constructor(machine: Machine) {
    this.#machine = machine
  }

  push(...pieces: string[]): void {
    for (const piece of pieces) this.#add(piece)
  }

  #add(piece: string): void {
    this.#length += piece.length
    if (this.#length > MAX_STRING || this.#pieces.length >= MAX_PIECES) this.#machine.raise('not enough memory')
    this.#pieces.push(piece)
  }

  text(): string {
    this.#machine.spend(this.#length + this.#pieces.length * 8)
    return this.#pieces.join('')
  }
}
