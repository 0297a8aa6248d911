import { describe, expect, test } from 'vitest'
import { Opened } from '../../../src/engine/parts/opened.ts'

describe('what has been opened', () => {
  test('is closed in the opposite order, one after the other', async () => {
    const opened = new Opened()
    const closed: string[] = []
    const close = (name: string) => async () => {
      await Promise.resolve()
      closed.push(name)
    }
    for (const name of ['store', 'nodes', 'server']) opened.add(close(name))
    await opened.close()
    expect(closed).toEqual(['server', 'nodes', 'store'])
  })

  test('is closed though one of it fails to, and the first failure is told', async () => {
    const opened = new Opened()
    const closed: string[] = []
    opened.add(() => closed.push('store'))
    for (const name of ['nodes', 'server']) {
      opened.add(() => {
        throw new Error(name)
      })
    }
    await expect(opened.close()).rejects.toThrow('server')
    expect(closed).toEqual(['store'])
  })

  test('is closed once', async () => {
    const opened = new Opened()
    const closed: string[] = []
    opened.add(() => closed.push('store'))
    await opened.close()
    await opened.close()
    expect(closed).toEqual(['store'])
  })
})
