-- When the start of a task was last offered to an agent that polls for its tasks; it is the agent's once it fetches the task.
alter table agent_message add column offered_at timestamptz;
