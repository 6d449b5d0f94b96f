import { z } from 'zod'

/**
 * Conventions of the agent protocol's JSON (hercules-ci.md 4.4.12): absent values are null or left out,
 * sums are `{"tag", "contents"}`, the unit is `[]`.
 */
export const maybe = <T extends z.ZodType>(schema: T) => schema.nullish()

/** A variant that carries contents. */
export const variant = <Tag extends string, T extends z.ZodType>(tag: Tag, contents: T) =>
  z.object({ tag: z.literal(tag), contents })

/** A variant that carries nothing. */
export const bareVariant = <Tag extends string>(tag: Tag) => z.object({ tag: z.literal(tag) })

/** A non-negative whole number that JSON carries exactly. */
export const Count = z.int().nonnegative()
