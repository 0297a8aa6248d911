import { release, type } from 'node:os'

/** What INFO says of where a node runs. */
export interface Host {
  readonly os: string
  readonly pid: number
  readonly executable: string
  configFile: string
}

/** This process. */
export const thisHost = (): Host => ({
  os: `${type()} ${release()} ${process.arch === 'x64' ? 'x86_64' : process.arch}`,
  pid: process.pid,
  executable: process.execPath,
  configFile: '',
})
