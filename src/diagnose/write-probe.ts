import { randomUUID } from 'node:crypto'
import { overConnection } from '../net/connection.ts'
import { type AnswersDial, isWhole, linesIn } from './node-answers.ts'

/** What became of a value of ours. JSON-able. */
export interface Written {
  readonly bytes: number
  /** The answer of the node; absent: none came. */
  readonly line?: string
  /** Stored: whether it was there right after. */
  readonly found?: boolean
}

/** What a node does with a key of ours, which is deleted at the end and expires in any case. JSON-able. */
export interface WriteProbe {
  readonly address: string
  readonly port: number
  readonly small: Written
  /** Absent where the small one was not stored. */
  readonly large?: Written
}

const EXPIRES_S = 60
const SMALL_BYTES = 20
/** Of the largest item: its key and header count as well. */
const LARGE_SHARE = 0.9
const LARGEST_BYTES = 1024 * 1024

/** Stores, reads and deletes a small value, then a large one. Never rejects. */
export async function probeWriting(dial: AnswersDial & { readonly itemSizeMax?: number }): Promise<WriteProbe> {
  const { address, port, timeoutMs = 3000, itemSizeMax = LARGEST_BYTES } = dial
  return overConnection({ ...dial, tls: dial.tls }, { ...dial, timeoutMs }, async (connection) => {
    const ask = async (question: string, isAnswer: (bytes: Buffer) => boolean): Promise<string | undefined> => {
      const answer = 'exchange' in connection ? await connection.exchange(question, isAnswer) : connection
      return Buffer.isBuffer(answer) ? answer.toString('latin1') : undefined
    }
    const write = async (bytes: number): Promise<Written> => {
      const key = `cachectl:write-probe:${randomUUID()}`
      const line = firstLine(await ask(`set ${key} 0 ${EXPIRES_S} ${bytes}\r\n${'x'.repeat(bytes)}\r\n`, hasLine))
      if (line !== 'STORED') return { bytes, ...(line !== undefined && { line }) }
      const read = await ask(`get ${key}\r\n`, isWhole)
      await ask(`delete ${key}\r\n`, hasLine)
      return { bytes, line, ...(read !== undefined && { found: read.startsWith(`VALUE ${key} `) }) }
    }
    const small = await write(SMALL_BYTES)
    if (small.line !== 'STORED') return { address, port, small }
    return { address, port, small, large: await write(Math.floor(Math.min(itemSizeMax, LARGEST_BYTES) * LARGE_SHARE)) }
  })
}

const hasLine = (bytes: Buffer): boolean => linesIn(bytes) > 0
const firstLine = (answer: string | undefined): string | undefined =>
  answer
    ?.split('\r\n')[0]
    ?.slice(0, 80)
    .replace(/[^\x20-\x7e]/g, '?')
