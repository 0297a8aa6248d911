import { viewOf } from '../../net/bytes.ts'

/** The view of a buffer, which is kept as long as the same one is asked for: many strings come out of each. */
export class Viewed {
  #bytes: Buffer | undefined
  #view: DataView = new DataView(new ArrayBuffer(0))

  of(bytes: Buffer): DataView {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes
      this.#view = viewOf(bytes)
    }
    return this.#view
  }
}
