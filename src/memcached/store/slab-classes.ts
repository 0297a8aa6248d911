import { wordAt } from '../../net/bytes.ts'

/** Bytes of a slab page: memcached's settings.slab_page_size. */
export const PAGE_BYTES = 1 << 20
/** Bytes before the key in every item: sizeof(item) of memcached on 64-bit machines. */
export const ITEM_HEADER_BYTES = 48

export const MAX_SLAB_CLASSES = 64
const CHUNK_ALIGN = 8

export interface SlabShape {
  /** Bytes for key, value and flags in the smallest chunk (`-n`). */
  readonly chunkSize: number
  /** Each class is this much larger than the one before (`-f`). */
  readonly growthFactor: number
  /** Bytes of the chunks of each class but the last, ascending, in the place of both. */
  readonly slabSizes?: readonly number[] | undefined
  /** Bytes of the largest chunk; larger items are split over several chunks. */
  readonly slabChunkMax: number
}

/** Slab classes as memcached's slabs_init computes them; ids run from 1 to `largest`. */
export interface SlabClasses {
  /** Bytes of a chunk, by class id. */
  readonly sizes: Int32Array
  /** Chunks in a page, by class id. */
  readonly perPage: Int32Array
  readonly largest: number
  /** Class id by size in units of 8 bytes. */
  readonly byUnits: Uint8Array
}

/** The slab classes of a node. The default shape yields the 39 classes 96 ... 394840, 524288. */
export function slabClasses({ chunkSize, growthFactor, slabSizes, slabChunkMax }: SlabShape): SlabClasses {
  const sizes = new Int32Array(MAX_SLAB_CLASSES)
  let size = ITEM_HEADER_BYTES + chunkSize
  let id = 1
  for (const given of slabSizes ?? []) sizes[id++] = aligned(given)
  while (slabSizes === undefined && id < MAX_SLAB_CLASSES - 1 && size < slabChunkMax / growthFactor) {
    size = aligned(size)
    sizes[id++] = size
    size = Math.trunc(size * growthFactor)
  }
  sizes[id] = slabChunkMax
  return {
    sizes,
    perPage: sizes.map((bytes) => (bytes > 0 ? Math.floor(PAGE_BYTES / bytes) : 0)),
    largest: id,
    byUnits: classesByUnits(sizes),
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / CHUNK_ALIGN) * CHUNK_ALIGN

/** The smallest class whose chunks hold `bytes`; the largest class for anything above it. */
export function slabClassOf(classes: SlabClasses, bytes: number): number {
  const units = (bytes + CHUNK_ALIGN - 1) >>> 3
  return units < classes.byUnits.length ? wordAt(classes.byUnits, units) : classes.largest
}

function classesByUnits(sizes: Int32Array): Uint8Array {
  const byUnits = new Uint8Array((Math.max(...sizes) >>> 3) + 1)
  let id = 1
  for (let units = 0; units < byUnits.length; units++) {
    if (units * CHUNK_ALIGN > wordAt(sizes, id)) id++
    byUnits[units] = id
  }
  return byUnits
}
