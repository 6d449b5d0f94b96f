-- The session whose agent built it, and so has it; null where it was found in a store or cache.
alter table derivation_output add column session_id uuid;
update derivation_output o set session_id = t.session_id from task t
  where t.kind = 'build' and t.outcome = 'succeeded' and t.subject = o.derivation_id::text;
