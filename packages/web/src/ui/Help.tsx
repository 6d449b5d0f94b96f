import { Button, Kbd } from '@mantine/core'
import { useEffect, useRef } from 'react'
import classes from './help.module.css'

const keys: readonly (readonly [readonly string[], string])[] = [
  [['/'], 'search or filter on this page'],
  [['j', 'k'], 'next and previous row'],
  [['enter'], 'open the row'],
  [['g', 'h'], 'home'],
  [['g', 'o'], 'operations'],
  [['f'], 'in a log: follow its end'],
  [['w'], 'in a log: wrap long lines'],
  [['?'], 'this help'],
]

/** The keys, and where else the same things can be asked. */
export function Help({ opened, onClose, readsOnly }: { opened: boolean; onClose: () => void; readsOnly: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (opened) dialog.current?.showModal()
    else dialog.current?.close()
  }, [opened])
  return (
    <dialog ref={dialog} className={classes.help} aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keyboard</h2>
      <dl className={classes.keys}>
        {keys.map(([combination, what]) => (
          <div key={what}>
            <dt>
              {combination.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className="dim">
        In a log, click a line number for a link to it, and shift-click another for a range. All that is shown here can
        be asked for on the command line: <code>npx firn --help</code>
      </p>
      {readsOnly && (
        <p>
          You read without having signed in. To run jobs again or add agents, use the link that <code>./up</code>{' '}
          printed, or make a new one: <code>npx firn sign-in</code>
        </p>
      )}
      <Button variant="default" onClick={onClose}>
        Close
      </Button>
    </dialog>
  )
}
