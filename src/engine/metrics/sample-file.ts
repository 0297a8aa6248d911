import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import { errorCode, errorMessage } from '../../api/thrown.ts'
import type { Subject } from '../workloads/workload.ts'
import type { SavedSeries } from './series.ts'
import { COLUMNS } from './table.ts'

export type SavedSubject = SavedSeries & { readonly subject: Subject }

/** Kinds of subjects there were when all their columns were one text. */
const FORMER_KINDS = ['node', 'serverless']

interface Saved {
  readonly columns: string | Readonly<Record<string, string | undefined>>
  readonly subjects: SavedSubject[]
}

/** Samples between two runs of the engine. A file that cannot be read is one that is not there. */
export class SampleFile {
  readonly #path: string
  readonly #log: (line: string) => void

  constructor(path: string, log: (line: string) => void) {
    this.#path = path
    this.#log = log
  }

  load(): SavedSubject[] {
    try {
      const { columns, subjects }: Saved = deserialize(readFileSync(this.#path))
      const known =
        typeof columns === 'string'
          ? Object.fromEntries(columns.split(',').map((text, at) => [FORMER_KINDS[at], text]))
          : columns
      // With other metrics it is of another version, and not read.
      return subjects.filter(({ subject: { kind } }) => kind in COLUMNS && known[kind] === COLUMNS[kind])
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') {
        this.#log(`metrics of before are lost, ${this.#path} cannot be read: ${errorMessage(error)}`)
      }
      return []
    }
  }

  /** There is the whole new file afterwards, or the old one. */
  save(subjects: readonly SavedSubject[]): void {
    writeFileSync(`${this.#path}.new`, serialize({ columns: COLUMNS, subjects }), { mode: 0o600 })
    renameSync(`${this.#path}.new`, this.#path)
  }

  clear(): void {
    rmSync(this.#path, { force: true })
  }
}
