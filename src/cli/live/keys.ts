/** Keys, as they are pressed. */

/** In raw mode Ctrl-C is a byte like any other. */
const CTRL_C = '\x03'

/** Of what runs on a whole terminal: q, and Ctrl-C. */
export const isQuit = (key: string): boolean => key === 'q' || key === 'Q' || key === CTRL_C

/** One key after the other, of what a terminal has sent. Pure. */
export const keysIn = (sent: string): string[] => sent.match(/\x1b(?:\[[\d;]*[A-Za-z~]|O[A-Za-z])|[\s\S]/g) ?? []

/**
 * Calls back for what the user types, key by key and without showing it, until what is returned is called. Without a terminal
 * to type on nothing comes.
 */
export function onKeys(typed: (keys: readonly string[]) => void): () => void {
  const { stdin } = process
  if (stdin.isTTY !== true) return () => {}
  const read = (bytes: Buffer): void => typed(keysIn(bytes.toString('latin1')))
  let over = false
  const stop = (): void => {
    if (over) return
    over = true
    process.off('exit', stop)
    stdin.off('data', read).setRawMode(false).pause()
  }
  stdin.setRawMode(true).on('data', read).resume()
  // Whatever ends the program must not leave a terminal without echo.
  process.on('exit', stop)
  return stop
}
