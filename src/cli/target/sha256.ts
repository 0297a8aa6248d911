import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'

/** The digest the SDK's signer wants, by Node's own. */
export class Sha256 {
  readonly #digest: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#digest = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array) // the signer gives text or bytes
  }

  update(piece: Uint8Array): void {
    this.#digest.update(piece)
  }

  async digest(): Promise<Uint8Array> {
    return this.#digest.digest()
  }

  reset(): void {
    throw new Error('a digest is made once')
  }
}
