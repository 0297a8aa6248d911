/**
 * A load process: one signed request again and again on a few kept connections; prints requests a second. The request is
 * made of bytes once and answers are only measured off: an HTTP client proper costs more than the server it loads.
 */
import { connect } from 'node:net'

interface Load {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
  readonly connections: number
  readonly seconds: number
}

const { url, headers, body, connections, seconds }: Load = JSON.parse(process.argv[2] ?? '')
const { hostname, port, pathname } = new URL(url)
const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
const request = Buffer.from(`POST ${pathname} HTTP/1.1\r\n${head.join('')}\r\n${body}`)
const HEAD_END = '\r\n\r\n'

let answered = 0

/** Sends and counts until `end`; opens the connection again where the server closes it after each answer. */
function exchange(end: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let head = Buffer.alloc(0)
    /** Bytes of the body still to come; undefined while the head is read. */
    let missing: number | undefined
    let closes = false
    const next = () => {
      answered++
      missing = undefined
      head = Buffer.alloc(0)
      if (Date.now() >= end) return socket.destroy()
      if (!closes) socket.write(request)
    }
    socket.on('connect', () => socket.write(request))
    socket.on('data', (bytes) => {
      if (missing === undefined) {
        head = head.length === 0 ? bytes : Buffer.concat([head, bytes])
        const headEnd = head.indexOf(HEAD_END)
        if (headEnd === -1) return
        const text = head.toString('latin1', 0, headEnd)
        if (!/^HTTP\/1\.[01] 200 /.test(text)) return reject(new Error(text))
        closes = text.startsWith('HTTP/1.0') || /\r\nconnection: close/i.test(text)
        missing = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]) - (head.length - headEnd - HEAD_END.length)
      } else missing -= bytes.length
      if (missing === 0) next()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(Date.now() < end ? exchange(end) : undefined))
  })
}

const end = Date.now() + seconds * 1000
await Promise.all(Array.from({ length: connections }, () => exchange(end)))
console.log(JSON.stringify({ perSecond: answered / seconds }))
