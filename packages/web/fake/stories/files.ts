import type { FolderEntry, RepositoryFile } from '@firn/contract/api/file'
import { idOf, revOf } from '../make.ts'
import type { World } from '../world.ts'
import { hostileText } from './waiting.ts'

export const fileKey = (projectId: string, path: string) => `${projectId} ${path}`

const fileOf = (text: string): RepositoryFile => ({
  kind: 'file',
  bytes: Buffer.byteLength(text),
  isExecutable: false,
  text,
  withheld: null,
})

const withheld = (bytes: number, why: 'large' | 'binary'): RepositoryFile => ({
  kind: 'file',
  bytes,
  isExecutable: false,
  text: null,
  withheld: why,
})

const guiLine = (line: number): string => {
  if (line === 1) return '{ pkgs, lib, stdenv, ... }:'
  if (line === 59) return '  buildInputs = ['
  if (line === 60) return '    pkgs.gtk4-layer'
  if (line === 61) return '  ];'
  return line % 9 === 0 ? '' : `  option-${line} = lib.mkDefault "${'a value '.repeat(line % 14)}";`
}

const gui = `${Array.from({ length: 90 }, (_, i) => guiLine(i + 1)).join('\n')}\n`

/** Names that would be read as something else, if anything but a list of names were made of them. */
export const oddNames = ['%2e%2e', '-rf', 'a\nb', '"quoted" & <b>', '[x] é + 1', '12', 'caf\ufffd.nix', 'a?b#c']

const greeter: Record<string, RepositoryFile> = {
  'gui/default.nix': fileOf(gui),
  'flake.nix': fileOf(`${Array.from({ length: 40 }, (_, i) => `  # line ${i + 1}`).join('\n')}\n`),
  'long.nix': fileOf(`${Array.from({ length: 30_000 }, (_, i) => `entry-${i + 1}`).join('\n')}\n`),
  'gui/icons.tar': withheld(52_428_800, 'large'),
  'gui/greet.png': withheld(8_192, 'binary'),
  'gui/empty': fileOf(''),
  'gui/theme.nix': { kind: 'symlink', target: '/etc/passwd' },
  vendor: { kind: 'submodule', rev: revOf('vendor') },
  'hostile.nix': fileOf(
    `${hostileText}\n<script>document.title = 'owned'</script>\n\x1b[31mred\u202e\n${'x'.repeat(9000)}\n`,
  ),
  ...Object.fromEntries(oddNames.map((name) => [`odd/${name}`, fileOf(`this is ${JSON.stringify(name)}\n`)])),
}

/** A repository with all that there may be in one. */
export function repositoryFiles(world: World): void {
  const id = idOf('project greeter')
  const folders = new Map<string, FolderEntry[]>([['', []]])
  for (const [path, file] of Object.entries(greeter)) {
    world.files.set(fileKey(id, path), file)
    const at = path.indexOf('/')
    const [folder, name] = at < 0 ? ['', path] : [path.slice(0, at), path.slice(at + 1)]
    const isNew = !folders.has(folder)
    if (isNew) folders.get('')?.push({ name: folder, kind: 'folder', bytes: null })
    const bytes = file.kind === 'file' ? file.bytes : null
    folders.set(folder, [...(folders.get(folder) ?? []), { name, kind: file.kind, bytes }])
  }
  for (const [path, entries] of folders)
    world.files.set(fileKey(id, path), { kind: 'folder', entries, total: entries.length })
}
