/** Nix 2.34 leaves the times of a build at 0 on our protocol version; they are then taken from the build's activity. */
import type { BuildResult } from './build-result.ts'
import { activityTypes, type StoreEvent } from './events.ts'

export class BuildTimes {
  readonly #drvPaths = new Map<number, string>()
  readonly #times = new Map<string, { start: number; stop: number }>()

  note(event: StoreEvent): void {
    if (event.kind === 'start' && event.type === activityTypes.build) {
      const drvPath = String(event.fields[0])
      this.#drvPaths.set(event.activity, drvPath)
      this.#times.set(drvPath, { start: seconds(), stop: 0 })
    } else if (event.kind === 'stop') {
      const time = this.#times.get(this.#drvPaths.get(event.activity) ?? '')
      if (time) time.stop = seconds()
    }
  }

  complete(result: BuildResult): BuildResult {
    const time = this.#times.get(result.drvPath)
    if (result.startTime !== 0 || time === undefined) return result
    return { ...result, startTime: time.start, stopTime: time.stop || seconds() }
  }
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}
