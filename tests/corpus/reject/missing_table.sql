-- expect: ORA-00903 2:14
select * from
