drop table penstock.splits;
