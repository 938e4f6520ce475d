-- expect: ORA-00905 2:24
select * from a join b where a.x = b.x
