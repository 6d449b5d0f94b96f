/** What an agent or a tool said, as a sentence among others. */
export function asSentence(said: string): string {
  return /[.!?…:]$/.test(said) ? said : `${said}.`
}
