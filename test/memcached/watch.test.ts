import { describe, expect, it } from 'vitest'
import { MIB, startNode } from './support/node.ts'

describe('watch', () => {
  it('tells of fetches and stores as they happen', async () => {
    const { client, connect } = await startNode()
    const watcher = await connect()
    watcher.send('watch fetchers mutations\r\n')
    expect(await watcher.bytes(4)).toBe('OK\r\n')
    await client.ask('get foo\r\nset foo 0 100 3\r\nbar\r\nget foo\r\nadd foo 0 0 1\r\nx\r\n')
    const lines = await watcher.until('six lines', (text) => (text.split('\n').length > 6 ? text.length : -1))
    expect(lines.replace(/ts=\d+\.\d+ gid=\d+ /g, '').replace(/cfd=\d+/g, 'cfd=1')).toBe(
      'type=item_get key=foo status=not_found clsid=0 cfd=1 size=0\n' +
        'type=item_get key=foo status=not_found clsid=0 cfd=1 size=0\n' +
        'type=item_store key=foo status=stored cmd=set ttl=100 clsid=1 cfd=1 size=3\n' +
        'type=item_get key=foo status=found clsid=1 cfd=1 size=3\n' +
        'type=item_get key=foo status=found clsid=1 cfd=1 size=3\n' +
        'type=item_store key=foo status=not_stored cmd=add ttl=0 clsid=1 cfd=1 size=1\n',
    )
  })

  it('tells of stores by meta commands, of what append makes, and of values that are too large', async () => {
    const { client, connect } = await startNode({ engineVersion: '1.6.18' })
    const watcher = await connect()
    watcher.send('watch mutations\r\n')
    expect(await watcher.bytes(4)).toBe('OK\r\n')
    const large = `set b 0 0 1048577\r\n${'x'.repeat(1_048_577)}\r\n`
    await client.ask(`ms a 3 T90\r\nabc\r\nms a 1 C9\r\nx\r\nappend a 0 0 1\r\nd\r\n${large}`)
    const lines = await watcher.until('four lines', (text) => (text.split('\n').length > 4 ? text.length : -1))
    expect(lines.replace(/ts=\d+\.\d+ gid=\d+ type=item_store |cfd=\d+ /g, '')).toBe(
      'key=a status=stored cmd=set ttl=90 clsid=1 size=3\n' +
        'key=a status=exists cmd=cas ttl=0 clsid=1 size=1\n' +
        'key=a status=stored cmd=append ttl=90 clsid=1 size=4\n' +
        'key=b status=too_large cmd=set ttl=0 clsid=0 size=0\n',
    )
  })

  it('tells of evictions and connections', async () => {
    const { client, connect } = await startNode({ memoryLimit: 2 * MIB })
    const watcher = await connect()
    watcher.send('watch evictions connevents\r\n')
    await watcher.bytes(4)
    await connect()
    for (let i = 0; i < 5; i++) await client.ask(`set key${i} 0 0 900000\r\n${'x'.repeat(900_000)}\r\n`)
    const lines = await watcher.until('an eviction', (text) => (text.includes('type=eviction') ? text.length : -1))
    expect(lines).toMatch(/type=conn_new rip=127\.0\.0\.1 rport=\d+ transport=tcp cfd=\d+\n/)
    expect(lines).toMatch(/type=eviction key=key0 fetch=no ttl=-1 la=0 clsid=39 size=900000\n/)
  })

  it('leaves out lines that a slow watcher does not read', async () => {
    const { client, connect } = await startNode({ watcherLogbufSize: 1 })
    const watcher = await connect()
    watcher.send('watch\r\n')
    await watcher.bytes(4)
    watcher.socket.pause()
    for (let i = 0; i < 40; i++) await client.ask(`get ${'key '.repeat(5000)}\r\n`)
    watcher.socket.resume()
    const seen = await watcher.until('the rest', (text) =>
      text.length > 1_000_000 && text.endsWith('\n') ? text.length : -1,
    )
    await client.ask('get key\r\n')
    const skipped = await watcher.until('a gap', (text) => (text.includes('skipped=') ? text.length : -1))
    expect(seen.length).toBeLessThan(40 * 5000 * 80)
    expect(skipped).toMatch(/skipped=\d+\n/)
  })
})

describe('maintenance', () => {
  it('frees expired items in the background', async () => {
    const { client, node, clock } = await startNode()
    for (let i = 0; i < 100; i++) await client.ask(`set key${i} 0 10 1\r\nx\r\n`)
    clock.advance(300)
    expect(node.report().items).toBe(0)
    expect(await client.ask('stats\r\n')).toContain('STAT crawler_reclaimed')
  })

  it('does so at once when asked, and lists what is there', async () => {
    const { client, node, clock } = await startNode({ lruSegmented: false })
    await client.ask('set a 0 10 1\r\nx\r\nset b%c 0 0 1\r\nx\r\nget b%c\r\n')
    clock.jump(20)
    expect(await client.ask('lru_crawler crawl all\r\n')).toBe('OK\r\n')
    expect(node.report().items).toBe(1)
    expect(await client.ask('lru_crawler metadump all\r\n')).toMatch(
      /^key=b%25c exp=-1 la=\d+ cas=2 fetch=yes cls=1 size=63\nEND\r\n$/,
    )
    expect(await client.ask('stats cachedump 1 0\r\n')).toBe('ITEM b%c [1 b; 0 s]\r\nEND\r\n')
  })

  it.each(['lru_crawler metadump all', 'lru mode flat', 'slabs automove 1'])(
    '%s is gone with engine 1.6.17',
    async (command) => {
      const newer = await startNode({ engineVersion: '1.6.17' })
      expect(await newer.client.ask(`${command}\r\n`)).toBe('ERROR\r\n')
      const older = await startNode({ engineVersion: '1.6.12' })
      expect(await older.client.ask(`${command}\r\n`)).toMatch(/^(OK|END)\r\n$/)
    },
  )

  it('keeps hot and warm items within their share', async () => {
    const { client, clock } = await startNode()
    for (let i = 0; i < 100; i++) await client.ask(`set key${i} 0 0 100\r\n${'x'.repeat(100)}\r\n`)
    await client.ask('get key1 key1 key1\r\n')
    clock.advance(2)
    const items = await client.ask('stats items\r\n')
    expect(items).toContain('STAT items:4:number 100\r\n')
    expect(Number(/number_hot (\d+)/.exec(items)?.[1])).toBeLessThanOrEqual(20)
    expect(items).toContain('number_warm 1\r\n')
  })
})
