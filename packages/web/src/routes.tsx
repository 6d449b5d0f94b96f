import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { Loading, NotFoundPage, RefusalPage } from './pages/RefusalPage.tsx'
import { Shell } from './pages/Shell.tsx'

/** The table of contents: which page is at which address (the addresses are those of `@firn/contract/paths`). */
const root = createRootRoute({ component: Shell })

const optionalText = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
const only = <K extends string>(...keys: K[]) => {
  return (search: Record<string, unknown>): { [Key in K]?: string } => {
    const read: { [Key in K]?: string } = {}
    for (const key of keys) {
      const value = optionalText(search[key])
      if (value !== undefined) read[key] = value
    }
    return read
  }
}

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/HomePage.tsx'), 'HomePage'),
})
const account = createRoute({
  getParentRoute: () => root,
  path: '/$site/$account',
  component: lazyRouteComponent(() => import('./pages/AccountPage.tsx'), 'AccountPage'),
})
const project = createRoute({
  getParentRoute: () => root,
  path: '/$site/$account/$project',
  validateSearch: only('ref'),
  component: lazyRouteComponent(() => import('./pages/ProjectPage.tsx'), 'ProjectPage'),
})
const projectSettings = createRoute({
  getParentRoute: () => root,
  path: '/$site/$account/$project/settings',
  component: lazyRouteComponent(() => import('./pages/ProjectSettingsPage.tsx'), 'ProjectSettingsPage'),
})
const commit = createRoute({
  getParentRoute: () => root,
  path: '/$site/$account/$project/commits/$rev',
  component: lazyRouteComponent(() => import('./pages/CommitPage.tsx'), 'CommitPage'),
})
const file = createRoute({
  getParentRoute: () => root,
  path: '/$site/$account/$project/commits/$rev/files/$',
  component: lazyRouteComponent(() => import('./pages/FilePage.tsx'), 'FilePage'),
})
const job = createRoute({
  getParentRoute: () => root,
  path: '/$site/$account/$project/jobs/$index',
  validateSearch: only('state', 'name'),
  component: lazyRouteComponent(() => import('./pages/JobPage.tsx'), 'JobPage'),
})
const compare = createRoute({
  getParentRoute: () => root,
  path: '/$site/$account/$project/jobs/$index/compare',
  validateSearch: only('baseId'),
  component: lazyRouteComponent(() => import('./pages/ComparePage.tsx'), 'ComparePage'),
})
const evaluationLog = createRoute({
  getParentRoute: () => root,
  path: '/$site/$account/$project/jobs/$index/evaluation/log',
  component: lazyRouteComponent(() => import('./pages/EvaluationLogPage.tsx'), 'EvaluationLogPage'),
})
const jobLogs = createRoute({
  getParentRoute: () => root,
  path: '/$site/$account/$project/jobs/$index/logs',
  validateSearch: only('q'),
  component: lazyRouteComponent(() => import('./pages/JobLogsPage.tsx'), 'JobLogsPage'),
})
const derivation = createRoute({
  getParentRoute: () => root,
  path: '/accounts/$site/$account/derivations/$drv',
  validateSearch: only('via-job'),
  component: lazyRouteComponent(() => import('./pages/DerivationPage.tsx'), 'DerivationPage'),
})
const derivationLog = createRoute({
  getParentRoute: () => root,
  path: '/accounts/$site/$account/derivations/$drv/log',
  validateSearch: only('via-job', 'log'),
  component: lazyRouteComponent(() => import('./pages/DerivationLogPage.tsx'), 'DerivationLogPage'),
})
const agents = createRoute({
  getParentRoute: () => root,
  path: '/accounts/$site/$account/agents',
  component: lazyRouteComponent(() => import('./pages/AgentsPage.tsx'), 'AgentsPage'),
})

const addRepository = createRoute({
  getParentRoute: () => root,
  path: '/accounts/$site/$account/add-repository',
  component: lazyRouteComponent(() => import('./pages/AddRepositoryPage.tsx'), 'AddRepositoryPage'),
})

const operations = createRoute({
  getParentRoute: () => root,
  path: '/operations',
  component: lazyRouteComponent(() => import('./pages/OperationsPage.tsx'), 'OperationsPage'),
})

const tree = root.addChildren([
  home,
  account,
  project,
  projectSettings,
  commit,
  file,
  job,
  compare,
  evaluationLog,
  jobLogs,
  derivation,
  derivationLog,
  agents,
  addRepository,
  operations,
])

export function makeRouter() {
  return createRouter({
    routeTree: tree,
    defaultPendingComponent: Loading,
    defaultErrorComponent: RefusalPage,
    defaultNotFoundComponent: NotFoundPage,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
