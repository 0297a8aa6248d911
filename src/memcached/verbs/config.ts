import {
  BAD_DATA,
  BAD_FORMAT,
  DELETED,
  END,
  ERROR,
  NO_MEMORY_REPLY,
  NOT_FOUND,
  STORED,
  TOO_LARGE_REPLY,
} from '../answers.ts'
import { expectConfiguration, expectNothing } from '../body.ts'
import type { Client } from '../client.ts'
import { SINCE } from '../since.ts'
import { KEY_MAX_BYTES } from '../store/item.ts'
import type { Line } from '../tokens.ts'
import type { Verb } from '../verb.ts'

// ElastiCache's own command: `config get|set|delete <name>`. What is stored is opaque; clients of Auto Discovery read
// the entry `cluster`. Written by the control plane, and by clients in AWS's own test suites.

function get(client: Client, name: string): void {
  const { configs, counters, replies } = client.core
  counters.cmdConfigGet++
  const entry = configs.get(name)
  if (entry === undefined) {
    replies.text(END)
    return
  }
  const header = Buffer.from(`CONFIG ${name} ${entry.flags} ${entry.data.length}\r\n`, 'latin1')
  // In one write: some clients take the first segment for the whole reply.
  replies.reserve(header.length + entry.data.length + 2 + END.length)
  replies.copy(header, 0, header.length)
  replies.copy(entry.data, 0, entry.data.length)
  replies.crlf()
  replies.text(END)
}

function set(client: Client, line: Line): void {
  const { configs } = client.core
  client.noreply = line.noreply
  const flags = line.uint32(3)
  const length = line.int32(4)
  const name = line.text(2)
  if (Number.isNaN(flags) || !(length >= 0)) {
    reply(client, BAD_FORMAT)
    return
  }
  const refusal = configs.refusal(name, length)
  if (refusal === undefined) {
    expectConfiguration(client, { name, flags, data: Buffer.alloc(length + 2) }, finishConfiguration)
    return
  }
  const answer = refusal === 'too large' ? TOO_LARGE_REPLY : NO_MEMORY_REPLY
  expectNothing(client, length + 2, client.noreply ? undefined : answer)
}

function finishConfiguration(client: Client): void {
  const { configuration, core } = client
  client.configuration = undefined
  if (configuration === undefined) return
  const { name, flags, data } = configuration
  core.counters.cmdConfigSet++
  if (data.at(-2) !== 13 || data.at(-1) !== 10) {
    reply(client, BAD_DATA)
    return
  }
  core.configs.set(name, { flags, data: data.subarray(0, -2) })
  reply(client, STORED)
}

function reply(client: Client, answer: Buffer): void {
  if (!client.noreply) client.core.replies.text(answer)
}

const config: Verb = {
  name: 'config',
  shape: 'words',
  words: [3, 6],
  since: SINCE.config,
  run(client, line) {
    const { replies, configs } = client.core
    if (line.length(2) > KEY_MAX_BYTES) replies.text(BAD_FORMAT)
    else if (line.is(1, 'get') && line.words === 3) get(client, line.text(2))
    else if (line.is(1, 'set') && line.words >= 5) set(client, line)
    else if (line.is(1, 'delete') && line.words <= 4) {
      client.noreply = line.noreply
      reply(client, configs.delete(line.text(2)) ? DELETED : NOT_FOUND)
    } else replies.text(ERROR)
    return undefined
  },
}

export const configVerbs: readonly Verb[] = [config]
