/** What a repository is told of the commit it is evaluated at (hercules-ci.md 1.3.3–1.3.5). */
export type GitSource = {
  ref: string
  rev: string
  shortRev: string
  branch: string | null
  tag: string | null
  remoteHttpUrl: string | null
  remoteSshUrl: string | null
  webUrl: string | null
  forgeType: string | null
  owner: string | null
  name: string | null
}

/** The commit as a task names it; an empty or missing text is unknown. */
export type Commit = {
  ref: string
  rev: string
  httpURL?: string | null | undefined
  sshURL?: string | null | undefined
  webURL?: string | null | undefined
  forgeType?: string | null | undefined
  owner?: string | null | undefined
  name?: string | null | undefined
}

export function describeSource(commit: Commit): GitSource {
  return {
    ref: commit.ref,
    rev: commit.rev,
    shortRev: commit.rev.slice(0, 7),
    branch: below('refs/heads/', commit.ref),
    tag: below('refs/tags/', commit.ref),
    remoteHttpUrl: known(commit.httpURL),
    remoteSshUrl: known(commit.sshURL),
    webUrl: known(commit.webURL),
    forgeType: known(commit.forgeType),
    owner: known(commit.owner),
    name: known(commit.name),
  }
}

function below(prefix: string, ref: string): string | null {
  return ref.startsWith(prefix) ? ref.slice(prefix.length) : null
}

function known(text: string | null | undefined): string | null {
  return text === undefined || text === '' ? null : text
}
