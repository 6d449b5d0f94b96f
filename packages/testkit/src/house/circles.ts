import { type Import, type Source, targetOf } from './sources.ts'

/**
 * Circles of imports, each as `a → b → a`; one for every import that closes one on a walk from the first file on.
 * @param counts which imports count
 */
export function circles(sources: readonly Source[], counts: (each: Import) => boolean): string[] {
  const graph = new Map(sources.map((source) => [source.path, next(source, counts)]))
  const found: string[] = []
  const done = new Set<string>()
  const walk = (path: string, trail: string[]) => {
    const start = trail.indexOf(path)
    if (start >= 0) found.push([...trail.slice(start), path].join(' → '))
    if (start >= 0 || done.has(path)) return
    for (const target of graph.get(path) ?? []) walk(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) walk(path, [])
  return found
}

function next(source: Source, counts: (each: Import) => boolean): string[] {
  return source.imports.filter(counts).flatMap((each) => targetOf(source, each) ?? [])
}
