/** What nodes are asked, in the language they speak. */
import { KvConnection } from '../../../kv/connection.ts'
import type { Dial } from '../../../kv/conversation.ts'
import { readWords } from '../../../kv/replies.ts'
import { type Login, RespConnection } from '../../../kv/resp/connection.ts'
import { readInfo } from '../../../kv/resp/nodes.ts'
import { textOf } from '../../../protocols/resp/reply.ts'
import { withNextStep } from '../kv/resp/next-step.ts'
import { type NodeRates, ratesOf, type Stats, statsOf } from './rates.ts'
import { respRates, respStats } from './resp-rates.ts'

export interface Talk {
  open(dial: Dial): Promise<Talking>
  rates(before: Stats, after: Stats, seconds: number): NodeRates
}

export interface Talking {
  stats(): Promise<Stats>
  close(): void
}

export const memcachedTalk: Talk = {
  async open(dial) {
    const connection = await KvConnection.open(dial)
    return {
      stats: async () => statsOf(await connection.request('stats\r\n', readWords)),
      close: () => connection.close(),
    }
  },
  rates: ratesOf,
}

/** @param where As the user called it, for what is to be done after a refusal. */
export const respTalk = (login: Login, where: string): Talk => {
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw withNextStep(error, where, login.user)
    }
  }
  return {
    async open(dial) {
      const connection = await told(RespConnection.open(dial, login))
      return {
        stats: async () => respStats(readInfo(textOf(await told(connection.ask('INFO', 'all'))))),
        close: () => connection.close(),
      }
    },
    rates: respRates,
  }
}
