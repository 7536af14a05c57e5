alter table penstock.documents
    drop constraint documents_parent_fkey,
    add constraint documents_parent_fkey foreign key (parent_id) references penstock.documents (id) on delete cascade;
drop table penstock.parts;
