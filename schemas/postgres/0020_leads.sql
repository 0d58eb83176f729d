-- What leads say of how to reach them: columns take what was found in messages where no form told it.
comment on column leads.contact_phone is 'Newest told: phone; else the newest found in a message';
comment on column leads.contact_wechat is 'Newest told: WeChat id; else the newest found in a message';
comment on column leads.contact_email is 'Newest told: e-mail; else the newest found in a message';
