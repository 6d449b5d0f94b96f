import { z } from 'zod'

/** Ids of accounts, projects, jobs, tasks, sessions and tokens are UUIDs, version 7 where Firn makes them. */
export const Id = z.uuid()

const storeName = '[0-9a-df-np-sv-z]{32}-[0-9a-zA-Z+._?=-]{1,211}'

/** A path directly below `/nix/store`. */
export const StorePath = z.string().regex(new RegExp(`^/nix/store/${storeName}$`), 'not a store path')
export type StorePath = z.infer<typeof StorePath>

/** A store path of a derivation, as in `/nix/store/<hash>-hello.drv`. */
export const DrvPath = z.string().regex(new RegExp(`^/nix/store/${storeName}(?<=\\.drv)$`), 'not a derivation path')
export type DrvPath = z.infer<typeof DrvPath>

/** A Git object name: 40 hex digits (64 in a SHA-256 repository). */
export const Rev = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'not a full Git revision')
export type Rev = z.infer<typeof Rev>

/** A full Git ref, such as `refs/heads/main`. */
export const Ref = z.string().regex(/^refs\/[^\s~^:?*[\\]+$/, 'not a full Git ref')
export type Ref = z.infer<typeof Ref>

/** Path of an attribute: names from the outside in, never joined with dots (hercules-ci.md 1.6.8). */
export const AttributePath = z.array(z.string())
export type AttributePath = z.infer<typeof AttributePath>

/** Instants travel as ISO 8601 in UTC (hercules-ci.md 4.4.12). */
export const Instant = z.iso.datetime({ offset: true })
export type Instant = z.infer<typeof Instant>
