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

export function explainAttributeLimit(message: string, errorType: string | undefined): string {
  return withSetting(message, errorType === undefined ? undefined : ofAttributes[errorType])
}

export function explainLimit(message: string, limit: keyof Limits): string {
  return withSetting(message, ofEvaluations[limit])
}

export function withSetting(message: string, setting: keyof EvaluationSettings | undefined): string {
  return setting === undefined ? message : `${message}\nThe limit is evaluation.${setting} in the agent's agent.toml.`
}
