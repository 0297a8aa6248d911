export default {
  test: { globalSetup: ['cachectl/vitest'], include: ['*.example.ts'], testTimeout: 30_000 },
}
