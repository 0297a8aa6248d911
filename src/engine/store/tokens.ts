const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** `length` letters and digits, for names that must not come again. */
export const newToken = (random: () => number, length: number): string =>
  Array.from({ length }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('')
