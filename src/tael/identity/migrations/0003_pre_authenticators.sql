-- Authenticators of those who sign in with something else than a password: members of staff, with their keys.

create table identity.authenticators (
    holder text collate "C" primary key,
    secret_sealed bytea,
    last_step bigint not null default 0,
    offered_sealed bytea
);
comment on column identity.authenticators.holder is 'who it is, as the audit trail names them';
comment on column identity.authenticators.last_step is 'the half minute whose code was used last: none up to it is taken again';
comment on column identity.authenticators.offered_sealed is 'a secret that its holder has not confirmed with a code yet';

grant select, insert, update on identity.authenticators to tael_app;
