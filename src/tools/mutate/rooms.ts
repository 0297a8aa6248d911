/** The rooms in which nothing may change unnoticed, and the tests that judge them: fast ones, with the code in their own process. */
export interface Room {
  readonly sources: readonly string[]
  readonly tests: readonly string[]
}

export const ROOMS: ReadonlyMap<string, Room> = new Map(
  Object.entries({
    signature: room(['src/engine/http/signature.ts'], within('test/engine/http', 'signature.test signed-forms.test')),
    identity: room(
      within('src/engine/identity', 'authorize condition-keys conditions evaluate patterns policy resources users'),
      within('test/engine/identity', 'authorize.test evaluate.test user-file.test'),
    ),
    store: room(
      [
        ...within('src/engine/store', 'durable-file entry pages snapshot-files state-file store'),
        'src/engine/nodes/snapshot-file.ts',
      ],
      [
        ...within(
          'test/engine/store',
          'durable-file.test entry.test open-files.test pages.test salvage.test snapshot-file.test snapshot-files.test store.test',
        ),
        'test/engine/state-file.test.ts',
      ],
    ),
    lifecycle: room(
      [
        ...within('src/engine/lifecycle', 'loops pace'),
        ...within('src/engine/workloads', 'clusters/placement clusters/plan clusters/service-updates clusters/steps'),
        'src/engine/workloads/serverless/steps.ts',
        ...within('src/engine/time', 'engine-clock'),
        'src/api/catalog/maintenance-window.ts',
        'src/engine/network/ports.ts',
      ],
      [
        ...within('test/engine/lifecycle', 'engine-clock.test loops.test'),
        ...within('test/engine/workloads/clusters', 'plan.test service-updates.test steps.test'),
        'test/engine/workloads/serverless/steps.test.ts',
        'test/engine/ports.test.ts',
        'test/api/catalog/maintenance-window.test.ts',
      ],
    ),
    framing: room(
      [
        ...within('src/memcached', 'body framing-binary framing-text packets tokens'),
        ...within('src/discovery', 'binary encode parse'),
      ],
      [
        ...within('test/memcached', 'give-way.test serverless.test tokens.test wire.test'),
        ...within('test/discovery', 'binary.test encode.test parse.test'),
      ],
    ),
    'address-order': room(
      within('src/diagnose', 'address-order gai-conf'),
      within('test/diagnose', 'address-order.test address-rules.test gai-conf.test'),
    ),
    gai: room(within('src/diagnose', 'gai-lint gai-stanza'), within('test/diagnose', 'gai-lint.test gai-stanza.test')),
    causes: room(
      within(
        'src/diagnose/causes',
        'aliases certificate cluster cover dns explain families flow host index ingress list load node places practice programs signs views way',
      ),
      within('test/diagnose/causes', 'causes.test cover.test explain.test'),
    ),
  }),
)

function room(sources: readonly string[], tests: readonly string[]): Room {
  return { sources, tests }
}

function within(folder: string, names: string): string[] {
  return names.split(' ').map((name) => `${folder}/${name}.ts`)
}
