import { checkGolden, type Golden } from '../testing/golden.ts'
import { EvaluateEvent } from './evaluate-event.ts'

const event = (golden: Omit<Golden, 'schema'>) => checkGolden({ ...golden, schema: EvaluateEvent })
const store = '/nix/store/ffddd4pcs2cshvngwcfpzbdrbij4vbv2'

event({
  title: '4.6 1.6.8 1.8.2 Attribute; an old agent sends no typ',
  file: 'event-attribute',
  defaults: { 'contents.typ': 'Regular' },
  refused: {
    'contents.typ': ['regular', 'Build', ''],
    'contents.expressionPath': ['packages.hello', [1], [['a']]],
    'contents.derivationPath': [`${store}-hello`, 'hello.drv'],
    '': [{ tag: 'Attribut', contents: {} }, { tag: 'Attribute' }, [], 'Attribute'],
  },
  accepted: {
    'contents.typ': ['Regular', 'MustFail', 'MayFail', 'DependenciesOnly', 'Effect'],
    'contents.expressionPath': [[], ['a.b', '']],
  },
})

event({
  title: '4.6 1.8.7 AttributeEffect',
  file: 'event-attribute-effect',
  maps: ['contents.secretsToUse'],
  refused: {
    'contents.secretsToUse': [
      { ssh: 'deploy-key' },
      { ssh: { tag: 'SimpleSecret', contents: 'deploy-key' } },
      { ssh: { tag: 'GitToken' } },
      { ssh: { tag: 'Token', contents: [] } },
    ],
  },
  accepted: { 'contents.secretsToUse': [{}] },
})

event({
  title: '4.6 1.9.1 AttributeError, which leaves out what is absent',
  file: 'event-attribute-error',
  optional: ['contents.errorDerivation', 'contents.errorType', 'contents.trace'],
  refused: { 'contents.errorDerivation': ['generated.nix', `${store}-generated.nix`] },
  accepted: { 'contents.expressionPath': [[]] },
})

event({
  title: '4.6 1.13 AttributeIFD',
  file: 'event-attribute-ifd',
  refused: { 'contents.index': [-1, 0.5], 'contents.done': ['false', 0] },
})

event({
  title: '4.6 1.9.6 Message',
  file: 'event-message',
  refused: { 'contents.typ': ['Warning', 'error'], 'contents.index': [-1] },
  accepted: { 'contents.typ': ['Trace'], 'contents.message': [''] },
})

event({
  title: '4.6 4.6.1 DerivationInfo; an old agent sends no requiredSystemFeatures',
  file: 'event-derivation-info',
  optional: ['contents.outputs.*.path'],
  defaults: { 'contents.requiredSystemFeatures': [] },
  maps: ['contents.inputDerivations', 'contents.outputs'],
  refused: {
    'contents.inputDerivations': [{ [`${store}-hello`]: ['out'] }, { 'hello.drv': ['out'] }, []],
    'contents.inputSources': [['/etc/passwd'], [`${store}-a/../b`]],
    'contents.outputs': [[], { out: `${store}-hello` }],
  },
  accepted: { 'contents.inputDerivations': [{}], 'contents.inputSources': [[]] },
})

event({ title: '4.6 1.14.1 PushedAll', file: 'event-pushed-all' })

event({ title: '4.6 BuildRequired', file: 'event-build-required', refused: { 'contents.index': [-1] } })

event({
  title: '4.6 1.14.2 SubstitutionQueryResult',
  file: 'event-substitution-query-result',
  optional: ['contents.outputInfo', 'contents.outputInfo.references'],
  refused: { 'contents.outputInfo': [{}, []] },
})

event({
  title: '4.6 2.5.12 BuildRequest; an old agent sends no forceRebuild',
  file: 'event-build-request',
  defaults: { 'contents.forceRebuild': false },
})

event({
  title: '4.6 1.4.7 JobConfig, whose parts are always null now',
  file: 'event-job-config',
  optional: ['contents.sourceCaches', 'contents.binaryCaches'],
  accepted: { contents: [{}, { sourceCaches: { any: [1, 'json'] } }] },
  refused: { contents: [[]] },
})

const inputs = { maps: ['contents.handlerExtraInputs'], optional: ['contents.handlerExtraInputs.*.contents.ref'] }

event({
  title: '4.6 1.4.7 1.10.1 OnPushHandlerEvent; an old agent sends no isFlake',
  file: 'event-on-push-handler',
  ...inputs,
  defaults: { 'contents.isFlake': false },
  refused: { 'contents.handlerExtraInputs': [[], { library: { project: 'library' } }, { library: { tag: 'Git' } }] },
  accepted: { 'contents.handlerExtraInputs': [{}] },
})

event({
  title: '4.6 1.11.8 OnScheduleHandlerEvent',
  file: 'event-on-schedule-handler',
  ...inputs,
  optional: [...inputs.optional, ...['minute', 'hour', 'dayOfWeek', 'dayOfMonth'].map((key) => `contents.when.${key}`)],
  defaults: { 'contents.isFlake': false },
  refused: {
    'contents.when.minute': [1.5, '30', [30]],
    'contents.when.hour': [0, ['noon']],
    'contents.when.dayOfWeek': ['Mon', ['Monday'], ['mon']],
  },
  accepted: { 'contents.when': [{}, { minute: null, hour: null, dayOfWeek: null, dayOfMonth: null }] },
})

event({
  title: "FirnEvaluationFacts, Firn's own: what an evaluation depended on besides its source",
  file: 'event-firn-evaluation-facts',
  refused: { 'contents.forced': [['primaryRepo'], 'rev'], 'contents.timeless': ['yes'] },
  accepted: { 'contents.forced': [[], ['ref', 'branch', 'tag', 'rev', 'shortRev']] },
})
