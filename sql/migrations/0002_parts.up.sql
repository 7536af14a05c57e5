-- What lies inside what: attachments of mails, members of archives. A content is one document however many others it lies
-- in; documents.parent_id is the one that it was first seen in.
create table penstock.parts (
    parent_id   bigint not null,
    ordinal     integer not null,
    path        text not null,
    document_id bigint not null,
    constraint parts_pkey primary key (parent_id, ordinal),
    constraint parts_parent_fkey foreign key (parent_id) references penstock.documents (id) on delete cascade,
    constraint parts_document_fkey foreign key (document_id) references penstock.documents (id) on delete cascade
);
comment on table penstock.parts is 'One row a document inside another: its path there, and its place among the others.';
create index parts_document_idx on penstock.parts (document_id);

-- A content may lie in others as well, or have come as a file: it does not go with what it was first seen in.
alter table penstock.documents
    drop constraint documents_parent_fkey,
    add constraint documents_parent_fkey foreign key (parent_id) references penstock.documents (id) on delete set null;
