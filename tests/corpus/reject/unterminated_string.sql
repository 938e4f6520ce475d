-- expect: ORA-01756 2:8
select 'abc from dual
