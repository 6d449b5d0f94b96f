import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutQuotedLog } from './quoted-log.ts'

test('the quoted lines go, whatever the version of Nix', () => {
  const old =
    "builder for '\u001b[35;1m/nix/store/x.drv\u001b[0m' failed with exit code 3;\nlast 2 log lines:\n> one\n> two\nFor full logs, run '\u001b[1mnix log /nix/store/x.drv\u001b[0m'."
  assert.equal(withoutQuotedLog(old), "builder for '\u001b[35;1m/nix/store/x.drv\u001b[0m' failed with exit code 3")
  const young =
    "error: Cannot build '/nix/store/x.drv'.\n       Reason: builder failed with exit code 1.\n       Last 1 log lines:\n       > one\n       For full logs, run:\n         nix log /nix/store/x.drv\n       Output paths:\n         /nix/store/x"
  assert.equal(
    withoutQuotedLog(young),
    "error: Cannot build '/nix/store/x.drv'.\n       Reason: builder failed with exit code 1.\n       Output paths:\n         /nix/store/x",
  )
})

test('a text without a quotation stays as it is', () => {
  for (const text of ['', 'a\nb', '> not a quotation', 'hash mismatch;']) assert.equal(withoutQuotedLog(text), text)
})
