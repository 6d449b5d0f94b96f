import manifest from '../package.json' with { type: 'json' }

/** As the agents page shows it. */
export const agentVersion = `firn-${manifest.version}`
