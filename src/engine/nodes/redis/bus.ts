import { BroadcastChannel } from 'node:worker_threads'
import type { Bus, Published } from '../../../redis/cluster/bus.ts'

const NAME = 'cachectl cluster bus'

/** The nodes of this thread that hear what others publish. */
const listeners = new Set<(published: Published) => void>()
/** To the nodes in other threads of this process, of which a cluster's are spread over several. */
let threads: BroadcastChannel | undefined

/** Between all nodes of this process that are parts of it. Of which cluster each is they know themselves. */
export const processBus: Bus = {
  send(published) {
    tellThread(published)
    threads?.postMessage(published)
  },
  hear(listener) {
    threads ??= open()
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      threads?.close()
      threads = undefined
    }
  },
}

function open(): BroadcastChannel {
  const channel = new BroadcastChannel(NAME)
  // No reason for a process to go on.
  channel.unref()
  channel.onmessage = ({ data }) => tellThread(data as Published) // of a thread that ran `send`
  return channel
}

function tellThread(published: Published): void {
  for (const listener of listeners) listener(published)
}
