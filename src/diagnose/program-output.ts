import { execFile } from 'node:child_process'

/** Runs a program of this host, and hands on what it prints; '' where there is none, or it fails. */
export type RunProgram = (program: string, ...words: readonly string[]) => Promise<string>

const PATIENCE_MS = 800
/** Tools of administration are not on the path of every user. */
const FOLDERS = ['', '/usr/sbin/', '/sbin/']

/** Bounded in time. Never rejects: what the program was to tell is then left out. */
export const programOutput: RunProgram = async (program, ...words) => {
  for (const folder of FOLDERS) {
    const text = await run(`${folder}${program}`, words)
    if (text !== undefined) return text
  }
  return ''
}

/** Undefined where there is no such program. */
const run = (program: string, words: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(program, words, { timeout: PATIENCE_MS, maxBuffer: 8 << 20 }, (error, text) => {
      const isMissing = error !== null && 'code' in error && error.code === 'ENOENT'
      resolve(isMissing ? undefined : error ? '' : text)
    })
  })
