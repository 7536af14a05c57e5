create table penstock.schema_migrations (
    version    integer not null,
    name       text not null,
    sha256     text not null,
    applied_at timestamptz not null default now(),
    constraint schema_migrations_pkey primary key (version)
);
comment on table penstock.schema_migrations is
    'What `penstock migrate` has applied; sha256 of the text, so that a migration that was changed later is noticed.'
