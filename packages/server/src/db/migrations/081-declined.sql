-- A task that an agent gave back before it began it (GLOSSARY.md): as if never given, so it is no loss and no attempt.
alter table task drop constraint task_outcome_check,
  add constraint task_outcome_check check (outcome in ('succeeded', 'failed', 'broken', 'lost', 'declined', 'cancelled'));
update task set outcome = 'declined' where outcome = 'lost' and started_at is null and detail like 'The agent takes no work: %';
