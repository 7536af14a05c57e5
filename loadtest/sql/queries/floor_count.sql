select count(*) from floor_docs
