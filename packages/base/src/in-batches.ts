/**
 * Many callers, one go: what is asked for while a go is under way waits and is done by the next one, all of it together. So a
 * single call is done at once, and a hundred cost little more than one.
 */
type Asked<In, Out> = { item: In; settle: PromiseWithResolvers<Out> }

export type BatchOptions<In, Out> = {
  /** Answers in the order of the items. When it rejects for several, each is tried alone, so that one spoils no other. */
  work: (items: In[]) => Promise<Out[]>
  /** of items in one go, or of what they weigh together; one that is heavier goes alone */
  max: number
  weigh?: (item: In) => number
}

export function inBatches<In, Out>({ work, max, weigh = () => 1 }: BatchOptions<In, Out>): (item: In) => Promise<Out> {
  let waiting: Asked<In, Out>[] = []
  let going = false

  /** How many of those that wait go together now. */
  const countNext = (): number => {
    let sum = 0
    for (const [count, { item }] of waiting.entries()) {
      sum += weigh(item)
      if (sum > max && count > 0) return count
    }
    return waiting.length
  }

  const attempt = async (batch: Asked<In, Out>[]): Promise<void> => {
    try {
      const answers = await work(batch.map(({ item }) => item))
      for (const [place, { settle }] of batch.entries()) settle.resolve(answers[place] as Out)
    } catch (error) {
      if (batch.length === 1) batch[0]?.settle.reject(error)
      else for (const one of batch) await attempt([one])
    }
  }

  const go = async () => {
    going = true
    // What is asked for in the same turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) {
      const count = countNext()
      const batch = waiting.slice(0, count)
      waiting = waiting.slice(count)
      await attempt(batch)
    }
    going = false
  }

  return (item) => {
    const settle = Promise.withResolvers<Out>()
    waiting.push({ item, settle })
    if (!going) void go()
    return settle.promise
  }
}
