/**
 * Answers that are no XML: what a proxy, a balancer or a broken line sends in the service's place. The codec would take an
 * empty one for an answer with nothing in it.
 */
import { collectBody } from '@smithy/core/protocols'
import { pythonRepr } from './output/python-text.ts'

type Context = Parameters<typeof collectBody>[1]

interface Answer {
  readonly statusCode: number
  body: unknown
}

interface Protocol {
  deserializeResponse(operation: unknown, context: Context, answer: Answer): Promise<object>
}

/** How much of such an answer is shown: a page of a proxy can be long. */
const SHOWN = 500

/** `protocol`: the SDK's own. What it can't read is refused in botocore's words; the status decides on further attempts. */
export function refuseUnreadable(protocol: object): void {
  const codec = protocol as Protocol // what of it is used here, the SDK keeps to itself
  const read = codec.deserializeResponse.bind(codec)
  codec.deserializeResponse = async (operation, context, answer) => {
    // A body as the SDK's transport hands it on.
    const bytes = await collectBody(answer.body as Parameters<typeof collectBody>[0], context)
    answer.body = bytes
    try {
      if (bytes.byteLength === 0) throw new Error('no element found: line 1, column 0')
      return await read(operation, context, answer)
    } catch (error) {
      if (!(error instanceof Error) || '$fault' in error) throw error
      throw Object.assign(new Error(complaint(reasonOf(error, bytes), bytes)), {
        $metadata: { httpStatusCode: answer.statusCode },
        hint: `The answer, HTTP status ${answer.statusCode}, is not of ElastiCache's API. Is the endpoint the right one?`,
      })
    }
  }
}

function complaint(reason: string, bytes: Uint8Array): string {
  const rest = bytes.length > SHOWN ? `... (${bytes.length} bytes)` : ''
  const shown = `${pythonRepr(bytes.subarray(0, SHOWN))}${rest}`
  return `Unable to parse response (${reason}), invalid XML received. Further retries may succeed:\n${shown}`
}

/** As expat says it, where that is plain. */
function reasonOf({ message }: Error, bytes: Uint8Array): string {
  const [first = ''] = Buffer.from(bytes.subarray(0, 1)).toString('latin1')
  if (/[\w.:-]/.test(first)) return 'syntax error: line 1, column 0'
  if (first !== '' && first !== '<' && /\S/.test(first)) return 'not well-formed (invalid token): line 1, column 0'
  return message.replace(/^@aws-sdk XML parse error: /, '').replace(/\.$/, '')
}
