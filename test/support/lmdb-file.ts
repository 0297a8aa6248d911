/** Files of LMDB made by hand, by the layout of mdb.c: also such as LMDB would not write. */

export const BRANCH = 1
export const LEAF = 2
export const OVERFLOW = 4

export interface MetaShape {
  readonly pageSize: number
  readonly transaction: number
  readonly root?: number
  readonly lastPage?: number
  readonly magic?: number
  readonly format?: number
}

export function putMeta(file: Buffer, place: number, shape: MetaShape): void {
  const { pageSize, transaction, root = 2, lastPage = 9, magic, format } = shape
  file.writeUInt32LE(magic ?? 0xbeefc0de, place + 24)
  file.writeUInt32LE(format ?? 2, place + 28)
  file.writeUInt32LE(pageSize, place + 48)
  file.writeBigUInt64LE(BigInt(root), place + 136)
  file.writeBigUInt64LE(BigInt(lastPage), place + 144)
  file.writeBigUInt64LE(BigInt(transaction), place + 152)
}

export interface PageShape {
  readonly flags: number
  readonly transaction?: number
  readonly nodes?: readonly Buffer[]
  /** The number written in it; its own if nothing is said. */
  readonly named?: number
}

export function putPage(
  file: Buffer,
  pageSize: number,
  number: number,
  { flags, transaction = 1, nodes = [], named }: PageShape,
): void {
  const page = file.subarray(number * pageSize, (number + 1) * pageSize)
  page.writeBigUInt64LE(BigInt(named ?? number), 0)
  page.writeBigUInt64LE(BigInt(transaction), 8)
  page.writeUInt16LE(flags, 18)
  page.writeUInt16LE(2 * nodes.length, 20)
  let end = pageSize
  for (const [index, node] of nodes.entries()) {
    end -= node.length
    node.copy(page, end)
    page.writeUInt16LE(end - 24, 24 + 2 * index)
  }
}

export function leaf(key: string, value: string | Buffer): Buffer {
  const bytes = Buffer.alloc(8 + key.length + value.length)
  bytes.writeUInt32LE(value.length, 0)
  bytes.writeUInt16LE(key.length, 6)
  bytes.write(key, 8, 'latin1')
  Buffer.from(value).copy(bytes, 8 + key.length)
  return bytes
}

/** A leaf whose value of so many bytes is on a page of its own. */
export function bigLeaf(key: string, size: number, page: number): Buffer {
  const bytes = Buffer.alloc(8 + key.length + 8)
  bytes.writeUInt32LE(size, 0)
  bytes.writeUInt16LE(1, 4)
  bytes.writeUInt16LE(key.length, 6)
  bytes.write(key, 8, 'latin1')
  bytes.writeBigUInt64LE(BigInt(page), 8 + key.length)
  return bytes
}

export function branch(page: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUIntLE(page, 0, 6)
  return bytes
}

export const PAGE = 4096

/** A file of two first pages and these, from 2 on. */
export function fileOf(...pages: PageShape[]): Buffer {
  const file = Buffer.alloc((pages.length + 2) * PAGE)
  for (const [place, transaction] of [4, 5].entries()) putMeta(file, place * PAGE, { pageSize: PAGE, transaction })
  for (const [index, page] of pages.entries()) putPage(file, PAGE, index + 2, page)
  return file
}
