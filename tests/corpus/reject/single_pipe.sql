-- expect: ORA-00996 2:12
select 'a' | 'b' from dual
