-- expect: ORA-01742 2:22
select 1 /* from dual
