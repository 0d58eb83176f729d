-- The newest value wins, whatever comes first: which of two changes or values is the newer one no longer depends on when they
-- arrived. And a follower's row keeps beside each value the time that decides, so that a change is merged into the row and
-- nothing has to be looked up in the history, however long it is.

create function wxpipe.told_at(occurred_at timestamptz, timeless boolean, stated_at timestamptz)
returns timestamptz language sql immutable parallel safe as $$
  select case when timeless then coalesce(stated_at, '1970-01-01 00:00:00Z'::timestamptz) else occurred_at end
$$;
comment on function wxpipe.told_at(timestamptz, boolean, timestamptz) is
  'The time by which the newest value wins: the platform''s; where it gives none (timeless), the sender''s own; where there is none either, 1970, so that every value with a time is newer. Never the time of arrival';

alter table follower_history add column timeless boolean not null default false, add column stated_at timestamptz(6);
alter table lead_activities add column timeless boolean not null default false, add column stated_at timestamptz(6);
-- Comments on columns aren't inherited by partitions.
do $$
declare
  of_table regclass;
begin
  for of_table in
    select 'follower_history'::regclass union all select relid from pg_partition_tree('lead_activities')
  loop
    execute format('comment on column %s.timeless is %L', of_table, 'The platform gives no time for this kind of event');
    execute format('comment on column %s.stated_at is %L', of_table,
      'When it happened, by the sender''s clock; null where there is a platform''s time, or the sender states none');
  end loop;
end $$;
comment on column follower_history.rank is 'Breaks ties of equal times: the greater wins, leaving beats joining';

alter table followers add column state_told_at timestamptz(6), add column scene_told_at timestamptz(6);
comment on column followers.state_told_at is 'The time by which that change is the newest (wxpipe.told_at)';
comment on column followers.scene_told_at is 'The time by which this scene is the newest (wxpipe.told_at)';
comment on column followers.rank is 'Its rank among changes of the same time';
comment on column followers.subscribed_at is 'The latest change that began the relation (subscribed, added); a scan moves nothing';
comment on column followers.change_count is 'How many changes were merged: all in follower_history';
comment on column followers.updated_at is 'When a change was last merged';
comment on table followers is 'Each follower or customer as of the newest change: a function of the set of rows in follower_history.';
comment on table follower_history is 'Every change of a follower''s relation, once. Not to be thinned out: followers could not be made anew.';

-- Changes that are there were ordered by occurred_at, and stay so: it isn't known what their senders stated.
update followers k set
  state_told_at = k.changed_at, subscribed_at = h.subscribed_at, scene = h.scene, channel = h.channel,
  scene_told_at = h.scene_told_at, created_trace_id = nullif(h.created_trace_id, ''),
  updated_trace_id = nullif(h.updated_trace_id, '')
from (
  select account, tenant, subject, owner,
    max(occurred_at) filter (where change in ('subscribed', 'added')) as subscribed_at,
    max(occurred_at) filter (where scene is not null) as scene_told_at,
    (array_agg(scene order by occurred_at desc, scene collate "C" desc, coalesce(channel, '') collate "C" desc)
      filter (where scene is not null))[1] as scene,
    (array_agg(channel order by occurred_at desc, scene collate "C" desc, coalesce(channel, '') collate "C" desc)
      filter (where scene is not null))[1] as channel,
    (array_agg(coalesce(trace_id, '') order by occurred_at, coalesce(trace_id, '') collate "C"))[1] as created_trace_id,
    (array_agg(coalesce(trace_id, '') order by occurred_at desc, coalesce(trace_id, '') collate "C" desc))[1] as updated_trace_id
  from follower_history
  group by account, tenant, subject, owner) h
where (h.account, h.tenant, h.subject, h.owner) = (k.account, k.tenant, k.subject, k.owner);

alter table wxpipe.lead_profiles add column told_at timestamptz(6);
update wxpipe.lead_profiles set told_at = occurred_at;
alter table wxpipe.lead_profiles alter column told_at set not null;
comment on column wxpipe.lead_profiles.told_at is 'The time by which it is the newest value (wxpipe.told_at)';
comment on column wxpipe.lead_profiles.occurred_at is 'When the activity that told it occurred';
