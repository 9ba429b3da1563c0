-- What somebody looks at often: the filters and columns of a page, under a name of their own.

create table identity.saved_views (
    login_id text collate "C" not null references identity.logins (id),
    acts_for text collate "C" not null,
    page text collate "C" not null,
    name text not null,
    query text not null,
    created_at timestamptz not null,
    primary key (login_id, acts_for, page, name)
);
comment on column identity.saved_views.acts_for is 'on whose behalf the person looks, in the words of whoever asks';
comment on column identity.saved_views.query is 'what stands after the question mark in the address of the page';

grant select, insert, update, delete on identity.saved_views to tael_app;
