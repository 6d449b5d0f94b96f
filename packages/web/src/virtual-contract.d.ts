declare module 'virtual:contract' {
  import type { AnyContractRouter } from '@orpc/contract'
  /** The routes of `@firn/contract/api/contract`, without schemas; made by vite.config.ts. */
  export const contract: AnyContractRouter
}
