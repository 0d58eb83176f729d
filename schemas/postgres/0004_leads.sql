-- Leads: activities with points, their sums by day and rule, and a score between 0 and 100 that is a function of the set of
-- activities and a date. Caps and decay are applied when the score is computed, so order and repetition never matter.

create table lead_activities (
  activity_id    uuid           not null,
  event_id       uuid           not null,
  occurred_at    timestamptz(6) not null,
  received_at    timestamptz(6) not null,
  created_at     timestamptz(6) not null default now(),
  updated_at     timestamptz(6) not null default now(),
  points         integer        not null,
  daily_cap      integer        not null,
  half_life_days integer        not null check (half_life_days >= 0),
  platform       text           not null,
  account        text           not null,
  tenant         text           not null default '',
  subject        text           not null,
  event_type     text           not null,
  rule           text           not null,
  dimension      text           not null,
  description    text,
  profile        jsonb,
  receipt        text,
  trace_id       text,
  primary key (activity_id, occurred_at)
) partition by range (occurred_at);
create index lead_activities_lead on lead_activities (account, subject, occurred_at);
comment on table lead_activities is 'What leads did that a scoring rule gives points for. Partitioned by month (UTC): lead_activities_YYYYMM.';
comment on column lead_activities.activity_id is 'From the event and the rule: equal on every repetition';
comment on column lead_activities.event_id is 'The row of messages it came from';
comment on column lead_activities.occurred_at is 'When, by the platform''s clock';
comment on column lead_activities.received_at is 'When it was received';
comment on column lead_activities.created_at is 'When the row was made';
comment on column lead_activities.updated_at is 'When the row was changed; never';
comment on column lead_activities.points is 'What the rule gives for it; may be negative';
comment on column lead_activities.daily_cap is 'Most points (either way) this rule gives a lead on one day (UTC); 0: no cap';
comment on column lead_activities.half_life_days is 'After so many days half of the points are left; 0: they never fade';
comment on column lead_activities.platform is 'Who told us';
comment on column lead_activities.account is 'The account''s name in the configuration';
comment on column lead_activities.tenant is 'The authorised account; empty where there is none';
comment on column lead_activities.subject is 'The lead: openid, external user id, phone or whatever the channel identifies by';
comment on column lead_activities.event_type is 'The event''s type, as in messages.type';
comment on column lead_activities.rule is 'The scoring rule''s name';
comment on column lead_activities.dimension is 'What the rule speaks of: interest, engagement, intent, profile …';
comment on column lead_activities.description is 'For people';
comment on column lead_activities.profile is 'What a lead form told: contact_name, contact_phone, company_name, utm_source …';
comment on column lead_activities.receipt is 'Custody: receipt of the callback';
comment on column lead_activities.trace_id is 'W3C trace id';

-- `like`, because comments on columns aren't inherited; behind them, so that it takes them over.
create table lead_activities_default (like lead_activities including all);
alter table lead_activities attach partition lead_activities_default default;
comment on table lead_activities_default is
  'Rows of months that have no partition: empty in good order. `wxpipe partitions apply` moves them out.';

create table wxpipe.lead_daily (
  account        text           not null,
  tenant         text           not null default '',
  subject        text           not null,
  day            date           not null,
  rule           text           not null,
  daily_cap      integer        not null,
  half_life_days integer        not null,
  dimension      text           not null,
  points         bigint         not null,
  activities     bigint         not null,
  created_at     timestamptz(6) not null default now(),
  updated_at     timestamptz(6) not null default now(),
  primary key (account, tenant, subject, day, rule, daily_cap, half_life_days)
) with (fillfactor = 80);
comment on table wxpipe.lead_daily is 'Points by lead, day and rule, uncapped and unfaded: sums commute, so they can be added to in any order. The score is computed from these.';
comment on column wxpipe.lead_daily.account is 'The account''s name in the configuration';
comment on column wxpipe.lead_daily.tenant is 'The authorised account; empty where there is none';
comment on column wxpipe.lead_daily.subject is 'The lead';
comment on column wxpipe.lead_daily.day is 'UTC day of the activities';
comment on column wxpipe.lead_daily.rule is 'The scoring rule''s name';
comment on column wxpipe.lead_daily.daily_cap is 'The rule''s cap then; a changed rule begins a row of its own';
comment on column wxpipe.lead_daily.half_life_days is 'The rule''s half-life then';
comment on column wxpipe.lead_daily.dimension is 'The rule''s dimension';
comment on column wxpipe.lead_daily.points is 'Sum of the points';
comment on column wxpipe.lead_daily.activities is 'How many activities';
comment on column wxpipe.lead_daily.created_at is 'When the row was made';
comment on column wxpipe.lead_daily.updated_at is 'When it last grew';

