import { checkGolden } from '../testing/golden.ts'
import { BuildEvent } from './build-event.ts'

checkGolden({
  title: '4.7.1 OutputInfo of a build',
  file: 'build-event-output-info',
  schema: BuildEvent,
  optional: ['contents.references'],
  refused: {
    'contents.size': [-1, 1.5, 2 ** 53],
    'contents.path': ['/nix/store', '/nix/store/hello', '/nix/store/ffddd4pcs2cshvngwcfpzbdrbij4vbv2-a/b'],
    'contents.deriver': ['/nix/store/ffddd4pcs2cshvngwcfpzbdrbij4vbv2-hello'],
  },
  accepted: { 'contents.references': [[]], 'contents.size': [0] },
})

checkGolden({ title: '4.7.1 Pushed', file: 'build-event-pushed', schema: BuildEvent })

checkGolden({
  title: '4.7.1 Done, which older agents send',
  file: 'build-event-done',
  schema: BuildEvent,
  refused: { tag: ['done', 'Attribute'], contents: ['true', 1, []] },
  accepted: { contents: [false] },
})

checkGolden({
  title: 'inputs that are gone, which only agents of Firn tell',
  file: 'build-event-firn-missing-inputs',
  schema: BuildEvent,
  refused: { 'contents.paths': [null, ['/etc/passwd'], 'x'] },
  accepted: { 'contents.paths': [[]] },
})
