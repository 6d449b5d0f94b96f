/** The agent's settings for evaluations as limits, and how the messages of limits name them. */
import type { EvaluationSettings } from '@firn/contract/files/agent-config'
import type { Limits } from '@firn/nix/evaluator/limits'

export type EvaluationBounds = { limits: Partial<Limits>; findingsMax: number; scratchBytes: number }

const megabyte = 1024 ** 2

/** `[evaluation]` of agent.toml, in the units of the evaluator. */
export function boundsOf(settings: EvaluationSettings): EvaluationBounds {
  return {
    findingsMax: settings.attributesMax,
    scratchBytes: Math.round(settings.scratchMegabytes * megabyte),
    limits: {
      attributeMs: settings.attributeSeconds * 1000,
      evaluationMs: settings.evaluationSeconds * 1000,
      workerBytes: Math.round(settings.evaluatorMegabytes * megabyte),
      totalBytes: Math.round(settings.totalMegabytes * megabyte),
      messageBytes: Math.round(settings.messageMegabytes * megabyte),
      storeBytes: Math.round(settings.storeMegabytes * megabyte),
    },
  }
}

/** Which setting is behind an error of one attribute, by its type. */
const ofAttributes: Record<string, keyof EvaluationSettings> = {
  TimeLimit: 'attributeSeconds',
  MemoryLimit: 'evaluatorMegabytes',
  MessageLimit: 'messageMegabytes',
}

/** Which setting ends a whole evaluation. */
const ofEvaluations: Partial<Record<keyof Limits, keyof EvaluationSettings>> = {
  evaluationMs: 'evaluationSeconds',
  storeBytes: 'storeMegabytes',
}

/** A sentence on where the user sets it. */
export type TellSetting = (setting: keyof EvaluationSettings) => string

export const tellAgentSetting: TellSetting = (setting) =>
  `The limit is evaluation.${setting} in the agent's agent.toml.`

export function explainAttributeLimit(message: string, errorType: string | undefined, tell: TellSetting): string {
  const setting = errorType === undefined ? undefined : ofAttributes[errorType]
  return setting === undefined ? message : `${message}\n${tell(setting)}`
}

export function explainLimit(message: string, limit: keyof Limits, tell: TellSetting): string {
  const setting = ofEvaluations[limit]
  return setting === undefined ? message : `${message}\n${tell(setting)}`
}
