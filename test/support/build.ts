import { bundle } from '../../src/tools/build.ts'

/** Workers and child processes run the bundle, so tests never see a stale one. */
export async function setup(): Promise<void> {
  await bundle()
}
