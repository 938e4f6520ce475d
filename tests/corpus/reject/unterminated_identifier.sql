-- expect: ORA-01740 2:8
select "abc from dual
