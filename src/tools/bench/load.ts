/** A load process: one signed request again and again on a few kept connections; prints requests a second. */
import { Agent, request } from 'node:http'

interface Load {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
  readonly connections: number
  readonly seconds: number
}

const { url, headers, body, connections, seconds } = JSON.parse(process.argv[2] ?? '') as Load
const agent = new Agent({ keepAlive: true, maxSockets: connections })
const end = Date.now() + seconds * 1000
let answered = 0

const once = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => {
        if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`))
        answered++
        resolve()
      })
    })
    call.on('error', reject)
    call.end(body)
  })

await Promise.all(
  Array.from({ length: connections }, async () => {
    while (Date.now() < end) await once()
  }),
)
agent.destroy()
console.log(JSON.stringify({ perSecond: answered / seconds }))
