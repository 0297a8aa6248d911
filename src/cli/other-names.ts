/** Answers with lists under the name botocore reads them by, where it is not the SDK's: see `otherNames` of the API model. */
import { collectBody } from '@smithy/core/protocols'
import { otherNames } from '../api/overrides.ts'

type Context = Parameters<typeof collectBody>[1]

interface Protocol {
  deserializeResponse(operation: unknown, context: Context, answer: { body: unknown }): Promise<object>
}

/** No member of the API has such a name, so that it means the same wherever it stands. */
const NAMES = new Map(
  Object.values(otherNames).flatMap((members) =>
    Object.entries(members).map(([name, other]) => [other, name] as const),
  ),
)
const TAG = new RegExp(`(</?)(${[...NAMES.keys()].join('|')})(?=[\\s/>])`, 'g')

/** `protocol`: the SDK's own. Of a list that comes under both names the first is taken. */
export function readOtherNames(protocol: object): void {
  const codec = protocol as Protocol // what of it is used here, the SDK keeps to itself
  const read = codec.deserializeResponse.bind(codec)
  codec.deserializeResponse = async (operation, context, answer) => {
    // A body as the SDK's transport hands it on.
    answer.body = renamed(await collectBody(answer.body as Parameters<typeof collectBody>[0], context))
    return read(operation, context, answer)
  }
}

/** Text has its `<` escaped: what looks like a tag is one. */
function renamed(bytes: Uint8Array): Uint8Array {
  const document = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (![...NAMES.keys()].some((name) => document.includes(name))) return bytes
  return Buffer.from(document.toString('utf8').replace(TAG, (_, open: string, name: string) => open + NAMES.get(name)))
}
