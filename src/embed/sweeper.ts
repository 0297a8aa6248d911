/** Ends what the engine of a process that is gone has left: servers that would run on, and its directory. */
import { existsSync, rmSync } from 'node:fs'
import { engineFiles } from '../api/local-engine.ts'
import { secretIn } from '../engine/nodes/node-runtimes.ts'
import { endStrays } from '../engine/nodes/redis/strays.ts'

const [, , stateDir = ''] = process.argv
const files = engineFiles(stateDir)
if (existsSync(files.nodes)) await endStrays(files.nodes, secretIn(files.nodeSecret), new Set())
rmSync(stateDir, { recursive: true, force: true })
