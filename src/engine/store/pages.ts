/**
 * Reads the pages of an LMDB file (data format 2, 64 bit, little endian: mdb.c, "Database file format") without LMDB, which makes
 * a crash of the process of a page that is damaged. Whatever the bytes are, what comes out is leaves that lie within them.
 */

/** A first page: where a state of the store begins. */
export interface Meta {
  readonly pageSize: number
  /** It grows with every transaction, and tells which of the two first pages it is in: its last bit. */
  readonly transaction: bigint
  readonly lastPage: number
  /** Page of the tree of records; past the end of the file when there is none. */
  readonly root: number
}

export interface Leaf {
  readonly key: Buffer
  readonly value: Buffer
}

const MAGIC = 0xbeefc0de
const FORMAT = 2
const SMALLEST_PAGE = 512
const LARGEST_PAGE = 65_536
/** Of a first page, from its beginning. */
const META = { magic: 24, format: 28, pageSize: 48, root: 136, lastPage: 144, transaction: 152, end: 160 } as const
/** Of any page; the nodes' places follow, two bytes each, counted from there. */
const PAGE = { number: 0, transaction: 8, flags: 18, lower: 20, end: 24 } as const
const NODE = { size: 0, flags: 4, keySize: 6, end: 8 } as const
const FLAGS = { branch: 1, leaf: 2, overflow: 4 } as const
/** The value is on pages of its own, whose number is in its place. */
const BIG_VALUE = 1

/** The first pages that are such, the newest before the other. */
export function metasIn(file: Buffer): Meta[] {
  const first = metaAt(file, 0)
  const sizes = first ? [first.pageSize] : [4096, 8192, 16_384, 32_768, 65_536]
  const second = sizes.map((size) => metaAt(file, size)).find((meta) => meta !== undefined)
  const metas = [first, second].filter((meta) => meta !== undefined)
  return metas.sort((a, b) => (a.transaction > b.transaction ? -1 : 1))
}

/** Whether both first pages are as LMDB writes them, turn by turn: else one of them is not what was written last. */
export function areConsecutive([newest, other]: readonly Meta[], file: Buffer): boolean {
  if (!newest || !other || newest.pageSize !== other.pageSize) return false
  const place = Number(newest.transaction & 1n) * newest.pageSize
  return newest.transaction === other.transaction + 1n && metaAt(file, place)?.transaction === newest.transaction
}

/** The transaction that wrote the root; undefined when there is none. */
export function rootTransaction(file: Buffer, { root, pageSize }: Meta): bigint | undefined {
  const page = pageAt(file, root, pageSize)
  return page?.readBigUInt64LE(PAGE.transaction)
}

/** The leaves of the tree, as far as they can be reached. */
export function leavesOf(file: Buffer, { root, pageSize }: Meta): Leaf[] {
  const leaves: Leaf[] = []
  const seen = new Set<number>()
  const waiting = [root]
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (seen.has(number)) continue
    seen.add(number)
    const page = pageAt(file, number, pageSize)
    if (!page) continue
    const flags = page.readUInt16LE(PAGE.flags)
    if (flags & FLAGS.leaf) leaves.push(...leavesIn(file, page))
    else if (flags & FLAGS.branch) for (const node of nodesIn(page)) waiting.push(node.readUIntLE(NODE.size, 6))
  }
  return leaves
}

/** The leaves of every page that looks like one of the tree, those written last first: also what is no longer in the tree. */
export function leavesAnywhere(file: Buffer, pageSize: number): Leaf[] {
  const pages: Buffer[] = []
  for (let number = 2; number * pageSize < file.length; number++) {
    const page = pageAt(file, number, pageSize)
    if (page && page.readUInt16LE(PAGE.flags) === FLAGS.leaf) pages.push(page)
  }
  pages.sort((a, b) => (a.readBigUInt64LE(PAGE.transaction) > b.readBigUInt64LE(PAGE.transaction) ? -1 : 1))
  return pages.flatMap((page) => leavesIn(file, page))
}

function metaAt(file: Buffer, place: number): Meta | undefined {
  if (place + META.end > file.length) return undefined
  const at = (member: number) => place + member
  const pageSize = file.readUInt32LE(at(META.pageSize))
  if (file.readUInt32LE(at(META.magic)) !== MAGIC || file.readUInt32LE(at(META.format)) !== FORMAT) return undefined
  if (pageSize < SMALLEST_PAGE || pageSize > LARGEST_PAGE || (pageSize & (pageSize - 1)) !== 0) return undefined
  return {
    pageSize,
    transaction: file.readBigUInt64LE(at(META.transaction)),
    lastPage: Number(file.readBigUInt64LE(at(META.lastPage))),
    root: Number(file.readBigUInt64LE(at(META.root))),
  }
}

/** Undefined for one that is not there, or is not the one of this number. */
function pageAt(file: Buffer, number: number, pageSize: number): Buffer | undefined {
  const start = number * pageSize
  if (number < 2 || start + pageSize > file.length) return undefined
  const page = file.subarray(start, start + pageSize)
  return page.readBigUInt64LE(PAGE.number) === BigInt(number) ? page : undefined
}

/** The nodes of a page, each from its beginning to the end of the page. */
function nodesIn(page: Buffer): Buffer[] {
  const count = page.readUInt16LE(PAGE.lower) >> 1
  const nodes: Buffer[] = []
  for (let index = 0; index < count; index++) {
    const place = PAGE.end + 2 * index
    if (place + 2 > page.length) break
    const start = PAGE.end + page.readUInt16LE(place)
    if (start + NODE.end <= page.length) nodes.push(page.subarray(start))
  }
  return nodes
}

const leavesIn = (file: Buffer, page: Buffer): Leaf[] =>
  nodesIn(page).flatMap((node) => {
    const size = node.readUInt32LE(NODE.size)
    const valueStart = NODE.end + node.readUInt16LE(NODE.keySize)
    const key = node.subarray(NODE.end, valueStart)
    if ((node.readUInt16LE(NODE.flags) & BIG_VALUE) === 0) {
      return valueStart + size <= node.length ? [{ key, value: node.subarray(valueStart, valueStart + size) }] : []
    }
    if (valueStart + 8 > node.length) return []
    const first = pageAt(file, Number(node.readBigUInt64LE(valueStart)), page.length)
    if (!first || (first.readUInt16LE(PAGE.flags) & FLAGS.overflow) === 0) return []
    const start = first.byteOffset - file.byteOffset + PAGE.end
    return start + size <= file.length ? [{ key, value: file.subarray(start, start + size) }] : []
  })
