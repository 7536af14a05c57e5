create schema penstock;
comment on schema penstock is 'Documents drained from inbox folders, by penstock.'
