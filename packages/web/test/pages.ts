import { pages } from '@firn/contract/paths'
import { drvPath, idOf, revOf } from '../fake/make.ts'
import { hostileText } from '../fake/stories/waiting.ts'

const at = { site: 'local', account: 'local' }
const project = (name: string) => ({ ...at, project: name })
const longName = 'a-project-whose-name-somebody-generated-from-a-sentence-and-never-shortened-again'

type Story = {
  to: string
  shows: string
  /** The page fills the window, or is longer than a picture can be. */
  isEndless?: true
  /** One of the pages that most visits are to. */
  isTelling?: true
  /** What the browser complains of, rightly. */
  refused?: string
}

/** Every page and state that the fake server has a story for: its address, and a text that shows that it is there. */
export const stories: Record<string, Story> = {
  home: { to: pages.home(), shows: 'firmware-tools', isTelling: true },
  account: { to: '/local/local', shows: 'firmware-tools' },
  'account-empty': { to: '/local/empty', shows: 'No project yet' },
  project: { to: pages.project(project('hello')), shows: 'Jobs by commit' },
  'project-empty': { to: pages.project(project('fresh')), shows: 'No job yet' },
  'project-long': { to: pages.project(project(longName)), shows: 'renovate' },
  'project-settings': { to: pages.settings(project('hello')), shows: 'Git submodules', isTelling: true },
  'project-elsewhere': { to: pages.project(project('telescope')), shows: 'could not be read' },
  'project-elsewhere-settings': { to: pages.settings(project('telescope')), shows: 'The last look failed' },
  'add-repository': { to: pages.addRepository(at), shows: 'Add the repository' },
  commit: { to: pages.commit(project('hello'), revOf('hello 40')), shows: 'Jobs of this commit' },
  'job-green': { to: pages.job(project('hello'), 40), shows: 'integration' },
  'job-red': { to: pages.job(project('parser'), 88), shows: 'Needs attention', isTelling: true },
  'job-running': { to: pages.job(project('firmware-tools'), 31), shows: 'Runs now', isTelling: true },
  'job-waiting': { to: pages.job(project('raspberry'), 5), shows: 'aarch64-linux' },
  'job-legacy': { to: pages.job(project('legacy'), 3), shows: 'failed, ignored' },
  'job-nothing': { to: pages.job(project('nothing-to-do'), 1), shows: 'onPush = { }' },
  'job-config': { to: pages.job(project('website'), 11), shows: 'at 03:17 UTC' },
  'job-effects': { to: pages.job(project('website'), 12), shows: 'Not run by this version' },
  'job-large': { to: pages.job(project('nixpkgs-subset'), 7), shows: '50,000 attributes', isEndless: true },
  'job-long': { to: pages.job(project(longName), 1204), shows: 'apache-airflow' },
  'job-hostile': { to: pages.job(project('hostile'), 2), shows: hostileText },
  'job-evaluated': { to: pages.job(project('ledger'), 8), shows: 'Slowest to evaluate', isTelling: true },
  'job-reused': { to: pages.job(project('ledger'), 9), shows: 'used again' },
  'job-imports': { to: pages.job(project('haskell-site'), 4), shows: 'Evaluation waits for', isTelling: true },
  'job-imports-lacked': { to: pages.job(project('haskell-site'), 3), shows: 'Evaluation lacked' },
  'job-position': { to: pages.job(project('greeter'), 13), shows: 'gui/default.nix, line 60' },
  'job-elsewhere': { to: pages.job(project('telescope'), 1), shows: 'mirror set.nix, line 7' },
  file: {
    to: pages.file(project('greeter'), revOf('greeter 13'), 'gui/default.nix', 60),
    shows: 'pkgs.gtk4-layer',
    isTelling: true,
  },
  'file-long': {
    to: pages.file(project('greeter'), revOf('greeter 13'), 'long.nix', 20_000),
    shows: 'entry-20000',
    isEndless: true,
  },
  'file-hostile': { to: pages.file(project('greeter'), revOf('greeter 13'), 'hostile.nix'), shows: hostileText },
  'file-large': { to: pages.file(project('greeter'), revOf('greeter 13'), 'gui/icons.tar'), shows: 'Too large' },
  'file-binary': { to: pages.file(project('greeter'), revOf('greeter 13'), 'gui/greet.png'), shows: 'A binary file' },
  'file-empty': { to: pages.file(project('greeter'), revOf('greeter 13'), 'gui/empty'), shows: 'An empty file' },
  'file-link': { to: pages.file(project('greeter'), revOf('greeter 13'), 'gui/theme.nix'), shows: '/etc/passwd' },
  'file-submodule': { to: pages.file(project('greeter'), revOf('greeter 13'), 'vendor'), shows: '.gitmodules' },
  folder: { to: pages.file(project('greeter'), revOf('greeter 13'), 'gui'), shows: 'default.nix', isTelling: true },
  'folder-root': { to: pages.file(project('greeter'), revOf('greeter 13'), ''), shows: 'flake.nix' },
  'folder-odd': { to: pages.file(project('greeter'), revOf('greeter 13'), 'odd'), shows: '-rf' },
  compare: {
    to: pages.compare(project('greeter'), 13, idOf('job greeter 12')),
    shows: '1 newly failing',
    isTelling: true,
  },
  'compare-large': {
    to: pages.compare(project('package-set'), 2, idOf('job package-set 1')),
    shows: '3,412 attributes differ',
    isEndless: true,
  },
  'compare-same': { to: pages.compare(project('hello'), 39, idOf('job hello 38')), shows: 'Nothing differs' },
  'compare-alone': { to: `${pages.job(project('greeter'), 10)}/compare`, shows: 'No earlier job' },
  'evaluation-log': { to: pages.evaluationLog(project('parser'), 88), shows: 'SPDX', isEndless: true },
  'derivation-red': { to: pages.derivation(at, drvPath('libparse-2.4.1')), shows: 'strlcpy' },
  'derivation-green': {
    to: pages.derivation(at, drvPath('hello'), idOf('job hello 40')),
    shows: '3 tests passed',
  },
  'derivation-retried': { to: pages.derivation(at, drvPath('cabal2nix-site')), shows: 'for the third time' },
  'derivation-waiting': { to: pages.derivation(at, drvPath('firmware')), shows: 'no agent that is online' },
  'log-red': {
    to: pages.derivationLog(at, drvPath('libparse-2.4.1')),
    shows: 'strlcpy',
    isEndless: true,
    isTelling: true,
  },
  'log-live': { to: pages.derivationLog(at, drvPath('linux-6.18')), shows: 'option-299', isEndless: true },
  'log-million': { to: pages.derivationLog(at, drvPath('rustc-stage2')), shows: '1,000,000 lines', isEndless: true },
  'log-cut': {
    to: `${pages.derivationLog(at, drvPath('chatty-tests'))}#L1000001`,
    shows: 'Firn left out 1,000,000 lines',
    isEndless: true,
  },
  'job-logs': { to: pages.jobLogs(project('parser'), 88, 'error'), shows: 'whole log', isTelling: true },
  'job-logs-none': { to: pages.jobLogs(project('parser'), 88, 'no such words'), shows: 'Found nowhere' },
  'job-logs-empty': { to: pages.jobLogs(project('parser'), 88), shows: 'What to look for?' },
  'log-hostile': { to: pages.derivationLog(at, drvPath('hostile-log')), shows: 'more characters', isEndless: true },
  'log-none': { to: pages.derivationLog(at, drvPath('firmware')), shows: 'No log', isEndless: true },
  agents: { to: pages.agents(at), shows: 'build01', isTelling: true },
  'agents-empty': { to: pages.agents({ site: 'local', account: 'empty' }), shows: 'No agent yet' },
  operations: { to: pages.operations(), shows: 'Last hour', isTelling: true },
  'not-found': { to: '/no/such/page/at/all', shows: 'no page at this address' },
  'no-such-job': {
    to: pages.job(project('hello'), 999),
    shows: 'There is nothing here',
    refused: 'hello has no job 999',
  },
}
