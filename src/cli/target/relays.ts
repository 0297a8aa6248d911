/** The relays of this machine's user: a file each in the state directory, which no other user can read. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { errorCode, errorMessage } from '../../api/thrown.ts'
import { parseTarget } from '../../net/target.ts'
import { CONTROL_PATHS, type WeightChange } from '../../relay/control.ts'
import type { RelayReport } from '../../relay/counters.ts'
import { absence, Problem } from '../problem.ts'
import { isAlive, keepIn } from './state-dir.ts'

/** What a relay leaves in its file. */
export interface RelayRecord {
  readonly pid: number
  readonly listen: readonly string[]
  /** Base URL of its control. */
  readonly control: string
  readonly token: string
  /** ISO 8601. */
  readonly startedAt: string
}

const folderOf = (stateDir: string): string => join(stateDir, 'proxies')

/** Returns what takes the record away again. */
export function recordRelay(stateDir: string, record: RelayRecord): () => void {
  const folder = folderOf(stateDir)
  const path = join(folder, `${record.pid}.json`)
  keepIn(stateDir, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(path, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  })
  return () => rmSync(path, { force: true })
}

/** Those that run; files that a relay left when it was killed are taken away. */
export function runningRelays(stateDir: string): RelayRecord[] {
  const folder = folderOf(stateDir)
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name)
    const record = readRecord(path)
    if (record && isAlive(record.pid)) return [record]
    rmSync(path, { force: true })
    return []
  })
}

/** The one that listens there: `[::1]:11311`, or the port alone. Throws the problem that there is none, or several. */
export function relayAt(stateDir: string, where: string | undefined): RelayRecord {
  const running = runningRelays(stateDir)
  const found =
    where === undefined ? running : running.filter(({ listen }) => listen.some((each) => isMeant(each, where)))
  const [first] = found
  if (first && found.length === 1) return first
  const all = running.flatMap(({ listen }) => listen).join(', ')
  if (running.length === 0) {
    throw absence(`No proxy is running (state directory ${stateDir}).`, 'Start one: cachectl proxy --help')
  }
  if (found.length > 1) throw new Problem('usage', `Several proxies fit: ${all}.`, 'Name the address one listens on.')
  throw absence(`No proxy listens on ${where}; these do: ${all}.`)
}

function isMeant(listen: string, where: string): boolean {
  if (/^:?\d+$/.test(where)) return listen.endsWith(`:${where.replace(':', '')}`)
  const [own, asked] = [parseTarget(listen), parseTarget(where)]
  if (!own.ok || !asked.ok || own.port !== asked.port) return false
  return own.host === asked.host || (asked.host === 'localhost' && isIP(own.host) !== 0)
}

/** A running relay's report. Rejects with a Problem when it refuses or is gone. */
export const askRelay = (relay: RelayRecord): Promise<RelayReport> => call(relay, 'GET', CONTROL_PATHS.report)

/** Changes how a running relay shares connections out. Answers and rejects as {@link askRelay}. */
export const changeWeights = (relay: RelayRecord, change: WeightChange): Promise<RelayReport> =>
  call(relay, 'POST', CONTROL_PATHS.weights, change)

function call(
  { control, token, pid }: RelayRecord,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<RelayReport> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new Problem('general', `The proxy with pid ${pid} does not answer at ${control}.`))
    const sent = request(new URL(path, control), {
      method,
      headers: { authorization: `Bearer ${token}` },
      timeout: 5000,
      agent: false,
    })
    sent.on('timeout', () => sent.destroy())
    sent.on('error', lost)
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
      })
      response.on('error', lost)
      response.on('end', () => {
        const answer: RelayReport | { message: string } = JSON.parse(text)
        if ('message' in answer)
          reject(new Problem(response.statusCode === 404 ? 'absent' : 'usage', `The proxy refuses: ${answer.message}`))
        else resolve(answer)
      })
    })
    sent.end(body && JSON.stringify(body))
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw new Problem('general', `Cannot read ${folder}: ${errorMessage(error)}`)
  }
}

/** Undefined: it has been taken away, or was cut off when its relay was killed. */
function readRecord(path: string): RelayRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RelayRecord // recordRelay wrote it
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw new Problem('general', `Cannot read ${path}: ${errorMessage(error)}`)
  }
}
