import { logOf } from '../log.ts'
import { ago, drvPath, idOf, makeAttribute, makeDerivation, makeJob, makeProject, noBuilds } from '../make.ts'
import type { World } from '../world.ts'

const noAgent = 'Waits because no agent that is online builds for aarch64-linux.'

/** Nothing wrong, but nobody there who could build it. */
export function waiting(world: World): void {
  const project = makeProject('raspberry')
  const job = makeJob(project, {
    index: 5,
    message: 'firmware: image for the Pi 5',
    startTime: ago(2400),
    endTime: null,
    jobPhase: 'Building',
    jobStatus: 'Pending',
    derivationStatus: 'Pending',
    because: noAgent,
    counts: { ...noBuilds, waiting: 6, buildSuccess: 4 },
  })
  const on = (name: string, system: string) => ['packages', system, name]
  world.addProject(project, [
    {
      job,
      part: {
        waiting: [`6 derivations wait because no agent that is online builds for aarch64-linux.`],
        unmetAgentRequirements: [
          { platform: 'aarch64-linux', requiredSystemFeatures: [] },
          { platform: 'aarch64-linux', requiredSystemFeatures: ['kvm', 'big-parallel'] },
        ],
      },
      attributes: [
        ...['firmware', 'image', 'kernel'].map((n) =>
          makeAttribute(on(n, 'aarch64-linux'), { state: 'Waiting', platform: 'aarch64-linux', durationMs: null }),
        ),
        ...['flash-tool', 'docs'].map((n) => makeAttribute(on(n, 'x86_64-linux'))),
      ],
    },
  ])
  world.addDerivation(
    makeDerivation('firmware', {
      status: 'Waiting',
      platform: 'aarch64-linux',
      because: noAgent,
      logId: null,
      outputs: [{ name: 'out', path: null, hash: null, size: null }],
      events: [[{ Queued: { time: ago(2390), requeuedForEvalOfJob: null, requeuedForAgent: null } }]],
    }),
  )
  world.queue.push({
    platform: 'aarch64-linux',
    requiredSystemFeatures: [],
    waiting: 6,
    oldest: ago(2390),
    because: 'No agent that is online builds for aarch64-linux.',
  })
}

export const hostileText = '<img src=x onerror="document.title=\'owned\'">'
const hostile = ['packages', 'x86_64-linux', hostileText]

/** Texts that want to be HTML, a script, a terminal command or another name than they are. */
export function hostileStory(world: World): void {
  const project = makeProject('hostile', { displayName: hostileText })
  const job = makeJob(project, {
    index: 2,
    message: `${hostileText}\u202e\u0000 <script>document.title='owned'</script>`,
    ref: 'refs/heads/<b>bold</b>',
    jobStatus: 'Failure',
    evaluationStatus: 'Failure',
    because: `${hostileText} failed.`,
    counts: { ...noBuilds, buildFailure: 1, buildSuccess: 1 },
    jobName: '"><svg onload=alert(1)>',
  })
  const error = {
    expressionPath: hostile,
    errorMessage: `${hostileText}\x1b]8;;javascript:document.title='owned'\x07link\x1b]8;;\x07\x1b[2J\x1b[1;31m</pre><script>1</script>\x1b[0m`,
    errorDerivation: null,
    errorType: null,
    trace: null,
  }
  const drv = drvPath('hostile-log')
  world.addProject(project, [
    {
      job,
      part: {
        errors: [error],
        failures: [
          {
            derivationPath: drv,
            technicalError: null,
            failure: null,
            because: 'The build failed on an agent; its log says why.',
            attributes: [hostile],
            blocks: [],
            blocksTotal: 0,
            lastLines: [{ i: 0, ms: 0, t: error.errorMessage }],
            logId: idOf('log hostile-log'),
            remembered: null,
          },
        ],
      },
      attributes: [makeAttribute(hostile, { state: 'Error', error }), makeAttribute(['a.b', 'c"d\\e'])],
    },
  ])
  const lines = [
    { t: error.errorMessage, phase: `${hostileText}\x1b[31mPhase\u202e` },
    'progress 10%\rprogress 50%\rdone',
    `evil\u202Etxt.exe`,
    'x'.repeat(200_000),
    '@nix {"action":"setPhase","phase":"<b>owned</b>"}',
    '\x1b]52;c;cm0gLXJmIC8=\x07\x1b]0;owned\x07\x1b]8;;http://evil.example\x07link\x1b]8;;\x07 and \x1b]0;never ended',
    'zero\u200bwidth \u2066isolate\u2069 NUL\u0000 bell\x07 back\b\b\b',
    `piled ${'e\u0301\u0302\u0303\u0304\u0305'.repeat(10)}`,
    '\x1b[38;2;255;255;255mwhite\x1b[0m \x1b[38;2;0;0;0mblack\x1b[0m \x1b[38;5;226myellow\x1b[0m \x1b[48;2;255;255;0mon yellow\x1b[0m \x1b[8mconcealed\x1b[0m',
    'data: {"done":true}',
    'event: done',
    `wide \ufdfd \u{1f469}\u200d\u{1f4bb} 日本語 العربية`,
  ]
  world.addDerivation(makeDerivation('hostile-log', { status: 'BuildFailure', because: hostileText }), logOf(lines))
}

/** Names as long as Nix and Git allow. */
export function longNames(world: World): void {
  const name = 'a-project-whose-name-somebody-generated-from-a-sentence-and-never-shortened-again'
  const long =
    'python3.14-apache-airflow-providers-google-cloud-platform-backport-with-all-optional-dependencies-2026.11.22'
  const project = makeProject(name)
  const job = makeJob(project, {
    index: 1204,
    message: `${'Merge-pull-request-from-a-branch-without-any-space-'.repeat(4)} end`,
    ref: `refs/heads/renovate/${'major-'.repeat(20)}updates`,
    startTime: ago(300),
    endTime: ago(240),
  })
  const row = makeAttribute(['packages', 'x86_64-linux', 'pythonPackages', long], { derivationPath: drvPath(long) })
  world.addProject(project, [{ job, part: {}, attributes: [row] }])
}
