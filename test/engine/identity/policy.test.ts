import { expect, test } from 'vitest'
import { readPolicy } from '../../../src/engine/identity/policy.ts'

const allowing = (more: object) => ({ Effect: 'Allow', Action: 'elasticache:*', Resource: '*', ...more })

test.each([
  [{ Version: '2011' }, ['Version']],
  [{ Statement: [] }, ['Statement']],
  [{ Statement: 7 }, ['Statement']],
  [{ Statement: [7] }, ['Statement', 0]],
  [{ Statement: [allowing({}), allowing({ Effect: 'Alow' })] }, ['Statement', 1, 'Effect']],
  [{ Statement: allowing({ Principal: '*' }) }, ['Statement', 'Principal']],
  [{ Statement: allowing({ Actoin: '*' }) }, ['Statement', 'Actoin']],
  [{ Statement: allowing({ NotAction: '*' }) }, ['Statement']],
  [{ Statement: allowing({ Action: ['elasticache:*', 'all'] }) }, ['Statement', 'Action', 1]],
  [{ Statement: allowing({ Resource: 'shop' }) }, ['Statement', 'Resource']],
  [{ Statement: allowing({ Resource: [] }) }, ['Statement', 'Resource']],
  [{ Statement: allowing({ Condition: { StringIs: {} } }) }, ['Statement', 'Condition', 'StringIs']],
  [{ Statement: allowing({ Condition: { Bool: { a: [null] } } }) }, ['Statement', 'Condition', 'Bool', 'a', 0]],
])('what is wrong with %j is said with the way to it', (document, at) => {
  expect(() => readPolicy(document)).toThrow(expect.objectContaining({ code: 'InvalidParameterValue', at }))
})
