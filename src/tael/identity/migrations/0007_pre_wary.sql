-- Whoever came in with a weak proof, as by a code in the place of a forgotten password, confirms more strongly for a time.

alter table identity.logins add column wary_since timestamptz;
comment on column identity.logins.wary_since is 'when somebody had nothing but a weak proof; for how long that counts says identity.step_up';

grant update (wary_since) on identity.logins to tael_app;
