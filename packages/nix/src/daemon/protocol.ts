/** Numbers of the daemon protocol. Authority: Nix's worker protocol. */

export const clientMagic = 0x6e697863
export const daemonMagic = 0x6478696f

/**
 * We speak 1.34 whatever the daemon offers: Nix 2.8 and all later versions have it, and with one version there is one set
 * of message shapes (measured with 2.8, 2.26 and 2.34).
 */
export const spokenVersion = { major: 1, minor: 34 } as const

export const operations = {
  isValidPath: 1,
  queryReferrers: 6,
  addToStore: 7,
  addTextToStore: 8,
  buildPaths: 9,
  ensurePath: 10,
  addTempRoot: 11,
  addIndirectRoot: 12,
  findRoots: 14,
  setOptions: 19,
  collectGarbage: 20,
  queryAllValidPaths: 23,
  queryPathInfo: 26,
  queryPathFromHashPart: 29,
  querySubstitutablePathInfos: 30,
  queryValidPaths: 31,
  querySubstitutablePaths: 32,
  queryValidDerivers: 33,
  optimiseStore: 34,
  verifyStore: 35,
  buildDerivation: 36,
  addSignatures: 37,
  narFromPath: 38,
  addToStoreNar: 39,
  queryMissing: 40,
  queryDerivationOutputMap: 41,
  registerDrvOutput: 42,
  queryRealisation: 43,
  addMultipleToStore: 44,
  addBuildLog: 45,
  buildPathsWithResults: 46,
  addPermRoot: 47,
} as const

export function versionNumber(version: { major: number; minor: number }): number {
  return (version.major << 8) | version.minor
}

export function versionOf(number: number): { major: number; minor: number } {
  return { major: number >> 8, minor: number & 0xff }
}
