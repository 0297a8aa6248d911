/** One statistic: `STAT <name> <value>` in text, a packet in binary. */
export type StatLine = readonly [name: string, value: string | number]

export const yesNo = (value: boolean): string => (value ? 'yes' : 'no')
