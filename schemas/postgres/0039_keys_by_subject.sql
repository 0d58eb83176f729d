-- Keys begin with the subject, as those of lead_daily do (0037): an account has very many subjects, so the first text that is
-- compared decides. It also finds a person whose tenant isn't known.
alter table leads drop constraint leads_pkey, add constraint leads_pkey primary key (subject, account, tenant);
alter table followers drop constraint followers_pkey, add constraint followers_pkey primary key (subject, account, tenant, owner);
alter table follower_history drop constraint follower_history_pkey,
  add constraint follower_history_pkey primary key (subject, account, tenant, owner, event_id, change);
alter table identity_links drop constraint identity_links_pkey,
  add constraint identity_links_pkey primary key (subject, account, tenant, kind, value, event_id);
drop index identities_subject;
create unique index identities_subject on identities (subject, account, tenant);
drop index lead_activities_lead;
create index lead_activities_lead on lead_activities (subject, account, occurred_at);