create table wxpipe.lead_profiles (
  account     text           not null,
  tenant      text           not null default '',
  subject     text           not null,
  field       text           not null,
  value       text           not null,
  occurred_at timestamptz(6) not null,
  activity_id uuid           not null,
  trace_id    text,
  created_at  timestamptz(6) not null default now(),
  updated_at  timestamptz(6) not null default now(),
  primary key (account, tenant, subject, field)
);
comment on table wxpipe.lead_profiles is 'What is known of each lead, field by field; the newest wins.';
comment on column wxpipe.lead_profiles.account is 'The account''s name in the configuration';
comment on column wxpipe.lead_profiles.tenant is 'The authorised account; empty where there is none';
comment on column wxpipe.lead_profiles.subject is 'The lead';
comment on column wxpipe.lead_profiles.field is 'contact_name, contact_phone, company_name, utm_source …';
comment on column wxpipe.lead_profiles.value is 'What it was last told to be';
comment on column wxpipe.lead_profiles.occurred_at is 'When it was told';
comment on column wxpipe.lead_profiles.activity_id is 'By which activity; breaks ties';
comment on column wxpipe.lead_profiles.trace_id is 'W3C trace id of that activity';
comment on column wxpipe.lead_profiles.created_at is 'When the row was made';
comment on column wxpipe.lead_profiles.updated_at is 'When the value was last replaced';

create table leads (
  account           text           not null,
  tenant            text           not null default '',
  subject           text           not null,
  platform          text           not null,
  score             integer        not null check (score between 0 and 100),
  score_details     jsonb          not null,
  scored_on         date           not null,
  activity_count    bigint         not null,
  first_activity_at timestamptz(6) not null,
  first_activity_id uuid           not null,
  last_activity_at  timestamptz(6) not null,
  last_activity_id  uuid           not null,
  contact_name      text,
  contact_phone     text,
  contact_wechat    text,
  contact_email     text,
  company_name      text,
  company_industry  text,
  company_size      text,
  province          text,
  city              text,
  district          text,
  utm_source        text,
  utm_medium        text,
  utm_campaign      text,
  utm_content       text,
  utm_term          text,
  profile           jsonb          not null,
  created_trace_id  text,
  updated_trace_id  text,
  created_at        timestamptz(6) not null default now(),
  updated_at        timestamptz(6) not null default now(),
  primary key (account, tenant, subject)
);
create index leads_score on leads (account, score desc);
create index leads_contact_phone on leads (contact_phone) where contact_phone is not null;
comment on table leads is 'Each lead with its score as of its own last day of activity; wxpipe.lead_score() gives it for any other date.';
comment on column leads.account is 'The account''s name in the configuration';
comment on column leads.tenant is 'The authorised account; empty where there is none';
comment on column leads.subject is 'The lead: openid, external user id, phone or whatever the channel identifies by';
comment on column leads.platform is 'Who told us';
comment on column leads.score is '0 to 100 as of scored_on';
comment on column leads.score_details is 'The points behind it by dimension, capped and faded, before the limits of 0 and 100';
comment on column leads.scored_on is 'The day of the newest activity (UTC): the date that score stands for';
comment on column leads.activity_count is 'How many activities are known';
comment on column leads.first_activity_at is 'The earliest activity';
comment on column leads.first_activity_id is 'Its row in lead_activities';
comment on column leads.last_activity_at is 'The latest activity';
comment on column leads.last_activity_id is 'Its row in lead_activities';
comment on column leads.contact_name is 'Newest told: name';
comment on column leads.contact_phone is 'Newest told: phone';
comment on column leads.contact_wechat is 'Newest told: WeChat id';
comment on column leads.contact_email is 'Newest told: e-mail';
comment on column leads.company_name is 'Newest told: company';
comment on column leads.company_industry is 'Newest told: industry';
comment on column leads.company_size is 'Newest told: size of the company';
comment on column leads.province is 'Newest told: province';
comment on column leads.city is 'Newest told: city';
comment on column leads.district is 'Newest told: district';
comment on column leads.utm_source is 'Newest told: utm_source';
comment on column leads.utm_medium is 'Newest told: utm_medium';
comment on column leads.utm_campaign is 'Newest told: utm_campaign';
comment on column leads.utm_content is 'Newest told: utm_content';
comment on column leads.utm_term is 'Newest told: utm_term';
comment on column leads.profile is 'Everything told, by field, newest each';
comment on column leads.created_trace_id is 'W3C trace id of the earliest activity';
comment on column leads.updated_trace_id is 'W3C trace id of the latest activity';
comment on column leads.created_at is 'When the row was made';
comment on column leads.updated_at is 'When it was last computed anew';

-- One day's points of one rule, capped and faded, in millionths: whole numbers, so that their sum doesn't depend on order.
create function wxpipe.faded_points(points bigint, daily_cap integer, half_life_days integer, age_days integer)
returns bigint language sql immutable parallel safe as $$
  select round(
      case when daily_cap = 0 then greatest(-1000000, least(1000000, points))
           else greatest(-abs(daily_cap), least(abs(daily_cap), points)) end
      * 1000000.0::double precision
      * case when half_life_days = 0 then 1.0::double precision
             else power(0.5::double precision, age_days::double precision / half_life_days) end)::bigint
$$;
comment on function wxpipe.faded_points(bigint, integer, integer, integer) is
  'One day''s points of one rule as they count age_days later: within the daily cap either way, halved every half_life_days; in millionths';

create function wxpipe.lead_score(account text, tenant text, subject text, as_of date)
returns integer language sql stable parallel safe as $$
  select greatest(0, least(100, round(coalesce(
           sum(wxpipe.faded_points(d.points, d.daily_cap, d.half_life_days, as_of - d.day)), 0) / 1000000)))::integer
  from wxpipe.lead_daily d
  where d.account = $1 and d.tenant = $2 and d.subject = $3 and d.day <= $4
$$;
comment on function wxpipe.lead_score(text, text, text, date) is
  'A lead''s score (0 to 100) as it was or will be on a date, from the activities up to then. tenant is empty where there is none';
