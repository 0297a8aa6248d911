import { createHash } from 'node:crypto'

/** Of 127.0.0.0/8: what is left of them once the network is taken off. */
const NETWORK = 127
const ADDRESSES = 1 << 24

/**
 * Loopback addresses for nodes, each once: from a place on that depends on the seed, so that engines of this machine do not ask for
 * each other's, and the same at every start. 127.0.x and 127.255.x are left to those who look for addresses of their own there.
 */
export function* ownAddresses(seed: string, except: string): Generator<string> {
  const first = createHash('sha256').update(seed).digest().readUIntBE(0, 2) << 8
  for (let step = 0; step < ADDRESSES; step++) {
    const number = (first + step) % ADDRESSES
    const parts = [number >> 16, (number >> 8) & 0xff, number & 0xff]
    const [second = 0, , last = 0] = parts
    // As a network and a broadcast address are left out elsewhere, for eyes that are used to it.
    const isPlain = second > 0 && second < 255 && last > 0 && last < 255
    const address = [NETWORK, ...parts].join('.')
    if (isPlain && address !== except) yield address
  }
}
