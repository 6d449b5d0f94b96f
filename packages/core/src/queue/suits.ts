/** What a task asks of an agent. */
export type Requirement = {
  kind: 'evaluate' | 'build' | 'effect'
  /** Of an evaluation it is not looked at: the rule below decides. */
  platform: string
  features: readonly string[]
}

export type Abilities = { platforms: readonly string[]; features: readonly string[] }

const evaluationPlatform = 'x86_64-linux'

/**
 * Whether an agent can do a task (hercules-ci.md 4.13.1–4.13.3): a build or effect by platform and features, where
 * platform `builtin` is everybody's; an evaluation on x86_64-linux while such an agent is online, else on any Linux.
 * @param all the agents online
 */
export function suits(task: Requirement, agent: Abilities, all: readonly Abilities[]): boolean {
  if (task.kind === 'evaluate') return evaluates(agent, all)
  const platform = task.platform === 'builtin' || agent.platforms.includes(task.platform)
  return platform && task.features.every((feature) => agent.features.includes(feature))
}

function evaluates(agent: Abilities, all: readonly Abilities[]): boolean {
  return all.some((other) => other.platforms.includes(evaluationPlatform))
    ? agent.platforms.includes(evaluationPlatform)
    : agent.platforms.some((platform) => platform.endsWith('-linux'))
}
