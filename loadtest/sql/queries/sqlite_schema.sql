-- The single-writer baseline: documents, and a full-text index over them with Porter's stemmer.
pragma journal_mode = wal;
create table docs (id integer primary key, path text, sha text unique, body text);
create virtual table fts using fts5(body, content = 'docs', content_rowid = 'id', tokenize = 'porter')
