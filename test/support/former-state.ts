import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { open } from 'lmdb'
import { engineFiles } from '../../src/api/local-engine.ts'

const FIXTURE = new URL('../engine/fixtures/state-1/', import.meta.url)

/** When the engine that wrote the state was killed, by the machine's clock. */
export const KILLED_AT = Date.UTC(2026, 10, 29, 1, 18, 20, 500)
/** Where its ports begin. */
const FIRST_PORT = 11_211

const unpacked = (name: string): Buffer => gunzipSync(readFileSync(new URL(`${name}.gz`, FIXTURE)))

/** The store as it was written, byte by byte. */
export const formerStore = (): Buffer => unpacked('state.mdb')

/** What the engine that wrote it answered, with its ports moved to where {@link formerState} has moved them. */
export function formerAnswers(firstPort: number): Record<string, Record<string, unknown>> {
  const text = readFileSync(new URL('answers.json', FIXTURE), 'utf8')
  return JSON.parse(text, (key, value) => (key === 'Port' ? value - FIRST_PORT + firstPort : value)) as never // as asked below
}

/**
 * A state directory that an engine of state version 1 left behind when it was killed: clusters and serverless caches in every
 * state, pending changes, snapshots, faults. Only the ports are others, those from `firstPort` upwards: of this test alone.
 */
export async function formerState(parent: string, firstPort: number): Promise<string> {
  const stateDir = mkdtempSync(join(parent, 'state-'))
  cpSync(FIXTURE, stateDir, { recursive: true })
  const { store, metrics } = engineFiles(stateDir)
  writeFileSync(store, formerStore())
  writeFileSync(metrics, unpacked('metrics.bin'))
  const database = open<unknown, string | string[]>({ path: store, noSubdir: true })
  const moved = [...database.getRange({})].map(({ key, value }) => ({
    key,
    value: withPorts(value, firstPort - FIRST_PORT),
  }))
  database.transactionSync(() => {
    for (const { key, value } of moved) database.put(key, value)
  })
  await database.close()
  return stateDir
}

const PORTS: ReadonlySet<string> = new Set(['port', 'requestedPort', 'endpointPort', 'primary', 'readOptimized'])

const withPorts = (value: unknown, by: number): unknown =>
  JSON.parse(JSON.stringify(value), (key, each) => (PORTS.has(key) && typeof each === 'number' ? each + by : each))
