import { describe, expect, test } from 'vitest'
import { examplesOf } from '../../../src/api/help.ts'
import { inputOf, operationNames } from '../../../src/api/model.ts'
import { kebabCase } from '../../../src/api/names.ts'
import { inputFrom, isDestructive, operationFlags } from '../../../src/cli/call/operation-input.ts'
import { commands } from '../../../src/cli/command-classes.ts'
import { parseArguments } from '../../../src/cli/parse.ts'
import { helpPages } from '../../../src/tools/help-pages.ts'

const pages = helpPages()

describe.each(operationNames)('%s', (name) => {
  const id = kebabCase(name)

  test('is a command of its own, on which oclif can write its id', () => {
    const command = commands[id]
    expect(command?.run).toBeTypeOf('function')
    expect(Object.values(commands).filter((other) => other === command)).toHaveLength(1)
  })

  test('has a help page that names every member and shows an example', () => {
    const page = pages.get(id) ?? ''
    for (const member of Object.keys(inputOf(name).members)) expect(page).toContain(kebabCase(member))
    expect(page).toContain(`$ cachectl ${id}`)
  })

  test('refuses to be called without what the model requires, and names all of it', () => {
    const { members, required: all } = inputOf(name)
    // A truth is missed later, in the input: aws-cli's order.
    const required = all.filter((member) => members[member]?.kind !== 'boolean')
    const bare = () => parseArguments([], operationFlags(name))
    if (required.length === 0) expect(bare).not.toThrow()
    else expect(bare).toThrow(required.map((member) => `--${kebabCase(member)}`).join(', '))
  })

  test('reads its own examples', () => {
    for (const example of examplesOf(name)) {
      const [, ...argv] = [...example.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''))
      const { flags } = parseArguments(argv, operationFlags(name))
      expect(Object.keys(inputFrom(name, flags)).length).toBeLessThanOrEqual(argv.length)
    }
  })

  test('takes --yes exactly if it destroys something', () => {
    expect('yes' in operationFlags(name)).toBe(isDestructive(name))
  })
})
