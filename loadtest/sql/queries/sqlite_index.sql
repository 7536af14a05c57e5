insert into fts (rowid, body) values (?, ?)
