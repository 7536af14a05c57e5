select count(*) from docs join fts on fts.rowid = docs.id
