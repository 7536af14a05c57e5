copy floor_docs (path, sha, body) from stdin
