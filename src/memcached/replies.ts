import { copyViewed, replyView, requestView } from '../net/bytes.ts'
import { WriteQueue } from '../net/serve/write-queue.ts'

const VALUE = Buffer.from('VALUE ')
const VALU = VALUE.readUint32BE(0)
const E_ = VALUE.readUint16BE(4)

/**
 * The replies of one node. It settles what memcached would have sent by then (after a get, `mn`, and so many commands, `-R`):
 * memcached loses the rest when it hangs up or refuses a key of a get.
 */
export class Replies extends WriteQueue {
  /** What an item of a get starts with. Like all writes of parts, without checking: the caller has reserved. */
  value(): void {
    const view = replyView(this.bytes)
    view.setUint32(this.length, VALU)
    view.setUint16(this.length + 4, E_)
    this.length += 6
  }

  /** A key, from the request. */
  key(request: Buffer, start: number, end: number): void {
    const { bytes } = this
    this.length = copyViewed(request, requestView(request), start, end, bytes, replyView(bytes), this.length)
  }
}
