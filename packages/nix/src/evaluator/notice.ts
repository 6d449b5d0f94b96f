/** What an evaluation tells while it runs. */

/** The names from the root to an attribute; `[]` is the root. */
export type Path = string[]

export type Position = { file: string; line: number; column: number }

/** Why an attribute has no value. `message` is Nix's text, colours kept; `trace` its frames, innermost last. */
export type EvaluationError = {
  message: string
  trace?: string
  /** named after Nix's own kinds as far as its text tells; limits of ours are `TimeLimit`, `MemoryLimit`, `MessageLimit`, `EvaluatorDied` */
  errorType?: string
  position?: Position
  /** the derivation whose build the attribute needed */
  drvPath?: string
}

export type Notice =
  | { kind: 'described'; path: Path; description: unknown; evalMs: number }
  | ({ kind: 'failed'; path: Path; evalMs: number } & EvaluationError)
  /** the attribute needs an output of a build to be evaluated; see `Evaluation.built` */
  | { kind: 'waiting'; path: Path; drvPath: string; output: string }
  /** `builtins.trace`, while `path` was evaluated */
  | { kind: 'trace'; path?: Path; text: string }
  | { kind: 'warning'; path?: Path; text: string }
  /** a download, or a Git or other fetch, has ended */
  | { kind: 'fetch'; path?: Path; url: string; ms: number }
  /** anything else that Nix or a program it runs (git, ssh) prints */
  | { kind: 'log'; path?: Path; level: number; text: string }
