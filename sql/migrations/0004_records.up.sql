-- Files of which every record is a document (PENSTOCK_SPLIT): how far each is. A row comes with the document of the file,
-- changes with every transaction that stores records of it, and says in the end that all of them are there. Nothing that
-- changes is in an index and half of each page is left free, so that the updates are heap-only (HOT).
create table penstock.splits (
    document_id bigint not null,
    records     bigint not null,
    total       bigint not null,
    finished_at timestamptz,
    constraint splits_pkey primary key (document_id),
    constraint splits_document_fkey foreign key (document_id) references penstock.documents (id) on delete cascade
) with (fillfactor = 50);
comment on table penstock.splits is 'One row a file of which every record is a document of its own (penstock.parts has them).';
comment on column penstock.splits.records is 'So many of its records are stored, from the first on.';
comment on column penstock.splits.finished_at is 'When the last one was; null: they are being stored, or an attempt at it has failed.';
comment on table penstock.documents is
    'One row a content within a collection. Rows are inserted once; the one that penstock updates is of a file whose splitting was given up.';
