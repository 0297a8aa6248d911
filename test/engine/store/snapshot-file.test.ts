import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readSnapshot, writeSnapshot } from '../../../src/engine/nodes/snapshot-file.ts'
import { temporaryDirectory } from '../../support/engine.ts'

const newFile = () => join(temporaryDirectory(), 'shop.items')

async function read(file: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  await readSnapshot(file, (piece) => pieces.push(Buffer.from(piece)))
  return Buffer.concat(pieces)
}

test('the items come back as they were written, in whatever pieces', async () => {
  const file = newFile()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 })), async (items) => {
      const pieces = items.map((each) => Buffer.from(each))
      writeSnapshot(file, pieces)
      expect(await read(file)).toEqual(Buffer.concat(pieces))
    }),
    { numRuns: 30 },
  )
})

test('more than is read at once comes in pieces, whole', async () => {
  const file = newFile()
  const items = Buffer.alloc((2 << 20) + 17, 'items ')
  writeSnapshot(file, [items])
  const sizes: number[] = []
  await readSnapshot(file, (piece) => sizes.push(piece.length))
  expect(sizes).toEqual([1 << 20, 1 << 20, 17])
  expect((await read(file)).equals(items)).toBe(true)
})

describe('what is not what was written is refused', () => {
  const written = () => {
    const file = newFile()
    writeSnapshot(file, [Buffer.from('set a 1\r\n'), Buffer.from('set b 2\r\n')])
    return { file, bytes: readFileSync(file) }
  }

  test('any bit of it', async () => {
    const { file, bytes } = written()
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] ?? 0) ^ change
        writeFileSync(file, damaged)
        await expect(read(file)).rejects.toThrow(/is damaged: its checksum is wrong|is not a snapshot/)
      }),
    )
  })

  test('any part of it, and more than it', async () => {
    const { file, bytes } = written()
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length))
      await expect(read(file), `${length} bytes`).rejects.toThrow(/is damaged|is not a snapshot/)
    }
    writeFileSync(file, Buffer.concat([bytes, Buffer.from('x')]))
    await expect(read(file)).rejects.toThrow(/is damaged/)
  })

  test('another file, which is said', async () => {
    const { file } = written()
    writeFileSync(file, 'a file of somebody else that is long enough')
    await expect(read(file)).rejects.toThrow(`${file} is not a snapshot of a serverless cache`)
  })
})

test('a file is only there once it is whole, for its owner alone', () => {
  const file = newFile()
  writeSnapshot(file, [Buffer.from('old')])
  const before = readFileSync(file)
  function* items() {
    yield Buffer.from('new')
    expect(readFileSync(file)).toEqual(before)
    throw new Error('no more')
  }
  expect(() => writeSnapshot(file, items())).toThrow('no more')
  expect(readFileSync(file)).toEqual(before)
  expect(readdirSync(dirname(file))).toEqual(['shop.items'])
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('where no file can be made, that is thrown and nothing left', () => {
  const file = join(temporaryDirectory(), 'nowhere', 'shop.items')
  expect(() => writeSnapshot(file, [])).toThrow(/ENOENT/)
  expect(existsSync(dirname(file))).toBe(false)
})
