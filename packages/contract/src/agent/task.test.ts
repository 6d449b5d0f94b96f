import { checkGolden, type Golden } from '../testing/golden.ts'
import { BuildTask, EffectTask, EvaluateTask, PolledTask, TaskStatus } from './task.ts'

const git = (at: string) => ['webURL', 'forgeType', 'owner', 'name'].map((key) => `${at}.contents.${key}`)

const evaluateTask = {
  schema: EvaluateTask,
  optional: [
    ...git('inputs.*'),
    'autoArguments.*.subPath',
    'nixPath.*.prefix',
    'nixPath.*.value.subPath',
    'ciSystems',
    'extraGitCredentials',
  ],
  defaults: { primaryInput: '' },
  maps: ['otherInputs', 'inputMetadata', 'inputMetadata.*', 'inputs', 'autoArguments', 'ciSystems'],
  free: ['inputMetadata.*.*'],
} satisfies Partial<Golden>

checkGolden({
  ...evaluateTask,
  title: '4.5.1 4.5.2 an evaluation of the configuration',
  file: 'evaluate-task-config',
  refused: {
    id: ['1', 'x'],
    selector: [{ tag: 'OnPull' }, { tag: 'OnPush' }, 'ConfigOrLegacy', {}],
    'inputs.*': [{ tag: 'Git' }, { tag: 'Path', contents: '/src' }, { tag: 'ArchiveUrl', contents: {} }],
    ciSystems: [['x86_64-linux'], { 'x86_64-linux': {} }, { 'x86_64-linux': [1] }],
    extraGitCredentials: [[{ url: 'https://git.example.org' }]],
    isFlakeJob: ['true', 1],
  },
  accepted: { otherInputs: [{}], nixPath: [[]], autoArguments: [{}], extraGitCredentials: [[]], ciSystems: [{}] },
})

checkGolden({
  ...evaluateTask,
  title: '4.5.3 4.5.4 an evaluation of an onPush handler with pinned inputs',
  file: 'evaluate-task-on-push',
  optional: [...evaluateTask.optional, ...git('selector.contents.inputs.*')],
  maps: [...evaluateTask.maps, 'selector.contents.inputs'],
  refused: { 'selector.tag': ['OnSchedule'] },
})

checkGolden({
  ...evaluateTask,
  title: '4.5.4 an evaluation of an onSchedule handler, whose inputs have another name',
  file: 'evaluate-task-on-schedule',
  optional: [...evaluateTask.optional, ...git('selector.contents.extraInputs.*')],
  maps: [...evaluateTask.maps, 'selector.contents.extraInputs'],
  refused: { 'selector.tag': ['OnPush'] },
})

const store = '/nix/store/ffddd4pcs2cshvngwcfpzbdrbij4vbv2'

checkGolden({
  title: '4.5.5 a build',
  file: 'build-task',
  schema: BuildTask,
  refused: {
    derivationPath: [
      `${store}-hello-2.12`,
      `${store}.drv`,
      '/tmp/hello.drv',
      `${store}-hello.drv/out`,
      `${store}-a\n.drv`,
    ],
    inputDerivationOutputPaths: [['libc'], [`${store}-hello/bin`]],
  },
  accepted: { inputDerivationOutputPaths: [[]] },
})

checkGolden({
  title: '4.5.6 an effect',
  file: 'effect-task',
  schema: EffectTask,
  defaults: { serverSecrets: {} },
  maps: ['serverSecrets', 'serverSecrets.*'],
  free: ['serverSecrets.*.*'],
  refused: { projectId: ['7'], serverSecrets: [{ github: 'ghs_1' }], isDefaultBranch: ['yes'] },
})

checkGolden({
  title: '4.7.3 a task that succeeded',
  file: 'task-status-successful',
  schema: TaskStatus,
  refused: { tag: ['Success', 'successful', 'Done'], contents: [{}, '', [1], true] },
})

checkGolden({
  title: '4.7.3 a task that failed, which is the matter of the user',
  file: 'task-status-terminated',
  schema: TaskStatus,
  refused: { contents: ['exit status 1', { status: 1 }] },
})

checkGolden({
  title: '4.7.3 a task that broke, which is a matter of machines',
  file: 'task-status-exceptional',
  schema: TaskStatus,
  refused: { contents: [[], { message: 'x' }] },
})

checkGolden({
  title: '4.8 a task for an agent that polls',
  file: 'polled-task',
  schema: PolledTask,
  refused: { id: ['1'], typ: ['evaluate', '', null] },
})
