import { PasswordInput, Textarea, TextInput } from '@mantine/core'

type Entered = { username: string; password: string }

type Props = {
  url: string
  entered: Entered
  onEnter: (entered: Entered) => void
  /** What is said of the password or key that is there now, or what becomes of a new one. */
  secretNote: string
}

/** How to sign in at a repository's host: a private key, which has several lines, over ssh; else a name and a password. */
export function LoginFields({ url, entered, onEnter, secretNote }: Props) {
  const enter = (field: keyof Entered) => (event: { currentTarget: { value: string } }) =>
    onEnter({ ...entered, [field]: event.currentTarget.value })
  if (url.trim().startsWith('ssh:'))
    return (
      <Textarea
        label="Private key"
        description={`Of a deploy key without a passphrase; empty where none is needed. ${secretNote}`}
        autosize
        minRows={3}
        maxRows={8}
        value={entered.password}
        onChange={enter('password')}
      />
    )
  return (
    <>
      <TextInput
        label="User name"
        description="Empty where everybody may read; with a token often anything."
        autoComplete="off"
        value={entered.username}
        onChange={enter('username')}
      />
      <PasswordInput
        label="Password or token"
        description={secretNote}
        autoComplete="new-password"
        value={entered.password}
        onChange={enter('password')}
      />
    </>
  )
}
