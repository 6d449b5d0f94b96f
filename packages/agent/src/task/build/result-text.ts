import { stripVTControlCharacters } from 'node:util'

/**
 * What Nix itself says of a build that failed, without colours. Its text quotes the builder's last lines, which may say
 * anything: they are left out.
 */
export function ownText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/^\s*> .*$/gm, '')
    .trim()
}
