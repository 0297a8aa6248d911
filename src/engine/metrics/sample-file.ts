import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import { errorCode, errorMessage } from '../../api/thrown.ts'
import type { Subject } from '../workloads/workload.ts'
import type { SavedSeries } from './series.ts'
import { metricsOf } from './table.ts'

export type SavedSubject = SavedSeries & { readonly subject: Subject }

/** What the columns of the file mean: one with other metrics is of another version, and not read. */
const COLUMNS = [metricsOf('node'), metricsOf('serverless')].map((all) => all.map(({ name }) => name).join(' ')).join()

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
      const { columns, subjects }: { columns: string; subjects: SavedSubject[] } = deserialize(readFileSync(this.#path))
      return columns === COLUMNS ? subjects : []
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
