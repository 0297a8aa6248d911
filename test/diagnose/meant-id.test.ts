import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mayBeId, meantId } from '../../src/diagnose/meant-id.ts'

test.each([
  ['Shop_1', 'shop-1'],
  ['shop1', 'shop-1'],
  ['shop-001', 'shop-1'],
  ['SHOP-1.cfg', 'shop-1'],
  ['shop-1.0001', 'shop-1'],
  ['cart-cluster', 'cart'],
  ['shopeu', 'shop-eu'],
])('%s is %s', (word, id) => {
  expect(meantId(word, ['shop-1', 'shop-2', 'shop-eu', 'cart'])).toBe(id)
})

test('where two may be meant, or none, nothing is guessed', () => {
  expect(meantId('shop', ['shop-1', 'shop-2'])).toBeUndefined()
  expect(meantId('basket', ['shop-1', 'cart'])).toBeUndefined()
  expect(meantId('1', ['shop-1'])).toBeUndefined()
})

test('an id in capitals, with underscores, means itself', () => {
  const id = fc.stringMatching(/^[a-z][a-z\d]{0,5}(-[a-z\d]{1,4}){0,3}$/)
  fc.assert(fc.property(id, (one) => meantId(one.toUpperCase().replaceAll('-', '_'), [one, 'other name']) === one))
})

test('names of hosts and addresses are no ids', () => {
  for (const word of ['127.0.0.1', 'cache.example.com', 'shop_1:11211', 'localhost', 'shop-1']) {
    expect([word, mayBeId(word)]).toEqual([word, false])
  }
})
