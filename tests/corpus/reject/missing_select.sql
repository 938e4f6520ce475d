-- expect: ORA-00928 2:25
select 1 from dual union
