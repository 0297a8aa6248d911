/**
 * `CACHECTL_KILLS=200 npx vitest run --config test/vitest.config.ts test/engine/kill.test.ts` for the long proof, with
 * `CACHECTL_SEED` to see the same choices again.
 */
import { fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CONTROL, type EngineStatus } from '../../src/api/local-engine.ts'
import { control } from '../support/control.ts'
import { temporaryDirectory } from '../support/engine.ts'
import { type EngineProcess, start } from '../support/engine-process.ts'
import {
  type Actor,
  CacheUserActor,
  ClusterActor,
  ParameterGroupActor,
  ServerlessActor,
  UserActor,
} from '../support/kill-actors.ts'
import { type Random, randomOf } from '../support/random.ts'

const KILLS = Number(process.env.CACHECTL_KILLS ?? 8)
const SEED = Number(process.env.CACHECTL_SEED ?? Date.now() % 1_000_000)
/** Answered calls at most between a start and the kill. */
const MOST_CALLS = 60
const engineFile = new URL('../../dist/engine.js', import.meta.url)

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Changes one thing after the other until the engine is gone. */
async function actUntilKilled(
  actor: Actor,
  engine: EngineProcess,
  random: Random,
  answered: () => void,
): Promise<void> {
  try {
    for (;;) {
      await actor.act(engine, random)
      answered()
    }
  } catch {
    // No answer: that is what this is about.
  }
}

/** Kills an engine that is still starting. */
async function killEarly(stateDir: string, afterMs: number): Promise<void> {
  const options = JSON.stringify({ stateDir, port: 0, region: 'us-west-2', pace: 'quick' })
  const child = fork(engineFile, [options], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await sleep(afterMs)
  child.kill('SIGKILL')
  await ended
}

test(`whatever was acknowledged is there after kill -9 at any moment, ${KILLS} times, and nothing is half done`, {
  timeout: 60_000 + KILLS * 20_000,
}, async () => {
  const random = randomOf(SEED)
  const stateDir = temporaryDirectory()
  const actors: Actor[] = [
    ...['one', 'two', 'three'].map((name) => new ClusterActor(name)),
    ...['group-a', 'group-b'].map((name) => new ParameterGroupActor(name)),
    new ServerlessActor('serverless'),
    new UserActor('somebody'),
    new CacheUserActor('shopper'),
  ]
  let early = 0
  for (let kill = 1; kill <= KILLS; kill++) {
    const engine = await start(stateDir)
    for (const actor of actors) {
      await actor.check(engine).catch((error: unknown) => {
        throw new Error(`seed ${SEED}, after kill ${kill - 1}: ${error}`)
      })
    }
    expect(readdirSync(join(stateDir, 'snapshots')).filter((name) => name.endsWith('.partial'))).toEqual([])
    const { clusters } = await control<EngineStatus>(engine, 'GET', CONTROL.status)
    expect(clusters.flatMap(({ nodes }) => nodes).every(({ worker }) => worker !== null)).toBe(true)
    let left = Math.floor(random() * MOST_CALLS)
    let enough = () => {}
    const answers = new Promise<void>((resolve) => {
      enough = resolve
    })
    const working = actors.map((actor) =>
      actUntilKilled(actor, engine, random, () => {
        if (--left <= 0) enough()
      }),
    )
    await answers
    await sleep(random() * 30) // the moment of the power cut, between two calls and within them
    await engine.kill()
    await Promise.all(working)
    if (random() < 0.2) {
      early++
      await killEarly(stateDir, random() * 800)
    }
  }
  const last = await start(stateDir)
  for (const actor of actors) await actor.check(last)
  const acknowledged = actors.map(({ name, acknowledged: count }) => `${name} ${count}`)
  console.log(`${KILLS} kills and ${early} of starting engines, seed ${SEED}; acknowledged: ${acknowledged.join(', ')}`)
  expect(actors.every(({ acknowledged: count }) => count > 0)).toBe(true)
})
