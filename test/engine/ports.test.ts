import { createServer, isIPv4 } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ownAddresses } from '../../src/engine/network/own-addresses.ts'
import { type Claim, Ports } from '../../src/engine/network/ports.ts'
import { firstPort } from '../support/engine.ts'

const LOCAL = ['127.0.0.1']
/** Time stands still. */
const now = () => 0

/** Ports from `first` on that nothing listens on now. */
const free = async (count: number, first = firstPort + 300) => {
  const ports = new Ports(() => new Set(), LOCAL, now)
  return ports.reserve(count, first)
}

async function listen(port: number, host = '127.0.0.1'): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve))
  onTestFinished(() => void server.close())
}

test('ports that are given out are not given out again until they are released', async () => {
  const [first = 0, second = 0, third = 0] = await free(3)
  const ports = new Ports(() => new Set(), LOCAL, now)
  expect(await ports.reserve(2, first)).toEqual([first, second])
  expect(await ports.reserve(1, first)).toEqual([third])
  ports.release([second])
  expect(await ports.reserve(1, first)).toEqual([second])
})

test('two that ask at once get different ports', async () => {
  const [first = 0] = await free(4)
  const ports = new Ports(() => new Set(), LOCAL, now)
  const [one, other] = await Promise.all([ports.reserve(2, first), ports.reserve(2, first)])
  expect(new Set([...one, ...other]).size).toBe(4)
})

test('ports that records hold are passed over', async () => {
  const [first = 0, second = 0] = await free(2)
  expect(await new Ports(() => new Set([first]), LOCAL, now).reserve(1, first)).toEqual([second])
})

test('a port that a record takes while it is looked at is passed over, and free for others afterwards', async () => {
  const [first = 0, second = 0] = await free(2)
  let looks = 0
  const ports = new Ports(() => new Set(looks++ === 1 ? [first] : []), LOCAL, now)
  expect(await ports.reserve(1, first)).toEqual([second])
  ports.release([second])
  expect(await ports.reserve(1, first)).toEqual([first])
})

test('a port on which something listens is passed over, on whichever of the addresses', async () => {
  const [first = 0, second = 0, third = 0] = await free(3)
  await listen(first)
  await listen(second, '127.0.0.2')
  expect(await new Ports(() => new Set(), LOCAL, now).reserve(1, first)).toEqual([second])
  expect(await new Ports(() => new Set(), ['127.0.0.1', '127.0.0.2'], now).reserve(1, first)).toEqual([third])
})

test('the last port there is can be had, and none after it', async () => {
  const taken = new Set(Array.from({ length: 1_000 }, (_, index) => 65_534 - index))
  const ports = new Ports(() => taken, LOCAL, now)
  expect(await ports.reserve(1, 65_000)).toEqual([65_535])
  await expect(ports.reserve(1, 65_000)).rejects.toThrow('no 1 free ports from 65000 upwards')
  ports.release([65_535])
  await expect(ports.reserve(2, 65_535)).rejects.toThrow(/no 2 free ports/)
  expect(await ports.reserve(1, 65_535)).toEqual([65_535])
})

test('a port that a record has let go of rests, and comes last of all', async () => {
  const [first = 0, second = 0, third = 0] = await free(3)
  let time = 0
  const taken = new Set<number>()
  const ports = new Ports(
    () => taken,
    LOCAL,
    () => time,
  )
  const store = (port: number) => {
    taken.add(port)
    ports.release([port])
  }
  expect(await ports.reserve(1, first)).toEqual([first])
  store(first)
  taken.delete(first)
  expect(await ports.reserve(1, first)).toEqual([second])
  store(second)
  time = 59_999
  expect(await ports.reserve(1, first)).toEqual([third])
  ports.release([third])
  time = 60_000
  expect(await ports.reserve(1, first)).toEqual([first])
})

test('a port that rests is given out where there is no other', async () => {
  const taken = new Set([65_534, 65_535])
  const ports = new Ports(() => taken, LOCAL, now)
  await expect(ports.reserve(1, 65_534)).rejects.toThrow(/no 1 free ports/)
  taken.delete(65_534)
  expect(await ports.reserve(1, 65_534)).toEqual([65_534])
})

describe('places of their own', () => {
  const own = () => [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((last) => `127.254.77.${last}`)
  const empty = () => new Set<Claim>()

  test('have the port that is asked for, on an address each, and rest when a record has let go of them', async () => {
    const [port = 0] = await free(1)
    let time = 0
    const taken = new Set<Claim>()
    const ports = new Ports(
      () => taken,
      LOCAL,
      () => time,
      own,
    )
    const places = await ports.place(2, port, 'ipv4')
    expect(places).toEqual([
      { port, ipv4: '127.254.77.1' },
      { port, ipv4: '127.254.77.2' },
    ])
    taken.add('127.254.77.1')
    ports.release(['127.254.77.1', '127.254.77.2'])
    taken.clear()
    expect(await ports.place(1, port, 'ipv4')).toEqual([{ port, ipv4: '127.254.77.2' }])
    ports.release(['127.254.77.2'])
    time = 60_000
    expect(await ports.place(1, port, 'ipv4')).toEqual([{ port, ipv4: '127.254.77.1' }])
  })

  test('are on the next port where another program has that on all addresses', async () => {
    const [port = 0] = await free(1)
    await listen(port, '0.0.0.0')
    const [place] = await new Ports(empty, LOCAL, now, own).place(1, port, 'ipv4')
    expect(place?.port).toBeGreaterThan(port)
    expect(place?.ipv4).toBe('127.254.77.1')
  })

  test('with both families have a port each, and an address each besides', async () => {
    const [first = 0, second = 0] = await free(2)
    const places = await new Ports(empty, LOCAL, now, own).place(2, first, 'dual_stack')
    expect(places).toEqual([
      { port: first, ipv4: '127.254.77.1' },
      { port: second, ipv4: '127.254.77.2' },
    ])
  })

  test('of IPv6 alone are ports, as all are where there are no addresses', async () => {
    const [first = 0] = await free(1)
    expect(await new Ports(empty, LOCAL, now, own).place(1, first, 'ipv6')).toEqual([{ port: first }])
    expect(await new Ports(empty, LOCAL, now).place(1, first, 'ipv4')).toEqual([{ port: first }])
  })

  test('for two ports have both free', async () => {
    const [port = 0] = await free(2)
    await listen(port + 1, '127.254.77.1')
    const place = await new Ports(empty, LOCAL, now, own).placePair(port, 'ipv4')
    expect(place).toEqual({ port, ipv4: '127.254.77.2' })
  })
})

test('addresses of their own are not those that people take, and the same for the same engine', () => {
  const first = (seed: string, count: number) => {
    const given: string[] = []
    for (const address of ownAddresses(seed, '')) if (given.push(address) === count) return given
    return given
  }
  const given = first('/some/state', 70_000)
  expect(new Set(given).size).toBe(70_000)
  expect(given.every((address) => isIPv4(address) && /^127\.(?!0\.|255\.).*\.(?!0$|255$)\d+$/.test(address))).toBe(true)
  expect(first('/some/state', 3)).toEqual(given.slice(0, 3))
  expect(first('/other/state', 3)).not.toEqual(given.slice(0, 3))
})
