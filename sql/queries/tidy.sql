-- GIN keeps new entries in a list that every search reads through (PostgreSQL manual, "GIN Fast Update Technique"): put
-- them where they belong while nobody waits. Only the owner of the indexes may.
select gin_clean_pending_list('penstock.documents_tsv_idx'),
       gin_clean_pending_list('penstock.documents_metadata_idx')
