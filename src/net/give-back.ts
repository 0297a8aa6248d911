import type { MessagePort } from 'node:worker_threads'

/**
 * Frees memory now, rather than when the garbage collector comes by. Until then V8 counts it, and collects the whole heap, some ten
 * milliseconds each time, for every 64 MiB that have come. Whatever shows these bytes is empty afterwards.
 */
export const giveBack: (memory: ArrayBufferLike) => void = 'transfer' in ArrayBuffer.prototype ? transferred : sentAway

function transferred(memory: ArrayBufferLike): void {
  const transfer: unknown = Reflect.get(memory, 'transfer')
  if (typeof transfer === 'function') Reflect.apply(transfer, memory, [0])
}

let nowhere: MessagePort | undefined

// Node 20 can't; but what is handed over to a port that nobody listens at any more is gone with the message.
function sentAway(memory: ArrayBufferLike): void {
  if (nowhere === undefined) {
    nowhere = new MessageChannel().port1
    nowhere.close()
  }
  nowhere.postMessage(undefined, [memory as ArrayBuffer]) // no memory of ours is shared between threads
}
