import { type RawBuilder, sql } from 'kysely'

/**
 * The pushes (by their Config or Legacy job) of an account that are not to be removed, however old: those with a job that is
 * not done, and of each branch or tag that is still there the newest and the newest green one.
 */
export function keptPushes(accountId: string): RawBuilder<{ id: string }> {
  return sql`
    select id from (
      select root.id, push.is_open, g.name is not null as is_there, push.is_green,
        row_number() over newest = 1 as is_newest,
        push.is_green and count(*) filter (where push.is_green) over newest = 1 as is_newest_green
      from job root join project p on p.id = root.project_id
        left join git_ref g on g.project_id = root.project_id and g.name = root.ref
        cross join lateral (
          select bool_or(ended_at is null) as is_open, bool_and(status = 'Success') as is_green
          from (select ended_at, status from job where id = root.id
            union all select ended_at, status from job where config_job_id = root.id) own) push
      where p.account_id = ${accountId} and root.config_job_id is null
      window newest as (partition by root.project_id, root.ref order by root.index desc)
    ) pushes where is_open or (is_there and (is_newest or is_newest_green))`
}

/**
 * Pushes of an account all of whose jobs ended more than `days` ago, but those that are kept, and those that somebody waits for
 * again: a build that is retried opens its jobs only when the news of it is heard.
 */
export function oldPushes({
  accountId,
  days,
}: {
  accountId: string
  days: number
}): RawBuilder<{ id: string; at: Date }> {
  return sql`
    select root.id, root.created_at as at from job root join project p on p.id = root.project_id
    where p.account_id = ${accountId} and root.config_job_id is null and ${endedBefore(days)}
      and not exists (select from (${keptPushes(accountId)}) kept where kept.id = root.id)
      and not exists (select from (
        select coalesce(j.config_job_id, j.id) as id from derivation d
          join job_derivation jd on jd.derivation_id = d.id join job j on j.id = jd.job_id
        where d.account_id = ${accountId} and d.status in ('Waiting', 'Building')) waited where waited.id = root.id)`
}

/** Whether all jobs of the push `root` ended more than `days` ago. */
export function endedBefore(days: number): RawBuilder<boolean> {
  const then = sql`now() - make_interval(days => ${days})`
  return sql`(root.ended_at < ${then} and not exists (
    select from job own where own.config_job_id = root.id and (own.ended_at is null or own.ended_at >= ${then})))`
}
