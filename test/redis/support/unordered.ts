/** A reply, for comparison with another whose elements come in another order: all lines and strings in it, sorted. */
export const unordered = (reply: string): string[] =>
  reply
    .replace(/\r\n$/, '')
    .split(/(?=\r\n[$:*+%~,_])/)
    .sort()
