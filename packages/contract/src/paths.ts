/** Addresses of pages (hercules-ci.md 5.4); the only place where they are spelled. All begin with a slash. */
type ProjectAddress = { site: string; account: string; project: string }

const segment = encodeURIComponent

export const pages = {
  home: () => '/',
  account: (at: { site: string; account: string }) => `/${segment(at.site)}/${segment(at.account)}`,
  project: ({ site, account, project }: ProjectAddress) => `/${segment(site)}/${segment(account)}/${segment(project)}`,
  settings: (at: ProjectAddress) => `${pages.project(at)}/settings`,
  commit: (at: ProjectAddress, rev: string) => `${pages.project(at)}/commits/${rev}`,
  job: (at: ProjectAddress, index: number) => `${pages.project(at)}/jobs/${index}`,
  compare: (at: ProjectAddress, index: number, baseJobId: string) =>
    `${pages.job(at, index)}/compare?baseId=${segment(baseJobId)}`,
  evaluationLog: (at: ProjectAddress, index: number) => `${pages.job(at, index)}/evaluation/log`,
  derivation: (at: { site: string; account: string }, drv: string, viaJob?: string) =>
    `/accounts/${segment(at.site)}/${segment(at.account)}/derivations/${segment(drv)}${via(viaJob)}`,
  derivationLog: (at: { site: string; account: string }, drv: string, viaJob?: string) =>
    `/accounts/${segment(at.site)}/${segment(at.account)}/derivations/${segment(drv)}/log${via(viaJob)}`,
  addRepository: (at: { site: string; account: string }) =>
    `/accounts/${segment(at.site)}/${segment(at.account)}/add-repository`,
  agents: (at: { site: string; account: string }) => `/accounts/${segment(at.site)}/${segment(at.account)}/agents`,
}

function via(jobId: string | undefined): string {
  return jobId === undefined ? '' : `?via-job=${segment(jobId)}`
}
