/** Files of JSON, a value a line, that the engine writes; the older half of them is in `<name>.1`. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { errorCode } from '../api/thrown.ts'
import { sleep, systemClock } from '../net/clock.ts'

const LOOK_MS = 200

/** The last `count` values, oldest first. A line cut off by a crash is left out. */
export function lastValues<T>(path: string, count: number): T[] {
  const lines = [`${path}.1`, path].flatMap((each) => contentOf(each).split('\n')).filter((line) => line !== '')
  return lines.slice(-count || lines.length).flatMap((line) => parsed<T>(line))
}

/** Hands on what is written from now on, until the signal. */
export async function follow<T>(path: string, signal: AbortSignal, each: (value: T) => void): Promise<void> {
  let position = sizeOf(path)
  let rest = ''
  while (!signal.aborted) {
    await sleep(systemClock, LOOK_MS, signal)
    const { bytes, end } = readFrom(path, position)
    position = end
    const lines = `${rest}${bytes}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) for (const value of parsed<T>(line)) each(value)
  }
}

/** A line that is no JSON was cut off when its writer was killed: nothing can be read of it. */
function parsed<T>(line: string): T[] {
  try {
    return [JSON.parse(line) as T] // the engine wrote it
  } catch {
    return []
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return ''
    throw error
  }
}

const sizeOf = (path: string): number => Buffer.byteLength(contentOf(path))

/** A file shorter than before is a new one. */
function readFrom(path: string, position: number): { bytes: string; end: number } {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    return { bytes: '', end: position }
  }
  try {
    const { size } = fstatSync(file)
    const start = size < position ? 0 : position
    const bytes = Buffer.alloc(size - start)
    readSync(file, bytes, 0, bytes.length, start)
    return { bytes: bytes.toString('utf8'), end: size }
  } finally {
    closeSync(file)
  }
}
