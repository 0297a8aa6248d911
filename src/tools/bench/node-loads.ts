import { fork, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadMessage, NodeLoad } from './node-load.ts'
import { type MeasuredServer, processorSeconds } from './node-servers.ts'

/** What one round of a load on one server showed. */
export interface Reading {
  readonly perSecond: number
  /** Of one core, of the server. */
  readonly busy: number
  /** Not there when the load does not tell. */
  readonly p99Ms?: number
}

/** Puts one round of load on a server. */
export type Load = (server: MeasuredServer, seconds: number) => Promise<Reading>

export const CONNECTIONS = 50

/** Our own load process: it answers to one core as any client does, and is often what limits a fast server. */
export function ownLoad(load: Partial<NodeLoad>): Load {
  return async ({ ports, pid }, seconds) => {
    const text = JSON.stringify({
      ports,
      secure: false,
      connections: CONNECTIONS,
      pipeline: 1,
      keysPerGet: 1,
      getsPerSet: null,
      valueBytes: 100,
      keys: 20_000,
      seconds,
      ...load,
    } satisfies NodeLoad)
    const child = fork(new URL('./node-load.ts', import.meta.url), [text], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    let used = 0
    return new Promise((resolve, reject) => {
      child.on('message', (message: LoadMessage) => {
        if (message === 'begun') used = processorSeconds(pid)
        else resolve({ ...message, busy: (processorSeconds(pid) - used) / seconds })
      })
      child.on('exit', (code) => reject(new Error(`the load ended with ${code}`)))
    })
  }
}

const SAMPLE_MS = 100

/** libmemcached's load program: one thread of C, cheap enough to saturate the server's core. */
export function memcaslap(setShare: number): Load {
  return async ({ ports, pid }, seconds) => {
    const directory = mkdtempSync(join(tmpdir(), 'cachectl-bench-'))
    const config = join(directory, 'load')
    writeFileSync(config, `key\n16 16 1\nvalue\n100 100 1\ncmd\n0 ${setShare}\n1 ${1 - setShare}\n`)
    const target = `127.0.0.1:${ports[0]}`
    const child = spawn('memcaslap', [
      '-s',
      target,
      '-T',
      '1',
      '-c',
      `${CONNECTIONS}`,
      '-t',
      `${seconds}s`,
      '-F',
      config,
    ])
    let output = ''
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes
    })
    // It fills the server first, untimed, and cleans up after itself, and does not say when: the busiest time is the run.
    const samples = [processorSeconds(pid)]
    const timer = setInterval(() => samples.push(processorSeconds(pid)), SAMPLE_MS)
    await new Promise((resolve) => child.once('close', resolve))
    clearInterval(timer)
    rmSync(directory, { recursive: true, force: true })
    const [, perSecond] = /TPS: (\d+)/.exec(output) ?? []
    if (perSecond === undefined) throw new Error('memcaslap said nothing')
    const window = Math.floor((seconds * 1000) / SAMPLE_MS / 2)
    const used = samples.slice(window).map((sample, at) => sample - (samples[at] ?? 0))
    return { perSecond: Number(perSecond), busy: Math.max(...used) / ((window * SAMPLE_MS) / 1000) }
  }
}
