/** A worker thread that runs cache nodes; the other end of embedded.ts. */
import { PROGRAMS } from './programs.ts'
import { serveNodes } from './thread.ts'

serveNodes(PROGRAMS)
