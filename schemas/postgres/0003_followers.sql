-- Followers of official accounts and customers of WeWork members. `followers` is a function of `follower_history`: it can be
-- rebuilt from it at any time, and the order in which changes arrive does not matter.

create table follower_history (
  account     text           not null,
  tenant      text           not null default '',
  subject     text           not null,
  owner       text           not null default '',
  event_id    uuid           not null,
  change      text           not null,
  occurred_at timestamptz(6) not null,
  received_at timestamptz(6) not null,
  rank        integer        not null,
  platform    text           not null,
  event_type  text           not null,
  state       text,
  scene       text,
  channel     text,
  receipt     text,
  trace_id    text,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (account, tenant, subject, owner, event_id, change)
);
create index follower_history_occurred_at on follower_history (account, occurred_at);
comment on table follower_history is 'Every change of a follower''s relation, once. Not to be thinned out: followers is computed from it.';
comment on column follower_history.account is 'The account''s name in the configuration';
comment on column follower_history.tenant is 'The authorised account; empty where there is none';
comment on column follower_history.subject is 'The follower: openid, or external user id';
comment on column follower_history.owner is 'Whose customer: WeWork''s member (UserID), or the account that an instance is logged in with; empty for official accounts';
comment on column follower_history.event_id is 'The row of messages it came from';
comment on column follower_history.change is 'subscribed, unsubscribed, scanned, added, half_added, edited, removed_by_member, removed_by_customer, handed_over …';
comment on column follower_history.occurred_at is 'When, by the platform''s clock (whole seconds); for instances when it was first received';
comment on column follower_history.received_at is 'When it was received';
comment on column follower_history.rank is 'Breaks ties within one second: the greater wins, leaving beats joining';
comment on column follower_history.platform is 'Who told us';
comment on column follower_history.event_type is 'The event''s type, as in messages.type';
comment on column follower_history.state is 'following, left or pending after it; null: it leaves the state alone';
comment on column follower_history.scene is 'QR scene, State or other source, as the platform gave it';
comment on column follower_history.channel is 'What the account''s configuration calls that scene';
comment on column follower_history.receipt is 'Custody: receipt of the callback';
comment on column follower_history.trace_id is 'W3C trace id';
comment on column follower_history.created_at is 'When the row was made';
comment on column follower_history.updated_at is 'When the row was changed; never';

create table followers (
  account          text           not null,
  tenant           text           not null default '',
  subject          text           not null,
  owner            text           not null default '',
  platform         text           not null,
  state            text,
  change           text,
  changed_at       timestamptz(6),
  rank             integer,
  change_event_id  uuid,
  subscribed_at    timestamptz(6),
  unsubscribed_at  timestamptz(6),
  scene            text,
  channel          text,
  first_seen_at    timestamptz(6) not null,
  last_seen_at     timestamptz(6) not null,
  change_count     bigint         not null,
  created_trace_id text,
  updated_trace_id text,
  created_at       timestamptz(6) not null default now(),
  updated_at       timestamptz(6) not null default now(),
  primary key (account, tenant, subject, owner)
);
create index followers_state on followers (account, state, changed_at);
comment on table followers is 'Each follower or customer as of the newest change. Rebuilt from follower_history.';
comment on column followers.account is 'The account''s name in the configuration';
comment on column followers.tenant is 'The authorised account; empty where there is none';
comment on column followers.subject is 'The follower: openid, or external user id';
comment on column followers.owner is 'Whose customer: WeWork''s member (UserID), or the account that an instance is logged in with; empty for official accounts';
comment on column followers.platform is 'Who told us';
comment on column followers.state is 'following, left or pending; null: no change has said yet';
comment on column followers.change is 'The change that gave the state';
comment on column followers.changed_at is 'When that change occurred';
comment on column followers.rank is 'Its rank among changes of the same second';
comment on column followers.change_event_id is 'Its event: the row of messages';
comment on column followers.subscribed_at is 'The latest change to following';
comment on column followers.unsubscribed_at is 'The latest change to left';
comment on column followers.scene is 'The newest scene known';
comment on column followers.channel is 'What the account''s configuration calls that scene';
comment on column followers.first_seen_at is 'The earliest change known';
comment on column followers.last_seen_at is 'The latest change known';
comment on column followers.change_count is 'How many changes are in follower_history';
comment on column followers.created_trace_id is 'W3C trace id of the earliest change';
comment on column followers.updated_trace_id is 'W3C trace id of the latest change';
comment on column followers.created_at is 'When the row was made';
comment on column followers.updated_at is 'When it was last computed anew';
