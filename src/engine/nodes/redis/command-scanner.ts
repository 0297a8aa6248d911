/** How many commands are in what a client sends, without looking at what they say. */

const LINE_FEED = 0x0a
/** A length has fewer digits; of a longer line, which is a command typed by hand, the beginning is enough. */
const LINE_LETTERS = 24
const LINE_END_BYTES = 2

/** Of one client: pieces come as the network cuts them. */
export class CommandScanner {
  /** Arguments of the command that has begun which are still to come. */
  #arguments = 0
  /** Bytes of the present argument, and its line's end. */
  #skip = 0
  #line = ''
  #size = 0

  /** Answers the bytes of every command that ends within the piece. What is no command at all is for the server to refuse. */
  scan(piece: Buffer): number[] {
    const sizes: number[] = []
    for (let at = 0; at < piece.length; ) {
      const from = at
      if (this.#skip > 0) {
        at = Math.min(piece.length, at + this.#skip)
        this.#skip -= at - from
        this.#size += at - from
        if (this.#skip === 0 && --this.#arguments === 0) sizes.push(this.#ended())
        continue
      }
      const end = piece.indexOf(LINE_FEED, at)
      at = end === -1 ? piece.length : end + 1
      this.#size += at - from
      this.#line += piece.toString('latin1', from, Math.min(at, from + LINE_LETTERS))
      if (end !== -1 && this.#isCommand()) sizes.push(this.#ended())
    }
    return sizes
  }

  /** A line is over. Answers whether it is a command by itself. */
  #isCommand(): boolean {
    const line = this.#line.trim()
    this.#line = ''
    const number = Number(line.slice(1))
    if (this.#arguments > 0) {
      // Anything else the server hangs up on.
      if (line.startsWith('$') && number >= 0) this.#skip = number + LINE_END_BYTES
      return false
    }
    if (!line.startsWith('*')) return line !== ''
    if (number > 0) this.#arguments = number
    return false
  }

  #ended(): number {
    const size = this.#size
    this.#size = 0
    return size
  }
}
