import type { RepositoryFile } from '@firn/contract/api/file'
import { pages } from '@firn/contract/paths'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Fragment } from 'react'
import { api } from '../api/client.ts'
import { FileText } from '../parts/files/FileText.tsx'
import { Folder } from '../parts/files/Folder.tsx'
import { fileWords } from '../parts/files/file-words.ts'
import classes from '../parts/files/files.module.css'
import { shortRev, shown } from '../parts/names.ts'
import { CopyText } from '../ui/CopyText.tsx'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { wordSize } from '../ui/number-words.ts'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'

const route = getRouteApi('/$site/$account/$project/commits/$rev/files/$')
type At = { site: string; account: string; project: string }
type Place = { at: At; rev: string; path: string }

/** What does the line say that an error is about? A file or folder of the repository, at one commit. */
export function FilePage() {
  const { rev, _splat: path = '', site, account, project } = route.useParams()
  const place = { at: { site, account, project }, rev, path }
  const { id, displayName } = useSuspenseQuery(api.projects.bySite.queryOptions({ input: place.at })).data
  const file = useSuspenseQuery({
    ...api.firn.file.queryOptions({ input: { id, rev, path } }),
    // A commit never changes.
    staleTime: Number.POSITIVE_INFINITY,
  }).data
  const raw = `/api/v1/firn/projects/${id}/commits/${rev}/file/raw?path=${encodeURIComponent(path)}`
  useTitle(`${shown(path.split('/').at(-1) ?? '') || 'Files'} at ${shortRev(rev)} · ${shown(displayName)}`)
  return (
    <>
      <PageHead
        title={<Crumbs place={place} />}
        actions={
          file.kind === 'file' && (
            <a href={raw} download="" className={classes.download}>
              download
            </a>
          )
        }
      >
        <p className="dim">
          {fileWords(file)} at commit <PageLink to={pages.commit(place.at, rev)}>{shortRev(rev)}</PageLink>{' '}
          {path !== '' && (
            <CopyText text={path} label="the path">
              copy path
            </CopyText>
          )}
        </p>
      </PageHead>
      <Content key={`${rev} ${path}`} place={place} file={file} raw={raw} />
    </>
  )
}

/** The way down from the root, each folder a link. */
function Crumbs({ place: { at, rev, path } }: { place: Place }) {
  const names = path === '' ? [] : path.split('/')
  return (
    <span className={classes.crumbs}>
      {names.length === 0 ? at.project : <PageLink to={pages.file(at, rev, '')}>{at.project}</PageLink>}
      {names.map((name, i) => {
        const upTo = names.slice(0, i + 1).join('/')
        return (
          <Fragment key={upTo}>
            <span className="dim"> / </span>
            {i === names.length - 1 ? shown(name) : <PageLink to={pages.file(at, rev, upTo)}>{shown(name)}</PageLink>}
          </Fragment>
        )
      })}
    </span>
  )
}

function Content({ place, file, raw }: { place: Place; file: RepositoryFile; raw: string }) {
  const { at, rev, path } = place
  switch (file.kind) {
    case 'folder':
      return <Folder folder={file} to={(name) => pages.file(at, rev, path === '' ? name : `${path}/${name}`)} />
    case 'symlink':
      return (
        <EmptyPage title="A symbolic link">
          {file.target === null ? (
            'It leads to a path longer than one can be.'
          ) : (
            <>
              It leads to <code className={classes.target}>{shown(file.target)}</code>, and is not followed here.
            </>
          )}
        </EmptyPage>
      )
    case 'submodule':
      return (
        <EmptyPage title="A submodule">
          <p>
            What it holds is in another repository, at its commit <code>{file.rev}</code>. Which that is stands in{' '}
            <PageLink to={pages.file(at, rev, '.gitmodules')}>.gitmodules</PageLink>.
          </p>
        </EmptyPage>
      )
    case 'file':
      return <Shown file={file} raw={raw} name={path.split('/').at(-1) ?? ''} />
  }
}

type FileProps = { file: RepositoryFile & { kind: 'file' }; raw: string; name: string }

function Shown({ file: { text, withheld, bytes }, raw, name }: FileProps) {
  if (text === null)
    return (
      <EmptyPage title={withheld === 'binary' ? 'A binary file' : `Too large to be shown: ${wordSize(bytes)}`}>
        <p>
          It is not shown here, but can be{' '}
          <a href={raw} download="">
            downloaded
          </a>
          .
        </p>
      </EmptyPage>
    )
  if (text === '') return <EmptyPage title="An empty file">There is nothing in it.</EmptyPage>
  return <FileText text={text} name={shown(name)} raw={raw} />
}
