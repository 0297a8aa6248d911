import { describe, expect, test } from 'vitest'
import { inRequests } from '../../../src/cli/call/parameter-chunks.ts'
import { temporaryDirectory } from '../../support/engine.ts'
import { cachectl } from '../support/cli.ts'
import { errorBody, pretendEngine, recordRequests, result } from '../support/recorder.ts'

const parameters = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ParameterName: `p${index}`, ParameterValue: '1' }))

const modify = (count: number) => [
  ...['modify-cache-parameter-group', '--cache-parameter-group-name', 'hot', '--parameter-name-values'],
  JSON.stringify(parameters(count)),
]

describe('more parameters than the API takes at once', () => {
  test('are sent in parts, in order, and none is lost', () => {
    const sizes = (count: number) =>
      inRequests('ModifyCacheParameterGroup', { ParameterNameValues: parameters(count) }).map(
        (input) => (input as { ParameterNameValues: unknown[] }).ParameterNameValues.length,
      )
    expect(sizes(20)).toEqual([20])
    expect(sizes(21)).toEqual([20, 1])
    expect(sizes(45)).toEqual([20, 20, 5])
    expect(inRequests('DescribeEvents', {})).toEqual([{}])
  })

  test('answer once, as the last part does', async () => {
    const inside = '<CacheParameterGroupName>hot</CacheParameterGroupName>'
    const recorder = await recordRequests(({ action }) => ({ body: result(action, inside) }))
    const CACHECTL_HOME = temporaryDirectory()
    pretendEngine(CACHECTL_HOME, recorder.url)
    const outcome = await cachectl([...modify(45), '--output', 'text'], { CACHECTL_HOME })
    expect(outcome).toEqual({ code: 0, stdout: 'hot\n', stderr: '' })
    const last = 'ParameterNameValues.ParameterNameValue.5.ParameterName'
    expect(recorder.requests.map(({ parameters }) => parameters[last])).toEqual(['p4', 'p24', 'p44'])
  })

  test('tell what holds already when a part is refused', async () => {
    let calls = 0
    const recorder = await recordRequests(({ action }) => {
      calls += 1
      if (calls === 1) return { body: result(action) }
      return { status: 400, body: errorBody('InvalidParameterValue', 'p21 is not known.') }
    })
    const CACHECTL_HOME = temporaryDirectory()
    pretendEngine(CACHECTL_HOME, recorder.url)
    const { code, stdout, stderr } = await cachectl(modify(22), { CACHECTL_HOME })
    expect({ code, stdout }).toEqual({ code: 254, stdout: '' })
    expect(stderr).toContain('(InvalidParameterValue) when calling the ModifyCacheParameterGroup operation: p21')
    expect(stderr).toMatch(/Applied \(20\): p0, p1, .*p19\nNot applied \(2\): p20, p21\n$/)
  })

  test('are announced by --dry-run', async () => {
    const CACHECTL_HOME = temporaryDirectory()
    pretendEngine(CACHECTL_HOME, 'http://127.0.0.1:1')
    const { stderr } = await cachectl([...modify(41), '--dry-run'], { CACHECTL_HOME })
    expect(stderr).toContain('in 3 requests')
  })
})
