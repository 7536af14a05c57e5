drop table penstock.splits;
comment on table penstock.documents is
    'One row a content within a collection. Rows are inserted once and not updated by penstock.';
