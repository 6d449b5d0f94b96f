import type { OperationsAlert } from '@firn/contract/api/operations'
import { Ago } from '../../ui/Ago.tsx'
import { Section } from '../../ui/Section.tsx'
import { StateMark } from '../StateMark.tsx'
import classes from './alerts.module.css'

/** What should be running and is not: why, and what to do. New ones are read out. */
export function Alerts({ alerts }: { alerts: readonly OperationsAlert[] }) {
  return (
    <div role="status">
      {alerts.length > 0 && (
        <Section title="Alerts">
          <ul className={classes.alerts}>
            {alerts.map((alert) => (
              <li key={alert.key}>
                <StateMark state="broken" word="alert" />
                <div>
                  <p>{alert.cause}</p>
                  <p>{alert.action}</p>
                </div>
                <span className="dim">{alert.since === null ? 'now' : <Ago at={alert.since} />}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </div>
  )
}
