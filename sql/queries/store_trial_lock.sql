-- Nobody changes the tables, their constraints or triggers while this transaction tries them.
lock table penstock.documents, penstock.jobs, penstock.text_configs in row exclusive mode
