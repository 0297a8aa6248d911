import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { operationNames } from '../../src/api/model.ts'
import { generateModel, modelFile } from '../../src/tools/model.ts'

test('the committed model is what the installed SDK says', () => {
  expect(readFileSync(modelFile, 'utf8')).toBe(generateModel())
})

test('the API has 75 operations', () => {
  expect(operationNames).toHaveLength(75)
})
