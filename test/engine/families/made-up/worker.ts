import { PROGRAMS } from '../../../../src/engine/nodes/programs.ts'
import { serveNodes } from '../../../../src/engine/nodes/thread.ts'
import { startAbacus } from './program.ts'

serveNodes({ ...PROGRAMS, abacus: startAbacus })
