/** The folder of an agent on its own machine; `clusterJoinTokenPath` follows from it (hercules-ci.md 4.1.2). */
export const baseDirectory = '/var/lib/firn-agent'

/** The shortest agent.toml that joins this server. */
export const agentToml = (apiBaseUrl: string): string =>
  [`apiBaseUrl = ${JSON.stringify(apiBaseUrl)}`, `baseDirectory = "${baseDirectory}"`, 'concurrentTasks = "auto"'].join(
    '\n',
  )

/** The commands that put the token where the agent looks for it, and start the agent. */
export const agentCommands = (token: string): string =>
  [
    `install -d -m 0700 ${baseDirectory}/secrets`,
    `(umask 077; echo '${token}' > ${baseDirectory}/secrets/cluster-join-token.key)`,
    'npx firn agent --config agent.toml',
  ].join('\n')

/** The same on NixOS, with the published agent's module (hercules-ci.md 6.1.2). */
export const nixosLines = (apiBaseUrl: string): string =>
  [
    'services.hercules-ci-agent = {',
    '  enable = true;',
    `  settings.apiBaseUrl = ${JSON.stringify(apiBaseUrl)};`,
    '};',
    '# the token goes to /var/lib/hercules-ci-agent/secrets/cluster-join-token.key',
  ].join('\n')
