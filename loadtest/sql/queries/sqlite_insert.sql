insert or ignore into docs (path, sha, body) values (?, ?, ?)
