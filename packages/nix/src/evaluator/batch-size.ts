/** How many questions go in a batch: the first answers should come at once, and a line should be lost or shared in small pieces. */
const targetMs = 400
const maxBatch = 256

export class BatchSize {
  #next = 1
  #items = 0
  #ms = 0

  note(ms: number): void {
    // the newest answers count most: half of the weight is in the last 64
    const fade = this.#items > 64 ? 0.5 : 1
    this.#items = this.#items * fade + 1
    this.#ms = this.#ms * fade + ms
  }

  /** For `pending` questions shared by `workers`. */
  take(pending: number, workers: number): number {
    const affordable = this.#items === 0 ? 1 : Math.floor(targetMs / (this.#ms / this.#items))
    const size = Math.max(1, Math.min(this.#next, affordable, maxBatch, Math.ceil(pending / workers)))
    this.#next = Math.min(this.#next * 4, maxBatch)
    return size
  }
}
