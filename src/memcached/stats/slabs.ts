import { wordAt } from '../../net/bytes.ts'
import type { CacheCore } from '../core.ts'
import { COLD, HOT, TEMP, WARM } from '../store/item.ts'
import type { StatLine } from './lines.ts'

/** `stats slabs`: each slab class that has pages. */
export function slabsStats({ store, counters }: CacheCore): StatLine[] {
  const { slabs } = store
  const lines: StatLine[] = []
  let active = 0
  for (let id = 1; id <= slabs.classes.largest; id++) {
    const pages = wordAt(slabs.pagesOf, id)
    if (pages === 0) continue
    active++
    const perPage = wordAt(slabs.classes.perPage, id)
    const used = wordAt(slabs.usedChunks, id)
    const add = (name: string, value: number): void => {
      lines.push([`${id}:${name}`, value])
    }
    add('chunk_size', wordAt(slabs.classes.sizes, id))
    add('chunks_per_page', perPage)
    add('total_pages', pages)
    add('total_chunks', pages * perPage)
    add('used_chunks', used)
    add('free_chunks', pages * perPage - used)
    add('free_chunks_end', 0)
    add('get_hits', hits(store.listCounters.hits, id))
    add('cmd_set', wordAt(counters.cmdSet, id))
    add('delete_hits', wordAt(counters.deleteHits, id))
    add('incr_hits', wordAt(counters.incrHits, id))
    add('decr_hits', wordAt(counters.decrHits, id))
    add('cas_hits', wordAt(counters.casHits, id))
    add('cas_badval', wordAt(counters.casBadval, id))
    add('touch_hits', wordAt(counters.touchHits, id))
  }
  return [...lines, ['active_slabs', active], ['total_malloced', slabs.pageBytes]]
}

function hits(counts: Float64Array, id: number): number {
  return wordAt(counts, id | HOT) + wordAt(counts, id | WARM) + wordAt(counts, id | COLD) + wordAt(counts, id | TEMP)
}
