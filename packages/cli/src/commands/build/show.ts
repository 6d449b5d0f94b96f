import type { DerivationDetail } from '@firn/contract/api/derivation'
import { showAttributePath } from '@firn/contract/attribute-path'
import { pages } from '@firn/contract/paths'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { wordAgo, wordDuration } from '@firn/core/status/time-words'
import { readAttempts } from '@firn/web/parts/attempts'
import { wordSize } from '@firn/web/ui/number-words'
import { type FoundBuild, findBuild } from '../../connected/find-build.ts'
import { type Connected, exitStatus, type ServerOptions, withServer } from '../../connected/with-server.ts'
import { mark } from '../../watch/results.ts'
import { shapeOfBuild } from '../../watch/state-marks.ts'
import type { World } from '../../world.ts'

/** Prints how a build stands: why, its attempts, its outputs, what needs it, the end of its log where it failed. */
export async function showBuild(
  { build, name }: { build: string; name: string | undefined },
  options: ServerOptions,
  world: World,
): Promise<number> {
  return withServer(options, world, async (server) => {
    const found = await findBuild(server, build, name)
    const detail = await readBuild(server, found)
    if (server.isJson) server.document(detail)
    else await printBuild(server, found, detail)
    return exitOfBuild(detail)
  })
}

export function readBuild({ client }: Connected, { accountId, drv, viaJob }: FoundBuild): Promise<DerivationDetail> {
  return client.derivations.get({ id: accountId, drv, 'via-job': viaJob })
}

/** 0: built, or not decided yet; 1: failed, blocked or cancelled; 2: broken, which is not its fault. */
function exitOfBuild(detail: DerivationDetail): number {
  const shape = shapeOfBuild(detail)
  if (shape === 'Broken') return exitStatus.broken
  return shape === 'Failed' || shape === 'Blocked' || shape === 'Cancelled' ? exitStatus.red : exitStatus.green
}

/** One line: what it is and how it stands. */
export function printHeadline({ printer }: Connected, detail: DerivationDetail): void {
  const name = printer.style('bold', derivationName(detail.derivationPath))
  printer.line(`${mark(printer, shapeOfBuild(detail))} ${name} — ${printer.foreignLine(detail.because)}`)
}

async function printBuild(server: Connected, found: FoundBuild, detail: DerivationDetail): Promise<void> {
  const { client, printer, url } = server
  printHeadline(server, detail)
  const needs = [detail.platform ?? '', ...detail.requiredSystemFeatures].join(' ')
  printer.line(`  ${detail.derivationPath}  ${printer.foreignLine(needs)}`)
  printAttempts(server, detail)
  for (const { name, path, size } of detail.outputs)
    printer.line(
      `  output ${printer.foreignLine(name)}  ${path ?? 'not known yet'}${size === null ? '' : `  ${wordSize(size)}`}`,
    )
  for (const { derivationPath, status } of detail.inputDerivations)
    if (status !== 'BuildSuccess') printer.line(`  needs ${derivationName(derivationPath)}  ${status}`)
  printUses(server, detail)
  if (detail.status === 'BuildFailure' && detail.logId !== null) await printTail(server, detail.logId)
  const { sourceHostingSiteSlug: site, slug: account } = await client.accounts.get({ id: found.accountId })
  printer.line()
  printer.line(`${url}${pages.derivation({ site, account }, detail.derivationPath, found.viaJob)}`)
}

function printAttempts({ printer }: Connected, detail: DerivationDetail): void {
  for (const { number, state, agent, startedAt, endedAt, note, why } of readAttempts(detail.events)) {
    const took = startedAt && endedAt ? ` in ${wordDuration(Date.parse(endedAt) - Date.parse(startedAt))}` : ''
    const since = startedAt ? `, ${wordAgo(startedAt, Date.now())}` : ''
    const place = agent === undefined ? '' : ` on ${printer.foreignLine(agent)}`
    const more = [why, note].filter((text) => text !== undefined).map((text) => `; ${printer.foreignLine(text)}`)
    printer.line(`  attempt ${number} ${state}${place}${took}${since}${more.join('')}`)
  }
}

const usesMax = 10

function printUses({ printer }: Connected, { usedBy }: DerivationDetail): void {
  for (const use of usedBy.slice(0, usesMax)) {
    const attributes = use.attributes.map((path) => printer.foreignLine(showAttributePath(path))).join(', ')
    const whereTo = attributes === '' ? '' : `: ${attributes}`
    printer.line(
      `  for ${use.site}/${use.account}/${use.projectName}#${use.jobIndex} (${printer.foreignLine(use.ref)})${whereTo}`,
    )
  }
  if (usedBy.length > usesMax) printer.line(`  and for ${usedBy.length - usesMax} more jobs`)
}

const tailLines = 12

async function printTail({ client, printer }: Connected, id: string): Promise<void> {
  const { lines, total } = await client.firn.logWindow({ id, from: -tailLines, count: tailLines })
  if (total === 0) return
  printer.line()
  printer.line(`  The last of ${total} lines of its log:`)
  for (const { t } of lines) printer.line(`    ${printer.foreign(t)}`)
}
