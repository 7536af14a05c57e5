drop table penstock.parts;
