import type { FolderEntry, RepositoryFile } from '@firn/contract/api/file'
import { EmptyPage } from '../../ui/EmptyPage.tsx'
import { wordSize } from '../../ui/number-words.ts'
import { PageLink } from '../../ui/PageLink.tsx'
import { VirtualRows } from '../../ui/VirtualList.tsx'
import { shown } from '../names.ts'
import classes from './files.module.css'

type Props = { folder: RepositoryFile & { kind: 'folder' }; to: (name: string) => string }

const words = { folder: 'folder', file: '', symlink: 'symbolic link', submodule: 'submodule' }

/** What a folder holds: folders first, each name a link. */
export function Folder({ folder: { entries }, to }: Props) {
  if (entries.length === 0) return <EmptyPage title="An empty folder">Nothing is in it.</EmptyPage>
  const sorted = entries.toSorted((a, b) => Number(b.kind === 'folder') - Number(a.kind === 'folder'))
  return (
    // Names that are no UTF-8 may be shown alike.
    <VirtualRows label="Names in this folder" count={sorted.length} keyAt={(index) => index} estimatePx={33}>
      {(index) => {
        const entry = sorted[index]
        return entry && <Entry entry={entry} to={to(entry.name)} />
      }}
    </VirtualRows>
  )
}

function Entry({ entry: { name, kind, bytes }, to }: { entry: FolderEntry; to: string }) {
  return (
    <div className={classes.entry}>
      <PageLink to={to} data-row="">
        <code>
          {shown(name)}
          {kind === 'folder' && '/'}
        </code>
      </PageLink>
      <span className="dim">{kind === 'file' ? wordSize(bytes ?? 0) : words[kind]}</span>
    </div>
  )
}
