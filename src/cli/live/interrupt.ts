import { Problem } from '../problem.ts'
import { stderrIsTerminal, tellPiece } from '../terminal.ts'

/**
 * Runs `act` with a signal that aborts at Ctrl-C. A second Ctrl-C ends the process as usual.
 * @param atCtrlC Before anything hears of it.
 */
export async function untilInterrupted<T>(
  act: (signal: AbortSignal) => Promise<T>,
  atCtrlC: () => void = () => {},
): Promise<T> {
  const controller = new AbortController()
  const interrupt = (name: NodeJS.Signals) => {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
    if (name === 'SIGINT') atCtrlC()
    controller.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    return await act(controller.signal)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

/** Of what prints line by line: a terminal shows `^C`, and neither the prompt nor a farewell is to stand behind that. */
export function endLine(): void {
  if (stderrIsTerminal()) tellPiece('\n')
}

/** As `untilInterrupted`, for a look of which a part is worth nothing: at Ctrl-C it rejects, whatever `act` still waits for. */
export const unlessInterrupted = <T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  untilInterrupted((signal) => {
    const interrupted = new Promise<never>((_, reject) => {
      const stop = () => reject(new Problem('interrupted', 'Stopped looking.'))
      signal.addEventListener('abort', stop, { once: true })
    })
    return Promise.race([act(signal), interrupted])
  })

type EndSignal = 'SIGINT' | 'SIGTERM'

/**
 * Has `heard` told of each signal that is to end the process, in the place of its end.
 * @param heard Answers whether that was news to it: Ctrl-C once more ends the process as usual.
 * @returns Has signals end the process again.
 */
export function whenSignalled(heard: (name: EndSignal) => boolean): () => void {
  const stop = (): void => {
    process.off('SIGINT', hear)
    process.off('SIGTERM', hear)
  }
  const hear = (name: NodeJS.Signals): void => {
    const isNews = heard(name === 'SIGINT' ? name : 'SIGTERM')
    if (isNews || name !== 'SIGINT') return
    stop()
    process.kill(process.pid, name)
  }
  process.on('SIGINT', hear)
  process.on('SIGTERM', hear)
  return stop
}
