/** A reporter of node:test for the script `test`: one line, `passed failed skipped`, for all files together. */
import type { TestEvent } from 'node:test/reporters'

export default async function* totals(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    // Each file ends with a summary of its own; the one of all files has no file.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue
    const { tests, passed, skipped, todo } = event.data.counts
    const failed = tests - passed - skipped - todo
    // A suite that breaks outside of its tests (a hook, say) is counted by node:test as no test at all.
    const suitesOnly = !event.data.success && failed === 0 ? 1 : 0
    yield `${passed} ${failed + suitesOnly} ${skipped + todo}\n`
  }
}
