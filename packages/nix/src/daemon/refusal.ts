/** The proxy's error for a build that evaluation asked for, made so that only the proxy can have written it. */

export type RefusedBuild = { drvPath: string; outputs: string[] }

/** `nonce` is known to the proxy and to who drives the evaluator, and to no expression. */
export function refusalText(nonce: string, builds: readonly RefusedBuild[]): string {
  const list = builds.map(({ drvPath, outputs }) => `${drvPath}!${outputs.join(',')}`).join(' ')
  return `[build ${nonce}: ${list}] evaluation needs a build, which is not made during evaluation`
}

/** The builds that an error text names, if the text holds a refusal with this nonce. */
export function parseRefusal(text: string, nonce: string): RefusedBuild[] | undefined {
  const begin = `[build ${nonce}: `
  const from = text.indexOf(begin)
  if (from < 0) return undefined
  const list = text.slice(from + begin.length, text.indexOf(']', from))
  return list.split(' ').map((item) => {
    const [drvPath = '', outputs = ''] = item.split('!')
    return { drvPath, outputs: outputs.split(',') }
  })
}

/** `drv!out,dev`, `drv!*` (2.8) or `drv^…` (later); `undefined` for a plain path. */
export function parseWanted(text: string): { drvPath: string; outputs: '*' | string[] } | undefined {
  const at = text.search(/[!^]/)
  if (at < 0) return undefined
  const outputs = text.slice(at + 1)
  return { drvPath: text.slice(0, at), outputs: outputs === '*' ? '*' : outputs.split(',') }
}
