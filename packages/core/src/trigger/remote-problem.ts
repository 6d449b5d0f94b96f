/** What Git says, and what that means for the one who set the repository up. */
const meanings: [RegExp, string][] = [
  [
    /Authentication failed|could not read (Username|Password)|error: 401|HTTP Basic: Access denied/i,
    'It does not let us in: check user name and password (or token) in the settings of the project.',
  ],
  [/Permission denied|error: 403/i, 'It does not let us in: check what the credentials in the settings may do there.'],
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/i,
    'The host shows another SSH key than at first. If it was changed on purpose, give the address again in the settings.',
  ],
  [
    /unable to update url base from redirection|error: 30\d|redirect/i,
    'It answers from another address. Give that address instead.',
  ],
  [
    /not found|error: 404|does not appear to be a git repository|does not exist/i,
    'There is no repository at this address, or these credentials may not see it.',
  ],
  [/Could not resolve host|Name or service not known/i, 'The host of this address is not known.'],
  [
    /Connection refused|Could not connect|Failed to connect|timed out|Connection reset|No route to host/i,
    'The host cannot be reached just now.',
  ],
  [/File too large|SIGXFSZ|signal 25|File size limit/i, 'It is larger than this server takes.'],
]

/**
 * Why a repository elsewhere could not be read, in a sentence: ours where Git's words are known, else Git's last line. These
 * are the words of a foreign host: text, and shortened.
 */
export function remoteProblem(saidByGit: string): string {
  const known = meanings.find(([words]) => words.test(saidByGit))
  const lines = saidByGit.split('\n').flatMap((line) => {
    const text = withoutLogins(line)
      .replace(/\p{Cc}/gu, ' ')
      .trim()
    return text === '' ? [] : [text.slice(0, 300)]
  })
  const last = lines.findLast((line) => /fatal|error/i.test(line)) ?? lines.at(-1) ?? 'Git ended without a word.'
  return known === undefined ? `Git says: ${last}` : `${known[1]} (Git says: ${last})`
}

function withoutLogins(text: string): string {
  return text.replace(/([a-z]+:\/\/)[^/@\s]+@/gi, '$1')
}
