-- Who ended a job before its time, and what took its place.
alter table job
  add column cancelled_by text references person on delete set null,
  -- The newer job of the same branch that made it pointless.
  add column superseded_by uuid references job on delete set null,
  add column started_by text references person on delete set null;

alter table evaluation drop constraint evaluation_state_check,
  add constraint evaluation_state_check check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled'));

create index derivation_cancelled on derivation (account_id) where status = 'Cancelled';

-- Whether a newer push of a branch ends the unfinished jobs of older ones.
alter table project add column supersede boolean not null default false;
