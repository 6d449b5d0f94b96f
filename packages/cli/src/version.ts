/** One version for all packages (CHANGELOG.md). */
export const version = '0.1.0'
